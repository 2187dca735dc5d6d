"""Defaults for what a delivery does not hold, and casts of what is not yet what the column wants."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from warehouse.errors import CopyFailed, LoadError, SourceError
from warehouse.load import CopyOptions, Must, history, load, preview, upsert
from warehouse.models import Customer, LoadQuarantine
from warehouse.schema import Base, History, all_, column
from warehouse.schema.types import BOOLEAN, DATE, INTEGER, SUPER, VARBYTE, VARCHAR

DAY = datetime(2013, 1, 1)


@pytest.fixture
def deliver(tmp_path: Path) -> Any:
    def write(body: str) -> Path:
        path = tmp_path / "delivery.csv"
        path.write_text(body, encoding="utf-8", newline="")
        return path

    return write


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize("form", ["csv", "frame", "mappings", "query"])
def test_absent_fields_get_their_defaults(
    form: str, sale: sa.Table, own: dict[str, Any], rows: Any, deliver: Any
) -> None:
    source = {
        "csv": lambda: deliver("id,name\n1,a\n2,\n"),
        "frame": lambda: frame(id=[1, 2], name=["a", ""]),
        "mappings": lambda: [{"id": 1, "name": "a"}, {"id": 2, "name": ""}],
        "query": lambda: sa.text("SELECT 1, 'a' UNION ALL SELECT 2, ''"),
    }[form]()
    columns = ["id", "name"] if form == "query" else None
    defaults = {"region": "it's \\", "price": Decimal("1.50"), "at": DAY}
    report = load(sale, source, columns=columns, defaults=defaults, **own)
    assert (report.rows_read, report.inserted) == (2, 2)
    assert rows() == [(1, "it's \\", "a", Decimal("1.50"), DAY), (2, "it's \\", "", Decimal("1.50"), DAY)]
    # What has a default is delivered, so that it replaces what is there.
    report = upsert(sale, deliver("id,name\n2,b\n3,c\n"), defaults={**defaults, "price": None}, **own)
    assert (report.inserted, report.updated) == (1, 1)
    assert [(row[0], row[2], row[3]) for row in rows()] == [(1, "a", Decimal("1.50")), (2, "b", None), (3, "c", None)]


def test_a_field_is_cast(sale: sa.Table, own: dict[str, Any], rows: Any, deliver: Any) -> None:
    body = 'id,region,name,price,at\n#7,n,a,"$1,234.50",1357020000\n#8,n,b,,1357020001\n'
    casts = {
        "id": "CAST(SUBSTRING(id, 2) AS INTEGER)",
        "price": "CAST(REPLACE(REPLACE(price, '$', ''), ',', '') AS DECIMAL(8, 2))",
        "at": "TIMESTAMP 'epoch' + CAST(at AS BIGINT) * INTERVAL '1 second'",
    }
    options = CopyOptions(emptyasnull=True)
    assert load(sale, deliver(body), casts=casts, options=options, **own).inserted == 2
    expected = [
        (7, "n", "a", Decimal("1234.50"), datetime(2013, 1, 1, 6)),
        (8, "n", "b", None, datetime(2013, 1, 1, 6, 0, 1)),
    ]
    assert rows() == expected
    assert upsert(sale, deliver(body), casts=casts, options=options, **own).updated == 2
    assert rows() == expected


def test_a_cast_of_a_frame_sees_text(sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    given = frame(id=[1], region=[True], name=["x"], price=[2.5], at=[None])
    casts = {"region": "CASE region WHEN 'true' THEN 'yes' ELSE 'no' END"}
    load(sale, given, casts=casts, **own)
    assert rows() == [(1, "yes", "x", Decimal("2.50"), None)]


def test_checks_and_quarantine_see_the_finished_rows(
    sale: sa.Table, own: dict[str, Any], rows: Any, deliver: Any
) -> None:
    body = "id,region,name,price\n1,n,a,1\n2,n,b,-2\n3,n,much too long,3\n"
    casts = {"price": "CAST(price AS DECIMAL(8, 2)) * 10"}
    how: dict[str, Any] = {"defaults": {"at": DAY}, "casts": casts, "musts": [Must("price >= 0")], "quarantine": 2}
    report = load(sale, deliver(body), **how, **own)
    assert (report.rows_read, report.inserted, report.rejected) == (3, 1, 2)
    assert rows() == [(1, "n", "a", Decimal("10.00"), DAY)]
    log = LoadQuarantine.__table__
    with own["engine"].connect() as connection:
        kept = connection.execute(sa.select(log.c.line, log.c.column_name).order_by(log.c.number)).all()
    assert [tuple(row) for row in kept] == [(4, "name"), (None, None)]


def test_every_type_has_defaults(own: dict[str, Any]) -> None:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Kind(Own, dist=all_(), comment="Kinds."):
        __tablename__ = "kind"
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="az64", comment="Number.")
        flag = column(BOOLEAN, encode="raw", comment="Flag.")
        day = column(DATE, encode="az64", comment="Day.")
        tree = column(SUPER, encode="zstd", comment="Tree.")
        blob = column(VARBYTE(4), encode="zstd", comment="Bytes.")
        text = column(VARCHAR(8), encode="zstd", comment="Text.")

    Own.metadata.create_all(own["engine"])
    defaults = {"flag": False, "day": DAY.date(), "tree": {"a": ["'", 1]}, "blob": b"\x00\xff", "text": ""}
    load(Kind, [{"id": 1}], defaults=defaults, **own)
    query = sa.text("SELECT id, flag, day, JSON_SERIALIZE(tree), FROM_VARBYTE(blob, 'hex'), text FROM kind")
    with own["engine"].connect() as connection:
        assert connection.execute(query).one() == (1, False, DAY.date(), '{"a":["\'",1]}', "00ff", "")


def test_a_history_takes_defaults(own: dict[str, Any], deliver: Any) -> None:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Plan(Own, History, dist=all_(), comment="Plans."):
        __tablename__ = "plan"
        code = column(VARCHAR(8), primary_key=True, encode="zstd", comment="Code.")
        seats = column(INTEGER, encode="az64", comment="Seats.")

    Own.metadata.create_all(own["engine"])
    assert history(Plan, deliver("code\na\nb\n"), defaults={"seats": 4}, as_of=DAY, **own).inserted == 2
    assert history(Plan, deliver("code,seats\na,4\nb,5\n"), as_of=datetime(2013, 2, 1), **own).updated == 1


def test_what_cannot_be_is_refused_before_anything_is_sent(
    sale: sa.Table, own: dict[str, Any], rows: Any, deliver: Any, stores: Any
) -> None:
    path = deliver("id,region,name,price\n1,n,a,1\n")
    for options, error, said in (
        ({"defaults": {"name": "x", "at": None}}, SourceError, "it holds name, for which defaults= has a value"),
        ({"defaults": {"when": 1}}, SourceError, "no column when, which defaults= names"),
        ({}, SourceError, r"no column at.*defaults= \(--default\) gives a value"),
        ({"defaults": {"at": "soon"}}, LoadError, "a default or a cast cannot be computed"),
        ({"defaults": {"at": DAY}, "casts": {"what": "1"}}, LoadError, "casts= names what"),
        ({"defaults": {"at": DAY}, "casts": {"price": "NO_SUCH(price)"}}, LoadError, "cannot be computed"),
        ({"defaults": {"at": DAY}, "casts": {"price": "1; DROP TABLE sale"}}, LoadError, "no single expression"),
    ):
        with pytest.raises(error, match=said):
            load(sale, path, **options, **own)
    with pytest.raises(LoadError, match="7 bytes do not fit into character varying"):
        load(sale, deliver("id,region,price,at\n"), defaults={"name": "seven b"}, **own)
    with pytest.raises(LoadError, match="the column is NOT NULL"):
        load(sale, deliver("region,name,price,at\n"), defaults={"id": None}, **own)
    with pytest.raises(SourceError, match="customer_key is an IDENTITY column"):
        load(Customer, deliver("customer_uuid\nu\n"), defaults={"customer_key": 1}, columns=["customer_uuid"], **own)
    assert list(stores.list(own["settings"].stage + "/")) == []
    # A value that the cast cannot take is found when it is met, and nothing lands.
    with pytest.raises(LoadError, match=r"invalid input syntax|numeric"):
        load(
            sale, deliver("id,region,name,price,at\n1,n,a,x,\n"), casts={"price": "CAST(price AS DECIMAL(8, 2))"}, **own
        )
    with pytest.raises(CopyFailed, match="line 2, column id"):
        load(sale, deliver("id,region,name,price\nx,n,a,1\n"), defaults={"at": DAY}, **own)
    assert rows() == []


def test_a_preview_shows_the_way_of_the_fields(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    text = preview("load", sale, deliver("id,region,name,at\n"), defaults={"price": 1}, **own).sql()
    assert "CREATE TEMP TABLE sale__raw (id integer" in text
    assert "COPY sale__raw (id, region, name, at)" in text
    assert (
        "INSERT INTO sale (id, region, name, at, price)\nSELECT id, region, name, at, CAST('1' AS numeric(8,2))" in text
    )
