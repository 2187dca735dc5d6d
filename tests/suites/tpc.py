"""TPC-H and TPC-DS as AWS ships them for Redshift: its DDL with its own COPYs, its queries, and generated rows.

    python tests/suites/tpc.py CHECKOUT h|ds [--scale 0.01] [--check] [--query-seconds 60] [--failures FILE]

CHECKOUT is awslabs/amazon-redshift-utils. `tpcgen-cli` (PyPI) makes the rows, which are put where AWS's COPY statements
look for them, so that the files of the checkout run to the letter. With --check each query also runs on DuckDB over the
same files, and the rows are compared: numbers to six digits, after telling DuckDB that Redshift divides and averages
integers as integers. A query that divides by nought where the scale leaves a group empty is an error on Redshift, too.
"""

from __future__ import annotations

import decimal
import gzip
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

import served
from examples import split_statements, strip_comments

FOLDERS = {"h": "Cloud-DWB-Derived-from-TPCH/10GB", "ds": "Cloud-DWB-Derived-from-TPCDS/1TB"}
CENT = decimal.Decimal("0.01")
COPY = re.compile(r"copy\s+(\w+)\s+from\s*'(s3://[^']+)'(.*)", re.IGNORECASE | re.DOTALL)


def main() -> int:
    parser = served.parser(__doc__)
    parser.add_argument("benchmark", choices=sorted(FOLDERS))
    parser.add_argument("--scale", default="0.01", help="1 is a gigabyte (default: 0.01)")
    parser.add_argument("--check", action="store_true", help="compare with DuckDB's answers")
    parser.add_argument("--query-seconds", type=float, default=60, help="a query that takes longer fails (default: 60)")
    options = parser.parse_args()
    folder = options.checkout / "src" / "CloudDataWarehouseBenchmark" / FOLDERS[options.benchmark]
    ddl, queries = (list(split_statements((folder / name).read_text())) for name in ("ddl.sql", "queries/query_0.sql"))
    with tempfile.TemporaryDirectory(prefix="tpc-") as made, served.embedded() as server:
        data = generate(options.benchmark, options.scale, Path(made))
        databases = served.Databases(server)
        with databases.session() as session:
            failures = load(session, server, ddl, data)
            print(f"schema and COPY: {len(ddl) - len(failures)} of {len(ddl)} statements ran")
            judge = Judge(session, data) if options.check else None
            session.run(f"SET statement_timeout TO {int(options.query_seconds * 1000)}")
            ran = agreed = 0
            for sql in queries:
                begun = time.perf_counter()
                answer = session.run(sql)
                seconds = time.perf_counter() - begun
                name = re.search(r"/\*(.*?)\*/", sql)
                label = name[1].strip() if name else sql[:40]
                if answer.failed:
                    failures.append((sql, f"{answer.state} {answer.message}"))
                    print(f"{label}: {answer.state} {answer.message}")
                    continue
                ran += 1
                difference = judge.difference(sql, answer.rows) if judge else ""
                agreed += not difference
                if difference or seconds > 10:
                    print(f"{label}: {len(answer.rows)} rows in {seconds:.1f} s. {difference}")
                if difference:
                    failures.append((sql, difference))
        print(f"queries: {ran} of {len(queries)} ran" + (f", {agreed} with DuckDB's rows" if judge else ""))
    if options.failures:
        text = "\n\n".join(f"## {cause}\n\n```sql\n{sql}\n```" for sql, cause in failures)
        options.failures.write_text(text, encoding="utf-8")
    return 1 if failures else 0


def generate(benchmark: str, scale: str, folder: Path) -> dict[str, Path]:
    """The files of each table, "|" behind every field."""
    command = shutil.which("tpcgen-cli", path=sysconfig.get_path("scripts")) or shutil.which("tpcgen-cli")
    if command is None:
        sys.exit("tpcgen-cli is not installed: pip install tpcgen-cli")
    form = {"h": ["tpch", "tbl"], "ds": ["tpcds", "dat"]}[benchmark]
    subprocess.run([command, *form, "-s", scale, "-o", str(folder)], check=True, capture_output=True)
    return {path.stem: path for path in folder.iterdir()}


def load(
    session: served.Session, server: dict[str, Any], ddl: list[str], data: dict[str, Path]
) -> list[tuple[str, str]]:
    """Run AWS's script, with the rows where its COPYs look for them; returns what failed."""
    failed = []
    for sql in ddl:
        copy = COPY.search(strip_comments(sql))
        if copy:
            table, uri, rest = copy.groups()
            raw = data[table].read_bytes()
            place = f"{uri}part-0" if uri.endswith("/") else uri
            served.put(server, place, gzip.compress(raw, 1) if "gzip" in rest.lower() else raw)
        answer = session.run(sql)
        if answer.failed:
            failed.append((sql, f"{answer.state} {answer.message}"))
            print(f"{sql[:70]!r}: {answer.state} {answer.message}")
    return failed


class Judge:
    """DuckDB over the same files, under the types that the embedded server reports."""

    def __init__(self, session: served.Session, data: dict[str, Path]) -> None:
        import duckdb

        self._duckdb = duckdb.connect()
        self._duckdb.execute("SET integer_division = true")
        self._integers: set[str] = set()
        for table, path in data.items():
            if table == "dbgen_version":  # no query reads it, and no COPY of AWS's loads it
                continue
            columns = session.run(
                "SELECT column_name, data_type, numeric_precision, numeric_scale FROM svv_columns "
                f"WHERE table_name = '{table}' AND table_schema = 'public' ORDER BY ordinal_position"
            ).rows
            types = {str(name): _type(str(kind), precision, scale) for name, kind, precision, scale in columns}
            self._integers |= {name for name, kind in types.items() if kind in ("integer", "bigint")}
            # Each line ends with the delimiter: a last field that is none.
            types["no_field"] = "VARCHAR"
            read = f"'{path}', delim='|', header=false, nullstr='', quote='', escape='', columns={types}"
            self._duckdb.execute(f"CREATE TABLE {table} AS SELECT * EXCLUDE (no_field) FROM read_csv({read})")

    def difference(self, sql: str, rows: list[list[str | None]]) -> str:
        """In what DuckDB's rows differ, or "". Rows are compared sorted: ties of ORDER BY may come in any order."""
        import duckdb

        try:
            theirs = self._duckdb.execute(self._translate(sql)).fetchall()
        except duckdb.Error as error:
            return f"DuckDB: {str(error).splitlines()[0]}"
        if len(theirs) != len(rows):
            return f"{len(rows)} rows, DuckDB {len(theirs)}"
        ours, others = sorted(map(_key, rows)), sorted(map(_key, theirs))
        for mine, other in zip(ours, others, strict=True):
            if not all(map(_agree, mine, other)):
                return f"{mine} and DuckDB {other}"
        return ""

    def _translate(self, sql: str) -> str:
        import sqlglot

        tree = sqlglot.parse_one(sql, read="redshift")
        for average in list(tree.find_all(sqlglot.exp.Avg)):
            if isinstance(average.this, sqlglot.exp.Column) and average.this.name in self._integers:
                average.replace(sqlglot.exp.func("TRUNC", average.copy()))
        return tree.sql("duckdb")


def _type(kind: str, precision: str | None, scale: str | None) -> str:
    if kind == "numeric":
        return f"DECIMAL({precision},{scale})"
    # DuckDB has no CHAR that pads; blanks behind a value are cut on both sides before comparing.
    return "VARCHAR" if kind.startswith("char") else kind.split(" without")[0]


def _key(row: Any) -> tuple[str, ...]:
    return tuple("" if value is None else _plain(value) for value in row)


def _plain(value: Any) -> str:
    try:
        number = decimal.Decimal(str(value).strip())
    except decimal.InvalidOperation:
        return str(value).rstrip()
    return f"{number.quantize(CENT, decimal.ROUND_DOWN).normalize() + 0:f}" if number.is_finite() else str(value)


def _agree(mine: str, other: str) -> bool:
    if mine == other:
        return True
    try:
        one, two = decimal.Decimal(mine), decimal.Decimal(other)
    except decimal.InvalidOperation:
        return False
    return abs(one - two) <= max(decimal.Decimal("0.011"), abs(two) / 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
