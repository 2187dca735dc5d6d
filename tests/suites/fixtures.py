"""The SQL by which parsers of Redshift's dialect are tested: it must run, or be refused; never break the server.

    python tests/suites/fixtures.py CHECKOUT [--failures FILE]

CHECKOUT is sqlfluff/sqlfluff (test/fixtures/dialects/redshift/*.sql) or tobymao/sqlglot (the strings of
tests/dialects/test_redshift.py). Parsers know no tables, so most of it reads objects that are not there: what counts
is that the statement was understood. Each gets one class:

    ran           it ran
    no objects    it was understood, and what it names is not there
    not emulated  refused by name
    refused       an error with a message of Redshift's own (42601 apart)
    syntax        42601
    broken        an internal error, or the connection is gone
"""

from __future__ import annotations

import ast
import collections
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import served
from aws_examples import ABSENT
from examples import split_statements

CLASSES = ("ran", "no objects", "not emulated", "refused", "syntax", "broken")


def main() -> int:
    parser = served.parser(__doc__)
    options = parser.parse_args()
    counts: collections.Counter[str] = collections.Counter()
    failures = []
    with served.embedded() as server:
        databases = served.Databases(server)
        for name, statements in suite(options.checkout):
            with databases.session() as session:
                for sql in statements:
                    try:
                        answer = session.run(sql)
                    except psycopg.OperationalError as gone:
                        answer = served.Answer([], "gone", str(gone))
                    kind = classify(answer)
                    counts[kind] += 1
                    if kind in ("not emulated", "syntax", "broken"):
                        failures.append(f"- {kind}: {answer.state} {answer.message} — `{name}`: `{_flat(sql)}`")
                    if answer.state == "gone":
                        break
    total = sum(counts.values())
    print(f"| class | statements | of {total:,} |\n|---|---:|---:|")
    for kind in CLASSES:
        print(f"| {kind} | {counts[kind]:,} | {counts[kind] / total:.1%} |")
    if options.failures:
        options.failures.write_text("\n".join(sorted(failures)), encoding="utf-8")
    return 1 if counts["broken"] else 0


def suite(checkout: Path) -> Iterator[tuple[str, list[str]]]:
    """The statements, file by file or test by test."""
    folder = checkout / "test" / "fixtures" / "dialects" / "redshift"
    if folder.exists():
        for path in sorted(folder.glob("*.sql")):
            yield path.stem, list(split_statements(path.read_text(encoding="utf-8")))
        return
    tree = ast.parse((checkout / "tests" / "dialects" / "test_redshift.py").read_text(encoding="utf-8"))
    for test in ast.walk(tree):
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            yield test.name, list(_strings(test))


def _strings(test: ast.FunctionDef) -> Iterator[str]:
    """The Redshift text of each validate_identity and validate_all."""
    for call in ast.walk(test):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr.startswith("validate")
        ):
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def classify(answer: served.Answer) -> str:
    if not answer.failed:
        return "ran"
    if answer.not_emulated:
        return "not emulated"
    if answer.state in ABSENT:
        return "no objects"
    if answer.state == "42601":
        return "syntax"
    internal = answer.state == "gone" or (answer.state == "XX000" and "internal" in answer.message.lower())
    return "broken" if internal else "refused"


def _flat(sql: str) -> str:
    return re.sub(r"\s+", " ", sql)[:200]


if __name__ == "__main__":
    sys.exit(main())
