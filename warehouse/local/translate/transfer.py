"""COPY and UNLOAD: the statement as a value; warehouse.local.copying executes it.

Source: AWS "COPY" (r_COPY and its parameter pages), "UNLOAD" (r_UNLOAD). COPY's parameters are the rows of
warehouse.redshift.copy_options. What the server does not do, it refuses by name when it executes the statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.local.translate.plan import Copy, Plan, Refused, Unload, not_emulated
from warehouse.local.translate.query import translate_query
from warehouse.local.translate.tokens import Stream
from warehouse.redshift.copy_options import COPY_OPTIONS, faults

# How each parameter's argument is read: the kinds of copy_options.Kind, and for UNLOAD `size`, `name`, `partition`, and
# in capitals a flag that this word may follow. AS may stand before an argument.
_COPY = {option.name: option.kind for option in COPY_OPTIONS.values()}
_UNLOAD = {
    "IAM_ROLE": "credential", "CREDENTIALS": "string", "ACCESS_KEY_ID": "string", "SECRET_ACCESS_KEY": "string",
    "SESSION_TOKEN": "string", "REGION": "string", "MANIFEST": "VERBOSE", "CSV": "flag",
    "PARQUET": "flag", "JSON": "flag", "HEADER": "flag", "DELIMITER": "string", "FIXEDWIDTH": "string", "GZIP": "flag",
    "BZIP2": "flag", "ZSTD": "flag", "ADDQUOTES": "flag", "NULL": "string", "ESCAPE": "flag", "ALLOWOVERWRITE": "flag",
    "CLEANPATH": "flag", "PARALLEL": "switch", "MAXFILESIZE": "size", "ROWGROUPSIZE": "size", "PARTITION": "partition",
    "EXTENSION": "name", "ENCRYPTED": "AUTO", "KMS_KEY_ID": "string", "MASTER_SYMMETRIC_KEY": "string",
}  # fmt: skip
_OTHER_SOURCES = {"emr": "Amazon EMR", "dynamodb": "Amazon DynamoDB"}


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
    if (scheme := source.partition("://")[0]) in _OTHER_SOURCES:
        raise not_emulated(f"COPY from {_OTHER_SOURCES[scheme]}")
    parameters = _parameters(stream, _COPY)
    for fault in faults(parameters):
        raise Refused(fault.text, fault.sqlstate)
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
    return Unload(translated.sql, target, parameters, translated.reads)


def _parameters(stream: Stream, known: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not stream.done:
        if stream.accept("FORMAT"):
            stream.accept("AS")
        stream.accept("WITH")
        start = stream.at
        name = stream.name().upper()
        if name not in known:
            stream.at = start
            if name in ("JOB", "SIMPLIFY"):
                raise not_emulated(f"COPY {name}")
            raise stream.syntax_error()
        if name in found:
            raise Refused(f"parameter {name} is given twice", "42601")
        found[name] = _argument(stream, known[name])
    return found


def _argument(stream: Stream, shape: str) -> Any:
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
    if shape == "string?":
        return stream.string() if stream.peek().kind == "string" else ""
    if stream.text[stream.peek().start : stream.peek().end] == r"'\N'":
        return stream.string() and r"\N"  # NULL AS '\N' is how AWS writes it, though a backslash escapes inside '…'
    return stream.string()
