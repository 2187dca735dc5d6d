"""Conformance cases: what Redshift answers, as AWS's documentation says it.

Cases live in `cases/<family>.toml`, so that a case is data: a statement, the rows or the error that Redshift answers
with, and the page of AWS's Developer Guide that says so. The same cases run on the embedded server and, with
`--redshift-url`, on a real cluster; README's parity table is made from them.

    [[case]]
    name = "nvl takes the first value that is not null"
    page = "r_NVL_function"
    setup = ["CREATE TABLE t (a int)", "INSERT INTO t VALUES (NULL)"]   # optional
    sql = "SELECT NVL(a, 3) FROM t"
    rows = [["3"]]                       # every value as text, NULL as the string "<null>"; order matters
    # or: error = { state = "0A000", message = "part of the message" }     # message is optional
    # or: ok = true                                                        # it runs; rows do not matter
    status = "emulated"        # or "approximated" (with a note), or "refused" (by Redshift, and so by us)
    note = ""

Statements that several cases of a file begin with stand in its table `[setups]` under a name; `setup = "name"` takes
them.

What Redshift has and this server does not is listed in `cases/not_emulated….toml`, with the error that it answers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"
NULL = "<null>"
STATUSES = ("emulated", "approximated", "refused", "not emulated")


@dataclass(frozen=True)
class Case:
    """One statement and what Redshift answers to it."""

    family: str
    name: str
    page: str
    sql: str
    status: str
    setup: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] | None = None
    error: tuple[str, str] | None = None
    note: str = ""

    @property
    def id(self) -> str:
        return f"{self.family}: {self.name}"


def read_cases(folder: Path = FOLDER) -> Iterator[Case]:
    """All cases, family by family. Raises ValueError for a case that proves nothing or names no page."""
    for path in sorted(folder.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for raw in document["case"]:
            if isinstance(raw.get("setup"), str):
                raw["setup"] = document["setups"][raw["setup"]]
            yield _case(path.stem, raw)


def _case(family: str, raw: dict[str, Any]) -> Case:
    where = f"{family}: {raw.get('name', '?')}"
    unknown = raw.keys() - {"name", "page", "setup", "sql", "rows", "error", "ok", "status", "note"}
    if unknown:
        raise ValueError(f"{where}: unknown keys {sorted(unknown)}")
    if not raw.get("page"):
        raise ValueError(f"{where}: no AWS page")
    if sum(key in raw for key in ("rows", "error", "ok")) != 1:
        raise ValueError(f"{where}: exactly one of rows, error and ok")
    status = raw.get("status", "refused" if "error" in raw else "emulated")
    if status not in STATUSES:
        raise ValueError(f"{where}: status is one of {STATUSES}")
    if status == "approximated" and not raw.get("note"):
        raise ValueError(f"{where}: an approximation says in what it differs")
    error = raw.get("error")
    return Case(
        family=family,
        name=raw["name"],
        page=raw["page"],
        sql=raw["sql"],
        status=status,
        setup=tuple(raw.get("setup", ())),
        rows=tuple(tuple(row) for row in raw["rows"]) if "rows" in raw else None,
        error=(error["state"], error.get("message", "")) if error else None,
        note=raw.get("note", ""),
    )
