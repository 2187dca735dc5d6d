"""A table that is replaced by a new one: the same to whoever reads it, and refused where something would be lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from warehouse.db.catalog import read_catalog
from warehouse.errors import ChecksFailed, CopyFailed, DuplicateKeys, LoadError, TooMuchRewritten, UnknownTable
from warehouse.load import Guards, Must, Window, load, preview
from warehouse.models import Customer
from warehouse.schema import Base, all_, column, compound, key
from warehouse.schema.types import INTEGER, VARCHAR

HEADER = "id,region,name,price,at\n"


@pytest.fixture
def deliver(tmp_path: Path) -> Any:
    def write(body: str) -> Path:
        path = tmp_path / "delivery.csv"
        path.write_text(HEADER + body, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def three(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    load(sale, deliver("1,n,a,1,2013-01-01\n2,n,b,2,2013-01-02\n3,s,c,3,2013-01-03\n"), **own)


def tables(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(name for _, name in read_catalog(connection).tables)


def test_the_rows_are_the_delivery(sale: sa.Table, own: dict[str, Any], rows: Any, deliver: Any, three: None) -> None:
    before = tables(own["engine"])
    report = load(sale, deliver("9,n,z,1,2013-01-09\n8,n,y,1,\n"), mode="swap", **own)
    assert (report.rows_read, report.inserted, report.deleted, report.table) == (2, 2, 3, "sale")
    assert [row[0] for row in rows()] == [8, 9]
    assert report.advice == ()
    assert tables(own["engine"]) == before
    again = load(sale, deliver("7,n,z,1,2013-01-09\n"), mode="swap", load_key="once", **own)
    assert load(sale, deliver("6,n,z,1,2013-01-09\n"), mode="swap", load_key="once", **own).run_id == again.run_id
    assert [row[0] for row in rows()] == [7]


def test_readers_are_served_while_the_new_table_is_filled(
    sale: sa.Table, own: dict[str, Any], deliver: Any, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.load import apply

    count, seen = sa.select(sa.func.count()).select_from(sale), []
    whole = apply.queue

    def look(*arguments: Any) -> None:
        with own["engine"].connect() as reader:
            seen.append(reader.execute(count).scalar_one())
        whole(*arguments)

    monkeypatch.setattr(apply, "queue", look)
    load(sale, deliver("9,n,z,1,2013-01-09\n"), mode="swap", **own)
    with own["engine"].connect() as reader:
        seen.append(reader.execute(count).scalar_one())
    assert seen == [3, 1]


def test_the_table_stays_what_it_was(own: dict[str, Any]) -> None:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Region(Own, dist=all_(), sort=compound("code"), comment="Regions."):
        __tablename__ = "region"
        code = column(VARCHAR(8), primary_key=True, encode="raw", comment="Code.")

    class Shop(
        Own, dist=key("region"), sort=compound("id", "region"), comment="It's a shop.", grants={"public": "select"}
    ):
        __tablename__ = "shop"
        __table_args__ = (sa.UniqueConstraint("name", name="one_name"),)
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="raw", comment="Number.")
        region = column(VARCHAR(8), sa.ForeignKey("region.code"), encode="zstd", comment="Where it's.")
        name = column(VARCHAR(6), encode="lzo", nullable=False, server_default="none", comment="Name.")

    Own.metadata.create_all(own["engine"])

    def read() -> Any:
        with own["engine"].connect() as connection:
            found = read_catalog(connection).tables[None, "shop"]
        return found.design, found.primary_key_name, found.unique_names

    before = read()
    load(Shop, [{"id": 1, "region": "n", "name": "a"}], mode="swap", **own)
    assert read() == before
    assert before[0].grants and before[0].foreign_keys and before[0].unique_keys


def test_what_fails_leaves_the_table_and_nothing_beside_it(
    sale: sa.Table, own: dict[str, Any], rows: Any, deliver: Any, three: None
) -> None:
    before, there = rows(), tables(own["engine"])
    for body, options, error in (
        ("9,n,z,one,2013-01-09\n", {}, CopyFailed),
        ("9,n,z,1,\n9,s,y,1,\n", {}, DuplicateKeys),
        ("9,n,z,-1,\n", {"musts": [Must("price >= 0")]}, ChecksFailed),
        ("9,n,z,1,\n", {"guards": Guards(most_rewritten=0.9)}, TooMuchRewritten),
        ("9,n,z,1,\n", {"window": Window("id", 1, 2)}, LoadError),
    ):
        with pytest.raises(error):
            load(sale, deliver(body), mode="swap", **options, **own)
    assert (rows(), tables(own["engine"])) == (before, there)
    assert load(sale, deliver("9,n,z,1,\n"), mode="swap", musts=[Must("price >= 0")], **own).inserted == 1


def test_what_would_be_lost_is_refused(sale: sa.Table, own: dict[str, Any], deliver: Any, three: None) -> None:
    with own["engine"].begin() as connection:
        connection.exec_driver_sql("CREATE VIEW seen AS SELECT id FROM sale")
        connection.exec_driver_sql(
            "CREATE TABLE part (id INTEGER, CONSTRAINT whole FOREIGN KEY (id) REFERENCES sale(id))"
        )
    with pytest.raises(LoadError, match=r"the view seen, the foreign key whole of part would be lost.*mode=.replace"):
        load(sale, deliver("9,n,z,1,\n"), mode="swap", **own)
    with pytest.raises(LoadError, match="the IDENTITY column customer_key"):
        load(Customer, [{"customer_uuid": "u"}], columns=["customer_uuid"], mode="swap", **own)
    with own["engine"].begin() as connection:
        connection.exec_driver_sql("DROP TABLE sale CASCADE")
    with pytest.raises(UnknownTable):
        load(sale, deliver("9,n,z,1,\n"), mode="swap", **own)


def test_swaps_at_once_leave_one_of_the_deliveries(sale: sa.Table, own: dict[str, Any], rows: Any, three: None) -> None:
    failures: list[BaseException] = []

    def one(number: int) -> None:
        delivery = [{"id": 10 * number + n, "region": "n", "name": "x", "price": 1, "at": None} for n in range(5)]
        try:
            load(sale, delivery, mode="swap", **own)
        except BaseException as error:  # noqa: BLE001 - told by the test, not by a thread
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = [row[0] for row in rows()]
    assert found == [found[0] + n for n in range(5)] and found[0] % 10 == 0
    assert not [name for name in tables(own["engine"]) if "__" in name]


def test_a_preview_of_a_swap(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    text = preview("load", sale, deliver("9,n,z,1,\n"), mode="swap", **own).sql()
    steps = ["(LIKE sale INCLUDING DEFAULTS)", "COPY sale__new_", "ALTER TABLE sale RENAME TO sale__old_", "DROP TABLE"]
    assert [text.index(step) for step in steps] == sorted(text.index(step) for step in steps)
