"""The examples of AWS's Developer Guide, run page by page, each page on a TICKIT database of its own.

    python tests/suites/aws_examples.py CHECKOUT [--tickit FOLDER] [--only PAGE] [--failures FILE]

CHECKOUT is awsdocs/amazon-redshift-developer-guide at a commit that still has doc_source/. Statements are taken in
their order, one session a page; templates (<placeholder>, …, a Syntax section) are counted and left alone. Each gets
one class:

    same          it ran and answered the rows that the page prints
    ran           it ran; the page prints none, cuts them short, or they come from what no two servers share
    differs       it ran and answered other rows
    refused       the page shows an error, and it was refused
    not emulated  refused by name
    no objects    it needs tables, schemas, files, functions or roles that the page does not make, or makes twice
    failed        any other error, or none where the page shows one
"""

from __future__ import annotations

import collections
import decimal
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import served
import tickit
from examples import Example, read_pages

# Objects that are not there: relation, schema, database, column, function, prepared statement, cursor, object, role.
# And objects that the page has made before: some pages show several ways to make one table.
ABSENT = {"42P01", "3F000", "3D000", "42883", "26000", "34000", "42704", "42703", "42P07", "42710"}
# What prints something else on every server or at every time.
UNSTABLE = re.compile(
    r"\b(stl|stv|svl|svv|svcs|sys|pg)_|\b(getdate|sysdate|current_\w+|now|timeofday|random|rand|version|today)\b|"
    r"\binformation_schema\b|^\s*(explain|show)\b",
    re.IGNORECASE,
)
# A page that only reads needs no database of its own.
READS = {"explain", "reset", "select", "set", "show", "with"}
CLASSES = ("same", "ran", "refused", "differs", "not emulated", "no objects", "failed")


@dataclass(frozen=True)
class Outcome:
    example: Example
    kind: str
    answer: served.Answer


def main() -> None:
    parser = served.parser(__doc__)
    parser.add_argument("--tickit", type=Path, help="a folder with TICKIT's own files (see tickit.py)")
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    options = parser.parse_args()
    with served.embedded() as server:
        outcomes = run(server, options.checkout / "doc_source", options.tickit, options.only)
    counts = collections.Counter(one.kind for one in outcomes)
    total = sum(counts[kind] for kind in CLASSES)
    print(f"| class | statements | of {total:,} |\n|---|---:|---:|")
    for kind in CLASSES:
        print(f"| {kind} | {counts[kind]:,} | {counts[kind] / max(total, 1):.1%} |")
    print(f"| (templates, left alone) | {counts['template']:,} | |")
    if options.failures:
        options.failures.write_text("\n".join(report(outcomes)), encoding="utf-8")


def run(server: dict[str, Any], folder: Path, given: Path | None, only: str) -> list[Outcome]:
    databases = served.Databases(server)
    template = databases.make()
    with psycopg.connect(databases.url(template), autocommit=True) as connection:
        generated = tickit.load(connection, server, given)
    shared = databases.make(template)
    outcomes = []
    for page, examples in read_pages(folder):
        if only in page:
            reads = all(example.verb in READS for example in examples)
            with databases.session(template) if not reads else databases.visit(shared) as session:
                outcomes += [_outcome(session, example, generated) for example in examples]
    return outcomes


def _outcome(session: served.Session, example: Example, generated: set[str]) -> Outcome:
    if example.is_template:
        return Outcome(example, "template", served.Answer([]))
    answer = session.run(example.sql)
    return Outcome(example, _kind(example, answer, generated), answer)


def _kind(example: Example, answer: served.Answer, generated: set[str]) -> str:
    if answer.not_emulated:
        return "not emulated"
    if answer.failed:
        if example.expects_error:
            return "refused"
        lost = answer.state in ABSENT or ("S3" in answer.message or "bucket" in answer.message)
        return "no objects" if lost else "failed"
    if example.expects_error:
        return "failed"
    if example.rows is None or UNSTABLE.search(example.sql) or set(re.findall(r"\w+", example.sql)) & generated:
        return "ran"
    return "same" if _same(example.rows, answer.rows, ordered="order by" in example.sql.lower()) else "differs"


def _same(shown: list[list[str]], found: list[list[str | None]], *, ordered: bool) -> bool:
    left = [tuple(map(_value, row)) for row in shown]
    right = [tuple(map(_value, row)) for row in found]
    return left == right if ordered else collections.Counter(left) == collections.Counter(right)


def _value(text: str | None) -> object:
    """A printed value: numbers by what they are worth, truth and NULL as every client prints them."""
    plain = (text or "").strip()
    if plain.lower() in ("t", "true"):
        return True
    if plain.lower() in ("f", "false"):
        return False
    if plain.lower() in ("null", "[null]", "<null>"):
        return ""
    try:
        return round(decimal.Decimal(plain.replace(",", "")), 6).normalize()
    except decimal.InvalidOperation:
        return plain


def report(outcomes: list[Outcome]) -> list[str]:
    """Each statement that did not do what the page says, the commonest causes first."""
    lines = ["# AWS's examples: what does not run as documented, by cause", ""]
    for kind in ("failed", "not emulated", "differs", "no objects"):
        causes = collections.defaultdict(list)
        for one in outcomes:
            if one.kind == kind:
                causes[_cause(one)].append(one)
        lines += [f"## {kind} ({sum(map(len, causes.values()))})", ""]
        for cause, found in sorted(causes.items(), key=lambda item: -len(item[1])):
            lines.append(f"### {len(found)} × {cause}")
            for one in found[: 4 if kind == "no objects" else 12]:
                flat = re.sub(r"\s+", " ", one.example.sql)
                lines.append(f"- `{one.example.page}`: `{flat[:220]}`")
                if kind == "differs":
                    lines.append(f"    - page: {one.example.rows!r:.200}; here: {one.answer.rows[:12]!r:.200}")
            lines.append("")
    return lines


def _cause(one: Outcome) -> str:
    if one.kind == "differs":
        return one.example.page
    if not one.answer.failed:
        return "the page shows an error, and it ran"
    message = one.answer.message
    if one.kind != "not emulated":
        message = re.sub(r'"[^"]*"|\'[^\']*\'', "…", message)
    return f"{one.answer.state} {message.splitlines()[0][:160]}"


if __name__ == "__main__":
    sys.exit(main())
