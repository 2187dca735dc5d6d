"""Upserts of random deliveries leave what a dictionary would: the last write of each key wins.

pytest tests/unit/load/test_model.py --deliveries 500        how many are tried of each form (default: 8)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import NullPool

from warehouse.db.engine import connect
from warehouse.load import CopyOptions, upsert
from warehouse.models import LoadAudit, LoadQuarantine
from warehouse.schema import Base, column, compound, key
from warehouse.schema.types import (
    BIGINT,
    BOOLEAN,
    CHAR,
    DATE,
    DECIMAL,
    DOUBLE_PRECISION,
    INTEGER,
    SMALLINT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    VARCHAR,
)

# No NUL, which Redshift cannot hold, and no half characters.
letters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")


def text(size: int) -> st.SearchStrategy[str]:
    """Texts of at most `size` bytes, with what quoting stumbles over."""
    any_text = st.text(letters | st.sampled_from("'\"\\|,\n\r\té€😀 "), max_size=size)
    return any_text.filter(lambda value: len(value.encode()) <= size)


microseconds = st.integers(0, 999_999)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "small": st.integers(-32_768, 32_767),
    "big": st.integers(-(2**63), 2**63 - 1),
    "price": st.decimals(-999_999, 999_999, places=3, allow_nan=False, allow_infinity=False),
    "ratio": st.floats(allow_nan=False, allow_infinity=False, width=64).map(lambda value: value + 0.0),
    "flag": st.booleans(),
    "day": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "at": st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
    "zoned": st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda value: value.replace(tzinfo=UTC)),
    "clock": st.times(),
    "code": st.text("abcXYZ09 ", max_size=4).map(lambda value: value.rstrip(" ")),
    "name": text(24),
}
KEYS = {"id": st.integers(-3, 3), "region": st.sampled_from(["n", "s", "é"])}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """One row; each value but the keys may be NULL, and `seq` says which of two of one key comes later."""
    values = {name: draw(st.none() | strategy) for name, strategy in VALUES.items()}
    return {**{name: draw(strategy) for name, strategy in KEYS.items()}, **values, "gone": draw(st.booleans())}


deliveries = st.lists(st.lists(rows(), min_size=1, max_size=6), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def thing() -> sa.Table:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Thing(Own, dist=key("region"), sort=compound("id"), comment="Things."):
        __tablename__ = "thing"
        number = column(BIGINT, identity=(1, 1), encode="az64", comment="Number.")
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="raw", comment="Key.")
        region = column(VARCHAR(2), primary_key=True, encode="zstd", comment="Key.")
        small = column(SMALLINT, encode="az64", comment="C.")
        big = column(BIGINT, encode="az64", comment="C.")
        price = column(DECIMAL(12, 3), encode="az64", comment="C.")
        ratio = column(DOUBLE_PRECISION, encode="raw", comment="C.")
        flag = column(BOOLEAN, encode="raw", comment="C.")
        day = column(DATE, encode="az64", comment="C.")
        at = column(TIMESTAMP, encode="az64", comment="C.")
        zoned = column(TIMESTAMPTZ, encode="az64", comment="C.")
        clock = column(TIME, encode="az64", comment="C.")
        code = column(CHAR(4), encode="zstd", comment="C.")
        name = column(VARCHAR(24), encode="zstd", comment="C.")
        seq = column(BIGINT, encode="az64", comment="Which of two rows of one key is the later.")

    table: sa.Table = Thing.__table__
    return table


@pytest.fixture(scope="module")
def engine(local_server: dict[str, Any], thing: sa.Table) -> Iterator[sa.Engine]:
    name = "model_of_upserts"
    admin = connect_to(local_server, "dev", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    made = connect_to(local_server, name)
    with made.begin() as connection:
        for table in (thing, LoadAudit.__table__, LoadQuarantine.__table__):
            table.create(connection)
    yield made
    made.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} FORCE")
    admin.dispose()


def connect_to(server: dict[str, Any], database: str, **options: Any) -> sa.Engine:
    from dataclasses import replace

    from warehouse.settings import load_settings

    found = load_settings({}, home=server["home"])
    url = found.url.replace("/dev?", f"/{database}?")
    return connect(replace(found, url=url), poolclass=NullPool, **options)


def as_csv(delivery: list[dict[str, Any]], path: Path) -> tuple[Path, CopyOptions]:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(delivery[0])
    for row in delivery:
        writer.writerow("\x01null" if value is None else printed(value) for value in row.values())
    path.write_text(sink.getvalue(), encoding="utf-8", newline="")
    return path, CopyOptions(null_as="\x01null")


def printed(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, time):
        return value.isoformat("microseconds")
    return repr(value) if isinstance(value, float) else str(value)


def expected(row: dict[str, Any]) -> tuple[Any, ...]:
    """How the table gives a row back: Redshift pads CHAR."""
    values = {name: value for name, value in row.items() if name != "gone"}
    if values["code"] is not None:
        values["code"] = values["code"].ljust(4)
    return tuple(values[name] for name in sorted(values))


@pytest.mark.parametrize("form", ["mappings", "csv"])
def test_the_last_write_of_each_key_wins(
    form: str,
    thing: sa.Table,
    engine: sa.Engine,
    local_server: dict[str, Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    from warehouse.settings import load_settings

    own = {"engine": engine, "settings": load_settings({}, home=local_server["home"])}

    @settings(
        max_examples=request.config.getoption("--deliveries"),
        deadline=None,
        database=None,
        # One example costs seconds: shrinking would take the afternoon.
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(deliveries)
    def run(given: list[list[dict[str, Any]]]) -> None:
        with engine.begin() as connection:
            connection.execute(sa.delete(thing))
        model: dict[tuple[Any, ...], dict[str, Any]] = {}
        seq = 0
        numbers: dict[tuple[Any, ...], Any] = {}
        for delivery in given:
            numbered = []
            for row in delivery:
                seq += 1
                numbered.append({**row, "seq": seq})
            before = set(model)
            last = {(row["id"], row["region"]): row for row in numbered}
            for place, row in last.items():
                if row["gone"]:
                    model.pop(place, None)
                else:
                    model[place] = row
            source: Any = [dict(row) for row in numbered]
            options = None
            if form == "csv":
                source, options = as_csv(numbered, tmp_path / "delivery.csv")
            report = upsert(thing, source, latest_by="seq", delete_when="gone", options=options, **own)
            marked = {place for place, row in last.items() if row["gone"]}
            assert report.rows_read == len(numbered)
            assert report.repeated == len(numbered) - len(last)
            assert (report.marked, report.deleted) == (len(marked), len(marked & before))
            assert (report.updated, report.inserted) == (
                len(set(last) & before - marked),
                len(set(last) - before - marked),
            )
            columns = [thing.c[name] for name in sorted(c.name for c in thing.c if c.name != "number")]
            with engine.connect() as connection:
                found = [tuple(row) for row in connection.execute(sa.select(*columns))]
                given_numbers = {
                    (row[0], row[1]): row[2]
                    for row in connection.execute(sa.select(thing.c.id, thing.c.region, thing.c.number))
                }
            assert sorted(found, key=repr) == sorted((expected(row) for row in model.values()), key=repr)
            # A row that was there keeps the number that Redshift gave it.
            kept = set(numbers) & set(given_numbers) - marked
            assert {place: numbers[place] for place in kept} == {place: given_numbers[place] for place in kept}
            numbers = given_numbers

    run()
