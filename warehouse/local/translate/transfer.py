"""COPY and UNLOAD: the statement as a value; warehouse.local.copying executes it.

Source: AWS "COPY" (r_COPY and its parameter pages), "UNLOAD" (r_UNLOAD). The parameters of COPY stand here once more,
beside warehouse.redshift.copy_options, which should become the one table. What the server does not do yet, it refuses
by name when it executes the statement.
"""

from __future__ import annotations

from typing import Any

from warehouse.local.translate.plan import Copy, Plan, Refused, Unload, not_emulated
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.tokens import Stream

# The shape of each parameter's argument: flag, string, optional string, integer, word; in capitals, a flag that this
# word may follow. AS may stand before an argument.
_COPY = {
    "IAM_ROLE": "credential", "CREDENTIALS": "string", "ACCESS_KEY_ID": "string", "SECRET_ACCESS_KEY": "string",
    "SESSION_TOKEN": "string", "REGION": "string", "MANIFEST": "flag", "CSV": "flag", "QUOTE": "string",
    "DELIMITER": "string", "PARQUET": "flag", "ORC": "flag", "AVRO": "text?", "JSON": "text?", "FIXEDWIDTH": "string",
    "SHAPEFILE": "flag", "GZIP": "flag", "BZIP2": "flag", "LZOP": "flag", "ZSTD": "flag", "NULL": "string",
    "EMPTYASNULL": "flag", "BLANKSASNULL": "flag", "TRIMBLANKS": "flag", "REMOVEQUOTES": "flag", "ESCAPE": "flag",
    "TRUNCATECOLUMNS": "flag", "FILLRECORD": "flag", "IGNOREHEADER": "integer", "IGNOREBLANKLINES": "flag",
    "ACCEPTINVCHARS": "text?", "ACCEPTANYDATE": "flag", "DATEFORMAT": "string", "TIMEFORMAT": "string",
    "ROUNDEC": "flag", "ENCODING": "word", "EXPLICIT_IDS": "flag", "MAXERROR": "integer", "IGNOREALLERRORS": "flag",
    "NOLOAD": "flag", "COMPROWS": "integer", "STATUPDATE": "switch", "COMPUPDATE": "switch", "ENCRYPTED": "flag",
    "MASTER_SYMMETRIC_KEY": "string", "READRATIO": "integer", "SSH": "flag", "SERIALIZETOJSON": "flag",
}  # fmt: skip
_UNLOAD = {
    "IAM_ROLE": "credential", "CREDENTIALS": "string", "ACCESS_KEY_ID": "string", "SECRET_ACCESS_KEY": "string",
    "SESSION_TOKEN": "string", "REGION": "string", "MANIFEST": "VERBOSE", "CSV": "flag",
    "PARQUET": "flag", "JSON": "flag", "HEADER": "flag", "DELIMITER": "string", "FIXEDWIDTH": "string", "GZIP": "flag",
    "BZIP2": "flag", "ZSTD": "flag", "ADDQUOTES": "flag", "NULL": "string", "ESCAPE": "flag", "ALLOWOVERWRITE": "flag",
    "CLEANPATH": "flag", "PARALLEL": "switch", "MAXFILESIZE": "size", "ROWGROUPSIZE": "size", "PARTITION": "partition",
    "EXTENSION": "name", "ENCRYPTED": "AUTO", "KMS_KEY_ID": "string", "MASTER_SYMMETRIC_KEY": "string",
}  # fmt: skip


def copy(stream: Stream) -> Plan:
    """COPY table [(columns)] FROM 's3://…' parameters; the stream stands behind COPY."""
    stream.secret = True
    if stream.sees("("):
        raise stream.syntax_error()
    table = stream.qualified()
    columns = stream.names() if stream.sees("(") else ()
    if stream.sees("TO"):
        raise Refused("COPY TO is not supported; use UNLOAD", "0A000")
    stream.expect("FROM")
    if stream.peek().word in ("STDIN", "PROGRAM"):
        raise Refused(f"COPY FROM {stream.peek().word} is not supported; COPY reads from Amazon S3", "0A000")
    source = stream.string()
    parameters = _parameters(stream, _COPY)
    return Copy(table, columns, source, parameters)


def unload(stream: Stream) -> Plan:
    """UNLOAD ('query') TO 's3://…' parameters; the stream stands behind UNLOAD."""
    stream.secret = True
    stream.expect("(")
    query = stream.string()
    stream.expect(")")
    stream.expect("TO")
    target = stream.string()
    parameters = _parameters(stream, _UNLOAD)
    translated = translate_query(query)
    if not translated.is_select:
        raise Refused("UNLOAD takes a SELECT", "42601")
    if translated.has_limit:
        raise Refused(
            "Limit clause is not supported in UNLOAD", "0A000", hint="Nest it: SELECT * FROM (SELECT … LIMIT …)."
        )
    return Unload(translated.sql, target, parameters)


def _parameters(stream: Stream, known: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not stream.done:
        if stream.accept("FORMAT"):
            stream.accept("AS")
        stream.accept("WITH")
        start = stream.at
        name = stream.name().upper()
        if name not in known:
            stream.at = start
            if name == "JOB":
                raise not_emulated("COPY JOB")
            raise stream.syntax_error()
        if name in found:
            raise Refused(f"parameter {name} is given twice", "42601")
        found[name] = _argument(stream, known[name], known)
    return found


def _argument(stream: Stream, shape: str, known: dict[str, str]) -> Any:
    if shape == "flag":
        return True
    if shape.isupper():  # a flag that this word may follow
        return shape if stream.accept(shape) else True
    if shape == "switch":
        for word in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
            if stream.accept(word):
                return {"TRUE": "ON", "FALSE": "OFF"}.get(word, word)
        return "ON"
    if shape == "partition":
        stream.expect("BY")
        names = stream.names()
        return names, stream.accept("INCLUDE")
    if shape == "size":
        stream.accept("AS")
        size = stream.next()
        if size.kind != "number":
            raise stream.syntax_error()
        unit = stream.name().upper() if stream.peek().word in ("MB", "GB") else "MB"
        return float(size.text) * (1 << (30 if unit == "GB" else 20))
    stream.accept("AS")
    if shape == "integer":
        return stream.integer()
    if shape == "name":
        return stream.name() if stream.peek().kind == "word" else stream.string()
    if shape == "word":
        return stream.name().upper() if stream.peek().kind == "word" else stream.string().upper()
    if shape == "credential" and stream.accept("DEFAULT"):
        return "default"
    if shape == "text?":
        return stream.string() if stream.peek().kind == "string" else ""
    return stream.string()
