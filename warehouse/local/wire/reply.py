"""PostgreSQL's answers in Redshift's words: which parameters are announced, how errors read.

Texts: REDSHIFT.md, sections 1, 3, 8 and 9, with their sources.
"""

from __future__ import annotations

import re
from dataclasses import replace

from warehouse.local.wire.messages import Notice, error

# Redshift announces neither of these; libpq then doubles backslashes, which is what Redshift needs.
_UNANNOUNCED = {
    "standard_conforming_strings",
    "in_hot_standby",
    "default_transaction_read_only",
    "scram_iterations",
    "search_path",
}
SERVER_VERSION = "8.0.2"
# Which SHOW commands drivers may use for their metadata calls: those of translate/show.py. Without it they fall back to
# queries of their own, and know no foreign keys.
SHOW_DISCOVERY = "4"
# Two blocks changed the same rows (AWS: SNAPSHOT isolation).
CONFLICT = "could not complete because of conflict with concurrent transaction"

# A statement in a block after one that failed.
ABORTED = error("25P02", "current transaction is aborted, commands ignored until end of transaction block")

# Fields that tell of the PostgreSQL behind us (file, line, routine, and positions in the translated text).
_INNER_FIELDS = "FLRPpqW"

# The schema of this server's own functions, which nobody called by it.
_OURS = "pg_redshift."

_NULL_COLUMN = re.compile(r'null value in column "(?P<column>(?:[^"]|"")*)"')
_NOT_INTEGER = re.compile(r"^invalid input syntax for type (?:small|big)?int(?:eger)?:(?P<rest>.*)$", re.DOTALL)
_EXISTS = re.compile(r'^relation "(?P<name>.*)" already exists$')


def parameter(name: str, value: str) -> tuple[str, str] | None:
    """How a parameter of PostgreSQL is announced to the client; None when it is not."""
    if name in _UNANNOUNCED:
        return None
    return (name, SERVER_VERSION) if name == "server_version" else (name, value)


def notice(found: Notice, *, translated: bool = True) -> Notice:
    """An error or notice of PostgreSQL as Redshift words it."""
    fields = {k: v for k, v in found.fields.items() if not (translated and k in _INNER_FIELDS)}
    state, text = found.sqlstate, found.text
    if translated and _OURS in text:
        fields["M"] = text.replace(_OURS, "")
    if state == "23502" and (match := _NULL_COLUMN.search(text)):
        text = f"Cannot insert a NULL value into column {match['column']}"
        return replace(found, fields=_runtime(fields, text, 8007))
    if state == "23514" and (limit := fields.get("n", "")).startswith("rs_bytes_"):
        kind, _, size = limit.removeprefix("rs_bytes_").partition("_")[2].partition("_")
        fields.update(C="22001", M=f"value too long for type {_LONG[kind]}({size})")
        fields.pop("D", None)
    elif state == "42P07" and (match := _EXISTS.match(text)):
        fields["M"] = f'Relation "{match["name"]}" already exists'
    elif state == "22P02" and (match := _NOT_INTEGER.match(text)):
        fields["M"] = f"invalid input syntax for integer:{match['rest']}"
    elif state == "428C9":
        fields.update(C="0A000", M="cannot set an identity column to a value")
        fields.pop("H", None)
        fields.pop("D", None)
    elif state == "21000" and text.startswith("MERGE command"):
        fields["M"] = "Found multiple matches to update the same tuple."
        fields.pop("H", None)
    elif state in ("40001", "40P01"):
        fields.update(C="XX000", M=CONFLICT)
    elif state == "57014":
        fields.update(M="Query (0) canceled on user's request")
    return replace(found, fields=fields)


def isolation_violation(table: int, transactions: tuple[int, ...], pid: int) -> Notice:
    """Error 1023 of a serializable database (AWS c_serial_isolation)."""
    listed = ", ".join(str(xid) for xid in transactions)
    cycle = f"Serializable isolation violation on table - {table}, transactions forming the cycle are: {listed}"
    return error("XX000", "1023", detail=f"{cycle} (pid:{pid})")


_LONG = {"v": "character varying", "c": "character"}


def disk_full(query: int, pid: int) -> Notice:
    """The error of a node that has no room left."""
    found = error("XX000", "Disk Full")
    fields = _runtime(
        found.fields, "Disk Full", 1016, context="node: 0", query=query, location="fdisk_api.cpp:345",
        process=f"query0_0 [pid={pid}]",
    )  # fmt: skip
    return replace(found, fields=fields)


def _runtime(
    fields: dict[str, str], text: str, code: int, *, context: str = "", query: int = 0, location: str = "",
    process: str = "",
) -> dict[str, str]:  # fmt: skip
    """An error of a compute node: SQLSTATE XX000 and a detail block between dashes (REDSHIFT.md, section 9)."""
    rule = "-" * 47
    lines = (
        "",
        rule,
        f"error:  {text}",
        f"code:      {code}",
        f"context:   {context}",
        f"query:     {query}",
        f"location:  {location}",
        f"process:   {process}",
        rule,
    )
    block = "\n  ".join(lines)
    kept = {k: v for k, v in fields.items() if k in "SV"}
    return {**kept, "C": "XX000", "M": text, "D": block}
