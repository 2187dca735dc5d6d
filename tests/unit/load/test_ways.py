"""What a load, an upsert and a history may be told: windows, markers, newer rows, checks, quarantine, load keys."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from warehouse.errors import (
    Cancelled,
    ChecksFailed,
    CopyFailed,
    DuplicateKeys,
    LoadError,
    NullKeys,
    SettingsError,
    SourceError,
    TooMuchRewritten,
    WarehouseError,
)
from warehouse.load import CopyOptions, Guards, Must, Retry, Versions, Window, history, load, unload, upsert
from warehouse.models import LoadAudit, LoadQuarantine
from warehouse.objectstore import ObjectStore
from warehouse.schema import Base, History, all_, column
from warehouse.schema.types import INTEGER, VARCHAR

HEADER = "id,region,name,price,at\n"
DAY = datetime(2013, 1, 1)

Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[[str], Path]:
    def write(body: str, name: str = "delivery.csv") -> Path:
        path = tmp_path / name
        path.write_text(body, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def three(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    load(sale, deliver(HEADER + "1,n,a,1,2013-01-01\n2,n,b,2,2013-01-02\n3,s,c,3,2013-01-03\n"), **own)


def quarantined(engine: sa.Engine) -> list[Any]:
    table = LoadQuarantine.__table__
    with engine.connect() as connection:
        return list(connection.execute(sa.select(table).order_by(table.c.number)))


# load


def test_a_whole_table_is_replaced(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None) -> None:
    report = load(sale, deliver(HEADER + "9,n,z,1,2013-01-09\n"), mode="replace", **own)
    assert (report.rows_read, report.inserted, report.deleted) == (1, 1, 3)
    assert [row[0] for row in rows()] == [9]
    with pytest.raises(CopyFailed):
        load(sale, deliver(HEADER + "10,n,z,one,2013-01-09\n"), mode="replace", **own)
    assert [row[0] for row in rows()] == [9]


def test_a_window_is_replaced(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None) -> None:
    window = Window("at", datetime(2013, 1, 2), datetime(2013, 1, 4))
    report = load(sale, deliver(HEADER + "8,n,y,1,2013-01-03 05:00:00\n"), window=window, **own)
    assert (report.inserted, report.deleted) == (1, 2)
    assert [row[0] for row in rows()] == [1, 8]
    with pytest.raises(LoadError, match=r"1 of 2 delivered rows lie outside of the window 2013-01-02"):
        load(sale, deliver(HEADER + "8,n,y,1,2013-01-03\n9,n,y,1,2013-01-04\n"), window=window, **own)
    assert [row[0] for row in rows()] == [1, 8]
    with pytest.raises(LoadError, match="has no column when"):
        load(sale, deliver(HEADER), window=Window("when", 1, 2), **own)
    with pytest.raises(LoadError, match="is empty"):
        load(sale, deliver(HEADER), window=Window("id", 2, 2), **own)


def test_readers_see_the_old_rows_until_the_new_ones_are_committed(
    sale: sa.Table, own: dict[str, Any], deliver: Any, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot that a reader took before the load keeps the old rows: the table is never seen empty."""
    with own["engine"].connect() as reader:
        count = sa.select(sa.func.count()).select_from(sale)
        assert reader.execute(count).scalar_one() == 3
        reader.rollback()
        load(sale, deliver(HEADER + "9,n,z,1,2013-01-09\n"), mode="replace", **own)
        assert reader.execute(count).scalar_one() == 1


def test_fields_are_renamed(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any) -> None:
    path = deliver("Number,region,name,price,at\n1,n,a,1,2013-01-01\n")
    load(sale, path, rename={"number": "id"}, **own)
    assert rows() == [(1, "n", "a", 1, DAY)]
    with pytest.raises(SourceError, match="no field nr"):
        load(sale, path, rename={"nr": "id"}, **own)


def test_rows_of_the_warehouse(sale: sa.Table, own: dict[str, Any], rows: Rows, three: None) -> None:
    query = sa.select((sale.c.id + 10).label("id"), sale.c.region, sale.c.name, sale.c.price, sale.c.at)
    report = load(sale, query.where(sale.c.region == "n"), **own)
    assert (report.inserted, report.bytes) == (2, 0)
    text = sa.text("SELECT id, region, 'x', price, at FROM sale WHERE id > 10")
    assert upsert(sale, text, columns=["id", "region", "name", "price", "at"], **own).updated == 2
    assert [(row[0], row[2]) for row in rows()] == [(1, "a"), (2, "b"), (3, "c"), (11, "x"), (12, "x")]


def test_a_text_goes_by_the_names_of_its_columns(sale: sa.Table, own: dict[str, Any], rows: Rows, three: None) -> None:
    text = (
        "SELECT name AS region, at, region AS name, price, id + :more AS id FROM sale WHERE name <> '5%' AND id = :id"
    )
    report = load(sale, sa.text(text).bindparams(more=10, id=1), **own)
    assert report.inserted == 1
    assert rows()[-1] == (11, "a", "n", 1, DAY)
    text = "SELECT region, 's'' \\:x' AS name, id + 20 AS id, 1 AS price, at FROM sale WHERE id = 1 -- one"
    load(sale, sa.text(text), **own)
    assert rows()[-1] == (21, "n", "s' :x", 1, DAY)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (sa.text("SELECT id + 10, region, name, price, at FROM sale"), "has no column ?column?"),
        (sa.text("SELECT id + 10 AS nr, region, name, price, at FROM sale"), "has no column nr"),
        (sa.text("SELECT id, id, region, name, price, at FROM sale"), "id is named more than once"),
        (sa.text("SELECT region, name, price, at FROM sale"), "has no column id"),
        (sa.text("SELECT nothing FROM sale"), "nothing"),
        (sa.text("SELECT id, region, name, price, at FROM sale WHERE id = :x AND region = :y"), "parameter x, y"),
    ],
)
def test_a_text_that_does_not_say_where_its_columns_go_is_refused(
    query: Any, said: str, sale: sa.Table, own: dict[str, Any], rows: Rows, three: None
) -> None:
    with pytest.raises(LoadError, match=re.escape(said)) as caught:
        load(sale, query, **own)
    assert caught.value.next_step
    assert len(rows()) == 3


@pytest.mark.parametrize("way", ["label", "anonymous label", "cast"])
def test_a_column_of_a_select_without_a_name_is_refused(way: str, sale: sa.Table, own: dict[str, Any]) -> None:
    more = sale.c.id + 10
    first: Any = {"label": more, "anonymous label": more.label(None), "cast": sa.cast(more, sa.Integer)}[way]
    with pytest.raises(SourceError, match=r"its column 1, .*, has no name") as caught:
        load(sale, sa.select(first, sale.c.region, sale.c.name, sale.c.price, sale.c.at), **own)
    assert ".label(" in caught.value.next_step


def test_a_parameter_without_a_value_is_not_taken_for_null(sale: sa.Table, own: dict[str, Any], three: None) -> None:
    query = sa.select(sale).where(sale.c.region == sa.bindparam("where"))
    with pytest.raises(SourceError, match="no value for the parameter where"):
        load(sale, query, **own)
    to = f"{own['settings'].stage}/out/sale_"
    with pytest.raises(WarehouseError, match="no value for the parameter where"):
        unload(query, to, **own)
    assert unload(query.params(where="n"), to, **own).rows_read == 2


# upsert


@pytest.mark.parametrize("method", [None, "replace", "update", "merge"])
def test_each_method_gives_the_same(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None, method: Any
) -> None:
    report = upsert(sale, deliver(HEADER + "3,n,C,9,2013-02-01\n4,s,d,4,\n"), method=method, **own)
    assert (report.rows_read, report.inserted, report.updated, report.deleted) == (2, 1, 1, 0)
    assert rows()[2:] == [(3, "n", "C", 9, datetime(2013, 2, 1)), (4, "s", "d", 4, None)]


def test_rows_that_are_marked_are_deleted(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None
) -> None:
    body = "id,region,name,price,at,gone\n1,,,,,true\n2,n,B,2,2013-01-02,false\n7,,,,,true\n8,n,h,8,2013-01-08,\n"
    report = upsert(sale, deliver(body), delete_when="gone", **own)
    assert (report.rows_read, report.inserted, report.updated, report.deleted, report.marked) == (4, 1, 1, 1, 2)
    assert [(row[0], row[2]) for row in rows()] == [(2, "B"), (3, "c"), (8, "h")]
    with pytest.raises(LoadError, match="no column gone"):
        upsert(sale, deliver(HEADER + "1,n,a,1,\n"), delete_when="gone", **own)
    with pytest.raises(LoadError, match=r"name is character varying\(6\)"):
        upsert(sale, deliver(HEADER + "1,n,a,1,\n"), delete_when="name", **own)


def test_what_is_the_same_is_left_alone(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None
) -> None:
    body = HEADER + "1,n,a,1,2013-01-01\n2,n,b ,2,2013-01-02\n3,s,c,3,\n4,n,d,4,\n"
    report = upsert(sale, deliver(body), only_changed=True, **own)
    # A trailing blank is a change, though `=` does not see it.
    assert (report.unchanged, report.updated, report.inserted) == (1, 2, 1)
    assert [row[2] for row in rows()] == ["a", "b ", "c", "d"]
    again = upsert(sale, deliver(body), only_changed=True, **own)
    assert (again.unchanged, again.updated, again.inserted) == (4, 0, 0)


def test_older_rows_do_not_replace_newer_ones(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None
) -> None:
    body = HEADER + "1,n,old,1,2012-12-31\n2,n,same,1,2013-01-02\n3,s,new,1,2013-01-04\n4,n,first,1,\n"
    report = upsert(sale, deliver(body), newer_by="at", **own)
    assert (report.unchanged, report.updated, report.inserted) == (2, 1, 1)
    assert [row[2] for row in rows()] == ["a", "b", "new", "first"]
    # NULL is the oldest: whatever has a time replaces it, and it replaces nothing.
    assert upsert(sale, deliver(HEADER + "4,n,later,1,2000-01-01\n1,n,null,1,\n"), newer_by="at", **own).updated == 1
    assert [row[2] for row in rows()] == ["a", "b", "new", "later"]


def test_a_guard_asks_before_much_is_rewritten(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, three: None
) -> None:
    path = deliver(HEADER + "1,n,A,1,\n2,n,B,1,\n4,n,d,1,\n")
    before = rows()
    with pytest.raises(TooMuchRewritten, match=r"would rewrite 2 of 3 rows, more than 50%") as caught:
        upsert(sale, path, guards=Guards(most_rewritten=0.5), **own)
    assert (caught.value.rows, caught.value.of) == (2, 3)
    with pytest.raises(TooMuchRewritten, match="3 of 3"):
        load(sale, path, mode="replace", guards=Guards(most_rewritten=0.99), **own)
    assert rows() == before
    assert upsert(sale, path, guards=Guards(most_rewritten=0.7), **own).updated == 2


def test_statements_are_limited_and_labelled(sale: sa.Table, own: dict[str, Any], deliver: Any, three: None) -> None:
    engine = own["engine"]
    guards = Guards(statement_timeout=60, query_group="nightly")
    upsert(sale, deliver(HEADER + "1,n,A,1,\n"), guards=guards, **own)
    labels = "SELECT COUNT(*) FROM stl_query WHERE TRIM(label) = 'nightly' AND querytxt LIKE 'INSERT INTO sale%'"
    with engine.connect() as connection:
        assert connection.exec_driver_sql(labels).scalar_one() == 1
    with engine.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE sale")
        with pytest.raises(Cancelled, match="statement_timeout"):
            upsert(sale, deliver(HEADER + "1,n,A,1,\n"), guards=Guards(statement_timeout=0.2), **own)
    with pytest.raises(SettingsError):
        Guards(most_rewritten=2)
    with pytest.raises(SettingsError):
        Retry(attempts=0)


# checks and quarantine


@pytest.mark.parametrize("way", [load, upsert])
def test_rows_that_break_a_check_stop_everything(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, way: Any
) -> None:
    body = HEADER + "1,n,a,1,2013-01-01\n2,n,b,-2,2013-01-01\n3,n,c,,2013-01-01\n"
    with pytest.raises(ChecksFailed, match=r"2 delivered rows break the check price >= 0, such as \(id=") as caught:
        way(sale, deliver(body), musts=[Must("price >= 0")], **own)
    assert (caught.value.check, caught.value.count) == ("price >= 0", 2)
    assert rows() == []
    report = way(sale, deliver(body), musts=[Must("price >= 0", name="positive")], quarantine=2, **own)
    assert (report.rows_read, report.inserted, report.rejected) == (3, 1, 2)
    assert [row[0] for row in rows()] == [1]
    kept = quarantined(own["engine"])
    assert [(row.number, row.run_id, row.table_name, row.reason) for row in kept] == [
        (1, report.run_id, "sale", "breaks the check positive"),
        (2, report.run_id, "sale", "breaks the check positive"),
    ]
    assert {row.row_text for row in kept} == {
        "id=2, region=n, name=b, price=-2.00, at=2013-01-01 00:00:00",
        "id=3, region=n, name=c, price=NULL, at=2013-01-01 00:00:00",
    }


def test_a_check_is_one_condition() -> None:
    for text in (
        "", " ", "/* price */", "price > 0; DROP TABLE sale", "TRUE) -- ", "TRUE -- ", "1 = 1) OR (1 = 1", "(price > 0",
        "name = 'x", "DELETE FROM sale", "DROP TABLE sale",
    ):  # fmt: skip
        with pytest.raises(LoadError, match="no single condition: ") as caught:
            Must(text)
        assert caught.value.next_step
    for text in ("name <> '--;)'", "price > 0 /* cents; */", 'name = "name"', "name ~ '^[(]'", "update IS NOT NULL"):
        assert Must(text).condition == text


@pytest.mark.parametrize("way", [load, upsert])
@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("price >", "syntax error"),
        ("amount > 0", "amount"),
        ("price + 1", "type|boolean"),
        ("nothing(price)", "nothing"),
        ("price > 0 AND at IS NOT NULL", "at"),  # which is not delivered here
    ],
)
def test_a_check_that_cannot_be_asked_is_refused_before_anything_is_sent(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, stores: ObjectStore, way: Any, condition: str,
    said: str,
) -> None:  # fmt: skip
    path, columns = deliver("1,n,a,1\n"), ["id", "region", "name", "price"]
    how: dict[str, Any] = {"options": CopyOptions(ignoreheader=0), "columns": columns, "musts": [Must(condition)]}
    with pytest.raises(LoadError, match=f"the check .* cannot be asked of the delivery: .*({said})") as caught:
        way(sale, path, **how, **own)
    assert caught.value.next_step == "Nothing was sent. Correct musts= (--must)."
    assert stores.list(own["settings"].stage + "/") == []
    assert rows() == []


@pytest.mark.parametrize(
    ("way", "option"),
    [
        (load, {"mode": "truncate"}),
        (upsert, {"method": "replace", "columns": ["id", "region"]}),
        (upsert, {"method": "overwrite"}),
        (upsert, {"keys": ["nothing"]}),
        (upsert, {"latest_by": ["nothing"]}),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_sent(
    sale: sa.Table, own: dict[str, Any], stores: ObjectStore, way: Any, option: dict[str, Any]
) -> None:
    given = [dict(zip(HEADER.strip().split(","), (1, "n", "a", 1, None), strict=True))]
    if "columns" in option:
        given = [{"id": 1, "region": "n"}]
    with pytest.raises(LoadError) as caught:
        way(sale, given, **option, **own)
    assert caught.value.next_step and "kept" not in str(caught.value)
    assert stores.list(own["settings"].stage + "/") == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM sale", "no query but DELETE"),
        ("SELECT 1, 'n', 'a', 1, SYSDATE; DELETE FROM sale", "holds 2 statements"),
        (" ", "is empty"),
        ("SELECT * INTO other FROM sale", "SELECT INTO makes a table"),
    ],
)
def test_rows_of_the_warehouse_come_from_one_query(
    sale: sa.Table, own: dict[str, Any], rows: Rows, three: None, query: str, said: str
) -> None:
    before = rows()
    with pytest.raises(SourceError, match=said) as caught:
        load(sale, sa.text(query), **own)
    assert caught.value.source == "a query" and caught.value.next_step
    assert rows() == before


@pytest.mark.parametrize("query", ["SELECT nothing FROM sale", "SELECT a b c FROM sale", "SELECT id FROM sale WHERE"])
def test_a_query_that_cannot_run_costs_nothing_of_what_was_unloaded(
    sale: sa.Table, own: dict[str, Any], stores: ObjectStore, three: None, query: str
) -> None:
    to = f"{own['settings'].stage}/out/sale_"
    unload(sale, to, **own)
    before = stores.list(to)
    with pytest.raises(LoadError) as caught:
        unload(query, to, replace=True, **own)
    assert caught.value.next_step
    assert stores.list(to) == before
    load(sale, f"{to}manifest", mode="replace", **own)


def test_rows_without_a_key_are_set_aside(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any) -> None:
    body = HEADER + ",n,a,1,\n2,n,b,2,\n,s,c,3,\n"
    with pytest.raises(NullKeys):
        upsert(sale, deliver(body), quarantine=1, **own)
    assert (rows(), quarantined(own["engine"])) == ([], [])
    report = upsert(sale, deliver(body), quarantine=2, **own)
    assert (report.rows_read, report.inserted, report.rejected) == (3, 1, 2)
    assert [row.reason for row in quarantined(own["engine"])] == ["the row has no key"] * 2


# load keys


def test_a_load_key_is_loaded_once(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any) -> None:
    path = deliver(HEADER + "1,n,a,1,2013-01-01\n")
    first = load(sale, path, load_key="dag/task/2026-01-31", **own)
    again = load(sale, path, load_key="dag/task/2026-01-31", **own)
    assert (first.outcome, again.outcome) == ("succeeded", "skipped")
    assert (again.run_id, again.inserted) == (first.run_id, 1)
    assert "nothing done" in again.summary()
    assert len(rows()) == 1
    with pytest.raises(DuplicateKeys):
        load(sale, path, load_key="dag/task/2026-02-01", **own)
    assert upsert(sale, path, load_key="k", **own).updated == 1
    assert upsert(sale, path, load_key="k", **own).outcome == "skipped"
    assert upsert(sale, path, load_key="k", on_repeat="replay", **own).updated == 1
    with pytest.raises(LoadError, match="cannot be replayed"):
        load(sale, path, load_key="k", on_repeat="replay", **own)
    with own["engine"].connect() as connection:
        keys = connection.execute(sa.select(LoadAudit.__table__.c.load_key)).scalars().all()
    assert keys.count("dag/task/2026-01-31") == 1


def test_two_loads_of_one_key_at_once_load_it_once(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any
) -> None:
    path = deliver(HEADER + "".join(f"{number},n,a,1,2013-01-01\n" for number in range(200)))
    reports: list[Any] = []

    def one() -> None:
        reports.append(load(sale, path, load_key="once", prove_keys=False, **own))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.outcome for report in reports) == ["skipped", "skipped", "skipped", "succeeded"]
    assert len(rows()) == 200


# history


@pytest.fixture(scope="module")
def plan() -> sa.Table:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Plan(Own, History, dist=all_(), comment="Plans."):
        __tablename__ = "plan"
        code: Mapped[str] = column(VARCHAR(8), primary_key=True, encode="zstd", comment="Code.")
        seats: Mapped[int | None] = column(INTEGER, encode="az64", comment="Seats.")

    table: sa.Table = Plan.__table__
    return table


@pytest.fixture
def dimension(own: dict[str, Any], plan: sa.Table) -> sa.Table:
    with own["engine"].begin() as connection:
        plan.create(connection)
    return plan


def versions(engine: sa.Engine, table: sa.Table) -> list[tuple[Any, ...]]:
    listed = sa.select(table.c.code, table.c.seats, table.c.valid_from, table.c.valid_to, table.c.is_current)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(listed.order_by(table.c.code, table.c.valid_from))]


def test_a_history_keeps_every_version(dimension: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    first, second, third = (datetime(2013, month, 1) for month in (1, 2, 3))
    report = history(dimension, deliver("code,seats\na,1\nb,2\nc,\n"), as_of=first, **own)
    assert (report.kind, report.inserted, report.updated) == ("history", 3, 0)
    report = history(dimension, deliver("code,seats\na,1\nb,3\nc,\nd,4\n"), as_of=second, **own)
    assert (report.inserted, report.updated, report.unchanged, report.deleted) == (1, 1, 2, 0)
    report = history(dimension, deliver("code,seats\nb,3\nd,5\n"), as_of=third, missing="close", **own)
    assert (report.inserted, report.updated, report.unchanged, report.deleted) == (0, 1, 1, 2)
    assert versions(own["engine"], dimension) == [
        ("a", 1, first, third, False),
        ("b", 2, first, second, False),
        ("b", 3, second, None, True),
        ("c", None, first, third, False),
        ("d", 4, second, third, False),
        ("d", 5, third, None, True),
    ]
    before = versions(own["engine"], dimension)
    with pytest.raises(LoadError, match="1 delivered rows are not later than the newest version"):
        history(dimension, deliver("code,seats\nb,4\n"), as_of=second, **own)
    assert versions(own["engine"], dimension) == before


def test_a_history_by_the_moments_of_the_source(dimension: sa.Table, own: dict[str, Any]) -> None:
    history(dimension, [{"code": "a", "seats": 1, "since": "2013-01-01"}], as_of="since", **own)
    delivery = [{"code": "a", "seats": 2, "since": "2013-01-05T10:00:00Z"}, {"code": "b", "seats": 1, "since": DAY}]
    history(dimension, delivery, as_of="since", **own)
    assert versions(own["engine"], dimension) == [
        ("a", 1, DAY, datetime(2013, 1, 5, 10), False),
        ("a", 2, datetime(2013, 1, 5, 10), None, True),
        ("b", 1, DAY, None, True),
    ]


def test_a_table_that_keeps_no_history(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    with pytest.raises(LoadError, match="no column valid_from, valid_to, is_current"):
        history(sale, deliver(HEADER + "1,n,a,1,\n"), keys=["id"], **own)
    with pytest.raises(LoadError, match="no column since"):
        history(sale, deliver(HEADER + "1,n,a,1,\n"), keys=["id"], versions=Versions("at", "since", ""), **own)


# conflicts


def end_backend(server: dict[str, Any], pid: int) -> None:
    """End a session in the PostgreSQL behind the server."""
    folder, _, port = server["postgres"].rpartition("/.s.PGSQL.")
    with contextlib.closing(psycopg2.connect(host=folder, port=port, user="rdsdb", dbname="postgres")) as connection:
        connection.autocommit = True
        connection.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_conflict_is_tried_again(
    sale: sa.Table,
    own: dict[str, Any],
    rows: Rows,
    deliver: Any,
    three: None,
    local_server: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first try loses its connection in the middle; the second does the work, and the log tells of one success."""
    from warehouse.load import apply

    whole = apply.execute
    waits: list[int] = []

    def cut(connection: sa.Connection, statement: str) -> Any:
        if statement.startswith("DELETE FROM sale"):
            monkeypatch.setattr(apply, "execute", whole)
            end_backend(local_server, whole(connection, "SELECT pg_backend_pid()").scalar_one())
        return whole(connection, statement)

    monkeypatch.setattr(apply, "execute", cut)
    report = upsert(
        sale,
        deliver(HEADER + "1,n,A,1,2013-01-01\n4,n,d,1,\n"),
        retry=Retry(attempts=3, first_wait=0.01),
        progress=lambda phase, done, total: waits.append(done) if phase == "wait" else None,
        **own,
    )
    assert (report.attempts, waits, report.updated, report.inserted) == (2, [1], 1, 1)
    assert [row[2] for row in rows()] == ["A", "b", "c", "d"]
    with own["engine"].connect() as connection:
        log = LoadAudit.__table__
        found = connection.execute(sa.select(log.c.outcome, log.c.attempts).where(log.c.run_id == report.run_id)).all()
    assert [tuple(row) for row in found] == [("succeeded", 2)]
