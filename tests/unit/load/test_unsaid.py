"""What no run may do without a word: empty what it reads, pass over an argument, lose a column, an order or a row."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from warehouse.errors import DuplicateKeys, LoadError, SourceError
from warehouse.load import CopyOptions, LoadReport, Must, Window, history, load, preview, runs, unload, upsert
from warehouse.models import LoadAudit, LoadQuarantine
from warehouse.schema import Base, History, all_, column
from warehouse.schema.types import INTEGER, VARCHAR

HEADER = "id,region,name,price,at\n"
THREE = HEADER + "1,n,a,1,2013-01-01\n2,n,b,2,2013-01-02\n3,s,c,3,2013-01-03\n"

Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[[str], Path]:
    def write(body: str) -> Path:
        path = tmp_path / "delivery.csv"
        path.write_text(body, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def three(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    load(sale, deliver(THREE), **own)


def sale_row(**values: Any) -> dict[str, Any]:
    return {"id": 1, "region": "n", "name": "a", "price": 1, "at": datetime(2013, 1, 1)} | values


def failures(own: dict[str, Any]) -> list[str]:
    return [one.error or "" for one in runs(outcome="failed", **own)]


# A query that reads the table itself


@pytest.mark.parametrize("more", [{}, {"defaults": {"price": 7}, "columns": ["id", "region", "name", "at"]}])
def test_a_table_is_replaced_by_its_own_rows(
    sale: sa.Table, own: dict[str, Any], rows: Rows, three: None, more: dict[str, Any]
) -> None:
    names = more.get("columns", [one.name for one in sale.columns])
    source = sa.select(*(sale.c[name] for name in names)).where(sale.c.id < 3)
    report = load(sale, source, mode="replace", **more, **own)
    assert (report.inserted, report.deleted) == (2, 3)
    assert [row[0] for row in rows()] == [1, 2]


def test_a_window_is_replaced_by_its_own_rows(sale: sa.Table, own: dict[str, Any], rows: Rows, three: None) -> None:
    with own["engine"].begin() as connection:
        connection.exec_driver_sql("CREATE VIEW early AS SELECT * FROM sale WHERE id < 3")
    window = Window("at", datetime(2013, 1, 1), datetime(2013, 1, 3))
    report = load(sale, sa.text("SELECT id, region, name, price, at FROM early"), window=window, **own)
    assert (report.inserted, report.deleted) == (2, 2)
    assert [row[0] for row in rows()] == [1, 2, 3]


# Arguments


@pytest.mark.parametrize(
    ("run", "argument"),
    [(load, "dry_run"), (load, "newer_by"), (upsert, "window"), (upsert, "quarentine"), (history, "asof")],
)
def test_an_unknown_argument_is_refused(
    sale: sa.Table, own: dict[str, Any], rows: Rows, run: Callable[..., LoadReport], argument: str
) -> None:
    with pytest.raises(TypeError, match=f"{run.__name__}.*unexpected keyword argument '{argument}'"):
        run(sale, [sale_row()], **{argument: True}, **own)
    assert rows() == []


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ({"window": ("id", 1, 2)}, "is no Window"),
        ({"options": {"delimiter": ";"}}, "are no CopyOptions"),
        ({"quarantine": 100_000}, r"not within 0\.\.99,999"),
        ({"quarantine": -1}, r"not within 0\.\.99,999"),
        ({"window": Window("id", "a", "b")}, "'a' is no bound"),
        ({"window": Window("id", 100, 20)}, "is empty"),
        ({"window": Window("id", "100", "20")}, "is empty"),
        ({"window": Window("at", "2013-01-02", "2013-01-01 23:00")}, "is empty"),
        ({"window": Window("at", "soon", "later")}, "the window cannot be asked"),
        ({"window": Window("id", Decimal("0.5"), 2)}, "no bound of a window"),
        ({"window": Window("id", float("nan"), 1)}, "no bound of a window"),
        ({"casts": {"price": "CAST(price AS INTEGER), id"}}, "a comma divides it"),
        ({"casts": {"price": "CAST(price AS INTEGER"}}, "brackets do not match"),
        ({"casts": {"price": "price; DROP TABLE sale"}}, "semicolon"),
        ({"casts": {"price": "price -- all of it"}}, "a comment swallows"),
    ],
)
def test_what_an_argument_cannot_be_is_said(
    sale: sa.Table, own: dict[str, Any], rows: Rows, three: None, deliver: Any, argument: dict[str, Any], said: str
) -> None:
    with pytest.raises(LoadError, match=said):
        load(sale, deliver(THREE), **argument, **own)
    assert len(rows()) == 3


def test_a_window_of_text_is_one_of_its_columns_type(
    sale: sa.Table, own: dict[str, Any], rows: Rows, three: None, deliver: Any
) -> None:
    """What a command line gives: "2" is less than "10"."""
    report = load(sale, deliver(HEADER + "5,n,e,1,2013-01-05\n"), window=Window("id", "2", "10"), **own)
    assert (report.deleted, report.inserted) == (2, 1)
    assert [row[0] for row in rows()] == [1, 5]


@pytest.mark.parametrize(
    ("column", "start", "end", "gone"),
    [
        ("at", "2013-1-2", "2013-1-4", 2),
        ("at", "Jan 2 2013", "Jan 3 2013", 1),
        ("at", date(2013, 1, 2), datetime(2013, 1, 3), 1),
        ("id", Decimal("1E+0"), "1e1", 3),
        ("region", "n", "o", 2),
    ],
)
def test_bounds_are_read_as_redshift_reads_them(
    sale: sa.Table, own: dict[str, Any], three: None, column: str, start: Any, end: Any, gone: int
) -> None:
    none = pa.table({one.name: pa.array([], pa.string()) for one in sale.columns})
    assert load(sale, none, window=Window(column, start, end), **own).deleted == gone


def test_a_cast_may_hold_marks_in_quotes(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any) -> None:
    casts = {"price": "CAST(NULLIF(REPLACE(price, ';', ''), '--') AS DECIMAL(8,2))"}
    load(sale, deliver(HEADER + "1,n,a,--,2013-01-01\n2,n,b,;3,2013-01-02\n"), casts=casts, **own)
    assert [row[3] for row in rows()] == [None, 3]


def test_a_condition_may_be_text(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    with pytest.raises(LoadError, match="break the check price > 1"):
        load(sale, deliver(THREE), musts=["price > 1"], **own)
    with pytest.raises(LoadError, match="break the check price > 1"):
        upsert(sale, deliver(THREE), musts="price > 1", **own)


# Moments


def test_moments_with_a_zone_are_utc_in_windows_and_defaults(
    sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any
) -> None:
    east = timezone(timedelta(hours=2))
    load(sale, deliver(HEADER + "1,n,a,1,2012-12-31 22:30\n2,n,b,1,2012-12-31 21:30\n"), **own)
    window = Window("at", datetime(2013, 1, 1, tzinfo=east), datetime(2013, 1, 2, tzinfo=east))
    defaults = {"at": datetime(2013, 1, 1, 12, tzinfo=east)}
    report = load(sale, deliver("id,region,name,price\n3,n,c,1\n"), window=window, defaults=defaults, **own)
    assert (report.deleted, report.inserted) == (1, 1)
    assert [(row[0], row[4]) for row in rows()] == [
        (2, datetime(2012, 12, 31, 21, 30)),
        (3, datetime(2013, 1, 1, 10)),
    ]


# What the warehouse has


def test_a_column_that_the_model_does_not_know_keeps_its_value(own: dict[str, Any]) -> None:
    """An old worker while a new column is being rolled out."""
    table = sa.Table("plain", sa.MetaData(), sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.Integer))
    with own["engine"].begin() as connection:
        connection.exec_driver_sql("CREATE TABLE plain (a int NOT NULL, b int, later varchar(10))")
        connection.exec_driver_sql("INSERT INTO plain VALUES (1, 1, 'kept')")
    assert upsert(table, [{"a": 1, "b": 2}, {"a": 2, "b": 2}], **own).updated == 1
    with pytest.raises(LoadError, match="does not hold later, so replacing rows would lose values"):
        upsert(table, [{"a": 1, "b": 3}], method="replace", **own)
    with own["engine"].connect() as connection:
        found = connection.exec_driver_sql("SELECT a, b, later FROM plain ORDER BY a").all()
    assert [tuple(row) for row in found] == [(1, 2, "kept"), (2, 2, None)]


@pytest.mark.parametrize(
    ("there", "model", "wrong"),
    [
        ("decimal(8,2)", sa.Numeric(12, 4), True),
        ("decimal(14,4)", sa.Numeric(12, 4), False),
        ("decimal(14,2)", sa.Numeric(12, 4), True),
        ("date", sa.DateTime(), True),
        ("int", sa.BigInteger(), True),
        ("bigint", sa.Integer(), True),
        ("varchar(10)", sa.String(20), True),
        ("varchar(20)", sa.String(10), False),
        ("real", sa.Double(), True),
        ("varchar(20)", sa.Integer(), True),
    ],
)
def test_a_warehouse_of_other_types_is_refused(own: dict[str, Any], there: str, model: Any, wrong: bool) -> None:
    metadata = sa.MetaData()
    table = sa.Table("plain", metadata, sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", model))
    with own["engine"].begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE plain (a int NOT NULL, b {there})")
    delivery = [{"a": 1, "b": None}]
    if not wrong:
        assert load(table, delivery, **own).inserted == 1
        return
    with pytest.raises(LoadError, match=r"differs from the model: b is .* there and .*alembic upgrade head"):
        load(table, delivery, **own)


# Keys, orders, counts


def test_other_keys_do_not_double_the_primary_key(
    sale: sa.Table, own: dict[str, Any], rows: Rows, three: None, deliver: Any
) -> None:
    before = rows()
    with pytest.raises(DuplicateKeys, match=r"would hold 1 keys more than once, such as \(id=1\).*other keys="):
        upsert(sale, deliver(HEADER + "1,zz,z,1,2013-01-09\n"), keys=["region"], **own)
    assert rows() == before
    assert upsert(sale, deliver(HEADER + "9,s,z,1,2013-01-09\n"), keys=["region"], **own).updated == 1
    with own["engine"].begin() as connection:
        connection.exec_driver_sql("INSERT INTO sale SELECT * FROM sale WHERE id = 2")
    # What was there twice before, and is not delivered, is the business of "warehouse check".
    assert upsert(sale, deliver(HEADER + "8,s,z,1,2013-01-09\n"), keys=["region"], **own).updated == 1


def test_an_old_marker_deletes_nothing(sale: sa.Table, own: dict[str, Any], rows: Rows) -> None:
    load(sale, [sale_row(at=datetime(2013, 3, 1)), sale_row(id=2)], **own)
    old = [sale_row(gone=True), sale_row(id=2, at=datetime(2013, 2, 1), gone=True)]
    report = upsert(sale, old, newer_by="at", delete_when="gone", **own)
    assert (report.unchanged, report.deleted, report.marked) == (1, 1, 1)
    assert [row[0] for row in rows()] == [1]


@pytest.mark.parametrize("moment", [datetime(2013, 3, 1), None, datetime(2013, 3, 2)])
def test_a_marker_deletes_unless_it_is_older(sale: sa.Table, own: dict[str, Any], rows: Rows, moment: Any) -> None:
    """A feed's last word on a row is often the row as it was, or its key alone."""
    load(sale, [sale_row(at=datetime(2013, 3, 1))], **own)
    report = upsert(sale, [sale_row(at=moment, gone=True)], newer_by="at", delete_when="gone", **own)
    assert (report.deleted, report.unchanged, rows()) == (1, 0, [])


def test_rows_that_maxerror_lets_go_are_counted(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any) -> None:
    body = HEADER + "1,n,a,1,2013-01-01\n2,n,b,two,2013-01-02\n3,n,c,three,2013-01-03\n"
    for run, new in ((load, 1), (upsert, 0)):
        report = run(sale, deliver(body), options=CopyOptions(maxerror=10), **own)  # type: ignore[operator]
        assert (report.rows_read, report.rejected, report.inserted) == (3, 2, new)
    assert len(rows()) == 1
    assert [one.rejected for one in runs(**own)] == [2, 2]


def test_many_rows_are_set_aside(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    bad = "".join(f"{number},n,a,x,2013-01-01\n" for number in range(3500))
    report = load(sale, deliver(f"{HEADER}{bad}9999,n,a,1,2013-01-01\n"), quarantine=5000, **own)
    assert (report.rejected, report.inserted) == (3500, 1)
    with own["engine"].connect() as connection:
        count = sa.select(sa.func.count(), sa.func.max(LoadQuarantine.__table__.c.number))
        assert tuple(connection.execute(count).one()) == (3500, 3500)


@pytest.fixture
def dimension(own: dict[str, Any]) -> sa.Table:
    class Own(Base):
        __abstract__ = True

    Own.metadata = sa.MetaData()

    class Plan(History, Own, dist=all_(), comment="Plans."):
        __tablename__ = "plan"
        code: Mapped[str] = column(VARCHAR(8), primary_key=True, comment="Code.")
        seats: Mapped[int | None] = column(INTEGER, comment="Seats.")

    table: sa.Table = Plan.__table__
    with own["engine"].begin() as connection:
        table.create(connection)
    return table


def test_versions_of_a_history_never_overlap(dimension: sa.Table, own: dict[str, Any]) -> None:
    """At each moment a key has one version at most, and no version ends before it begins."""
    january, february, march = (datetime(2013, month, 1) for month in (1, 2, 3))
    history(dimension, [{"code": "a", "seats": 1}, {"code": "b", "seats": 1}], as_of=january, **own)
    history(dimension, [{"code": "b", "seats": 1}], as_of=march, missing="close", **own)
    with pytest.raises(LoadError, match="1 delivered rows are not later than the newest version"):
        history(dimension, [{"code": "a", "seats": 2}], as_of=february, **own)
    history(dimension, [{"code": "a", "seats": 2}], as_of=march, **own)
    with pytest.raises(LoadError, match="lacks 1 keys whose current version is not older"):
        history(dimension, [{"code": "b", "seats": 1}], as_of=february, missing="close", **own)
    with own["engine"].connect() as connection:
        order = sa.select(dimension).order_by(dimension.c.code, dimension.c.valid_from)
        found = [(row.code, row.seats, row.valid_from, row.valid_to) for row in connection.execute(order)]
    assert found == [("a", 1, january, march), ("a", 2, march, None), ("b", 1, january, None)]


# The log, and what a traceback shows


def test_what_ends_a_run_is_in_the_log(sale: sa.Table, own: dict[str, Any], rows: Rows) -> None:
    def broken(error: BaseException) -> Iterator[dict[str, Any]]:
        yield sale_row()
        raise error

    for error in (RuntimeError("the source said password=hunter2"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught:
            load(sale, broken(error), **own)
        assert "what was not committed is rolled back" in " ".join(caught.value.__notes__)
    assert sorted(failures(own)) == ["KeyboardInterrupt: ", "RuntimeError: the source said password=***"]
    assert rows() == []


def test_a_load_key_is_known_before_its_file_is_looked_for(
    sale: sa.Table, own: dict[str, Any], deliver: Any, tmp_path: Path
) -> None:
    first = load(sale, deliver(THREE), load_key="k", **own)
    (tmp_path / "delivery.csv").unlink()
    again = load(sale, tmp_path / "delivery.csv", load_key="k", **own)
    assert (again.outcome, again.run_id) == ("skipped", first.run_id)
    with pytest.raises(SourceError, match="There is no file"):
        load(sale, tmp_path / "delivery.csv", load_key="l", **own)


def test_no_traceback_shows_a_secret_or_a_role(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    attempts: list[Callable[[], object]] = [
        lambda: load(sale, sa.text(f"SELECT 1, '{key}', 'x', 1, nope"), **own),
        lambda: load(sale, deliver(THREE), casts={"price": f"NULLIF('{key}', price) + nope"}, **own),
        lambda: load(sale, deliver(HEADER + f"1,n,{key},1,2013-01-01\n"), **own),
        lambda: unload(f"SELECT '{key}' AS k FROM nope", f"{own['settings'].stage}/out/", **own),
    ]
    for attempt in attempts:
        with pytest.raises(LoadError) as caught:
            attempt()
        shown = "".join(traceback.format_exception(caught.value))
        assert own["settings"].iam_role not in shown
        if "COPY rejected" not in shown:  # there the value is what is wrong
            assert key not in shown


def test_a_wrong_query_is_not_a_wrong_model(sale: sa.Table, own: dict[str, Any]) -> None:
    for query in ("SELECT nope FROM sale", "SELECT 1 FROM nope"):
        with pytest.raises(LoadError, match=r"nope.*Correct the query"):
            unload(query, f"{own['settings'].stage}/out/", **own)


def test_runs_are_found_by_the_name_that_load_takes(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    load(sale, deliver(THREE), **own)
    for name in ("sale", "SALE", "public.sale"):
        assert [one.table for one in runs(table=name, **own)] == ["sale"]
    assert runs(table="nope", **own) == []


# The dry run


def test_a_dry_run_shows_what_is_asked_of_the_rows(sale: sa.Table, own: dict[str, Any], deliver: Any) -> None:
    asked: dict[str, Any] = {"musts": [Must("price > 0", "positive")], "quarantine": 2}
    for kind in ("load", "upsert"):
        shown = preview(kind, sale, deliver(THREE), **asked, **own).sql()  # type: ignore[arg-type]
        assert "SELECT COUNT(*) FROM sale__stage WHERE NOT COALESCE((price > 0), FALSE)" in shown
        assert "INSERT INTO load_quarantine" in shown
        assert "DELETE FROM sale__stage WHERE NOT COALESCE((price > 0), FALSE)" in shown
    proved = preview("load", sale, deliver(THREE), **own)
    assert [step.name for step in proved.steps][-1] == "prove_keys"
    assert "GROUP BY id HAVING COUNT(*) > 1" in proved.steps[-1].sql
    unproved = preview("load", sale, deliver(THREE), prove_keys=False, **own)
    assert "prove_keys" not in [step.name for step in unproved.steps]
    with own["engine"].connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(LoadAudit.__table__)).scalar_one() == 0


@pytest.mark.parametrize("header", ["id,region,,,at", ",region,name,price,at", "id,region,name,2024,at"])
def test_a_header_may_lack_a_name(sale: sa.Table, own: dict[str, Any], rows: Rows, deliver: Any, header: str) -> None:
    columns = [one.name for one in sale.columns]
    load(sale, deliver(f"{header}\n7,n,x,1,2024-01-01\n"), columns=columns, **own)
    assert [row[0] for row in rows()] == [7]
    for first in ("7,n,x,1,2024-01-01", ",,,,"):
        with pytest.raises(SourceError, match="seems to have no header"):
            load(sale, deliver(f"{first}\n8,n,x,1,2024-01-01\n"), columns=columns, **own)


def test_a_dry_run_of_a_swap_proves_the_keys_before_the_tables_change_places(
    sale: sa.Table, own: dict[str, Any], deliver: Any
) -> None:
    steps = [step.name for step in preview("load", sale, deliver(THREE), mode="swap", **own).steps]
    assert steps.index("prove_keys") < steps.index("exchange")


def test_a_percent_sign_of_a_query_stays_one(sale: sa.Table, own: dict[str, Any], rows: Rows, three: None) -> None:
    name, rest = sa.literal_column("'5%'").label("name"), (sale.c.id % 2).label("price")
    source = sa.select((sale.c.id + 10).label("id"), sale.c.region, name, rest, sale.c.at)
    load(sale, source, **own)
    assert [(row[0], row[2], row[3]) for row in rows()][3:] == [(11, "5%", 1), (12, "5%", 0), (13, "5%", 1)]
