"""The parity table: what the embedded Redshift emulates, approximates, refuses as Redshift does, and does not emulate.

    python tests/conformance/parity.py --write    # after changing cases
    python tests/conformance/parity.py --check    # non-zero when a table is stale

It is made of the conformance cases and of nothing else: a summary between two marks of README.md, and every case in
PARITY.md beside this file.
"""

from __future__ import annotations

import argparse
import collections
import re
import sys
from collections.abc import Iterator
from pathlib import Path

# Run as a script and loaded by tests, which import no package of their own.
sys.path.insert(0, str(Path(__file__).parent))
from cases import STATUSES, Case, read_cases

ROOT = Path(__file__).parents[2]
README, PAGE = ROOT / "README.md", Path(__file__).with_name("PARITY.md")
BEGIN, END = "<!-- parity: python tests/conformance/parity.py --write -->\n", "<!-- /parity -->"
GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg"

# The areas of README's table, each with the families (files of cases/) whose names begin with one of the words.
AREAS = {
    "Tables, schemas, views, keys": ("ddl", "alter", "identifiers", "analyze", "not_emulated_ddl"),
    "Users, rights": ("users", "grants", "ddl_grants"),
    "Queries, MERGE, windows, aggregates": (
        "select", "dml", "merge", "windows", "aggregates", "refusals", "not_emulated_queries", "pivot", "query",
        "joins", "explain"
    ),
    "Functions, expressions, procedures": ("functions", "procedures", "expressions"),
    "Types, SUPER": ("types", "super", "varbyte", "geometry", "hll"),
    "Transactions, isolation": ("transactions", "isolation", "locks"),
    "COPY and UNLOAD": ("copy", "unload"),
    "Catalogs, system views, SHOW": ("catalog", "show", "history", "system"),
}  # fmt: skip
OTHER = "Other"


def area(family: str) -> str:
    """The area whose longest word begins the family's name."""
    found = [
        (len(word), name)
        for name, words in AREAS.items()
        for word in words
        if family == word or family.startswith(f"{word}_")
    ]
    return max(found)[1] if found else OTHER


def summary(cases: list[Case]) -> str:
    """README's table: an area a line, how many cases of each status, and the total."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for case in cases:
        counts[area(case.family)][case.status] += 1
    names = [name for name in (*AREAS, OTHER) if name in counts]
    total = sum(counts.values(), collections.Counter())
    lines = ["| cases | " + " | ".join(STATUSES) + " |", "|---|" + "---:|" * len(STATUSES)]
    for name, row in [*((name, counts[name]) for name in names), ("**all**", total)]:
        lines.append(f"| {name} | " + " | ".join(str(row[status] or "") for status in STATUSES) + " |")
    return "\n".join(lines) + "\n"


def page(cases: list[Case]) -> str:
    """PARITY.md: every case by area and family."""
    families: dict[str, list[Case]] = {}
    for case in cases:
        families.setdefault(case.family, []).append(case)
    order = [*AREAS, OTHER]
    lines = [
        "# Parity of the embedded Redshift",
        "",
        "Made from [cases/](cases) by `python tests/conformance/parity.py --write`. Each case cites the page of AWS's",
        "guide that says so, runs here in CI, and runs on a cluster with `--redshift-url`. *Emulated*: the answer is",
        "Redshift's. *Approximated*: it differs in what is said. *Refused*: Redshift refuses it, and so does this one.",
        "*Not emulated*: Redshift has it; this server says `not emulated: …` (0A000), as it does of everything that it",
        "does not know.",
        "",
        summary(cases),
    ]
    for family in sorted(families, key=lambda family: (order.index(area(family)), family)):
        lines += _family(family, families[family])
    lines += [f"[{name}]: {GUIDE}/{name}.html" for name in sorted({case.page for case in cases})]
    return "\n".join(lines).rstrip() + "\n"


def _family(family: str, cases: list[Case]) -> Iterator[str]:
    yield f"## {family.replace('_', ' ').capitalize()} ({area(family)})\n"
    for status in STATUSES:
        found = [case for case in cases if case.status == status]
        if found:
            yield f"**{status.capitalize()}** ({len(found)})\n"
            yield from (f"- {_line(case)}" for case in found)
            yield ""


def _line(case: Case) -> str:
    what = _plain(case.name)
    if case.note:
        what += f" — {_plain(case.note)}"
    if case.error and case.error[1]:
        what += f": `{case.error[1]}`"
    return f"{what} [{case.page}]"


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([*_<>\[\]|`#])", r"\\\1", text)


def rendered() -> dict[Path, str]:
    """What the files should say. Raises ValueError when README has lost its marks."""
    cases = list(read_cases())
    readme = README.read_text(encoding="utf-8")
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} has no lines {BEGIN.strip()} and {END}")
    return {README: before + BEGIN + summary(cases) + END + after, PAGE: page(cases)}


def stale() -> list[str]:
    """The names of the files that do not say what the cases say."""
    return [
        path.name for path, text in rendered().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true")
    choice.add_argument("--check", action="store_true")
    if parser.parse_args().write:
        for path, text in rendered().items():
            path.write_text(text, encoding="utf-8")
        return 0
    found = stale()
    if found:
        print(f"stale: {', '.join(found)}; run python tests/conformance/parity.py --write", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
