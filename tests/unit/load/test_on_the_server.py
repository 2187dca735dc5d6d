"""Load, upsert and unload on the embedded Redshift: round trips, proofs, and that bad input changes nothing."""

from __future__ import annotations

import contextlib
import gzip
import socket
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from warehouse.errors import (
    ConnectionFailed,
    CopyFailed,
    DuplicateKeys,
    LoadError,
    NullKeys,
    SourceError,
    UnknownTable,
    WarehouseError,
)
from warehouse.load import CopyOptions, LoadReport, audit, load, unload, upsert
from warehouse.models import Customer, LoadAudit
from warehouse.objectstore import ObjectStore
from warehouse.settings import Settings

HEADER = "id,region,name,price,at\n"


def audits(engine: sa.Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(sa.select(LoadAudit.__table__).order_by(LoadAudit.__table__.c.started_at))
        return [dict(row._mapping) for row in found]


def text(tmp_path: Path, body: str, name: str = "sale.csv") -> Path:
    path = tmp_path / name
    path.write_text(body, encoding="utf-8", newline="")
    return path


def staged(settings: Settings) -> list[str]:
    with contextlib.closing(ObjectStore.from_settings(settings)) as store:
        return [info.uri for info in store.list(settings.stage + "/")]


def test_a_csv_arrives_whole(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    path = text(tmp_path, HEADER + '1,n,"a,""\nb",1.50,2013-01-01T05:00:00Z\n2,NA,,NA,NA\n3,s,é,2,2013-01-02\n')
    report = load(sale, path, options=CopyOptions(null_as="NA"), actor="tester", **own)
    assert rows() == [
        (1, "n", 'a,"\nb', pytest.approx(1.5), datetime(2013, 1, 1, 5)),
        (2, None, "", None, None),
        (3, "s", "é", 2, datetime(2013, 1, 2)),
    ]
    assert (report.kind, report.table, report.files) == ("load", "sale", (str(path),))
    assert (report.rows_read, report.inserted, report.updated, report.repeated, report.rejected) == (3, 3, 0, 0, 0)
    assert report.bytes > 0
    assert set(report.seconds) >= {"describe", "stage", "copy", "prove", "commit"}
    assert "3 rows, 3 inserted" in report.summary()
    assert staged(own["settings"]) == []
    (audit,) = audits(own["engine"])
    assert audit["run_id"] == report.run_id
    assert (audit["kind"], audit["table_name"], audit["actor"], audit["source"]) == (
        "load",
        "sale",
        "tester",
        str(path),
    )
    assert (audit["files"], audit["rows_read"], audit["rows_inserted"], audit["rows_rejected"]) == (1, 3, 3, 0)
    assert (audit["outcome"], audit["error"], audit["revision"]) == ("succeeded", None, None)
    assert audit["started_at"] <= audit["ended_at"]


def test_several_parts_and_packed_files(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.load.stage._LEAST_PART_BYTES", 500)
    lines = [f"{number},n,x,1,2013-01-01\n" for number in range(1000)]
    text(tmp_path, HEADER + "".join(lines[:500]), "a.csv")
    (tmp_path / "b.csv").write_bytes(gzip.compress((HEADER + "".join(lines[500:])).encode()))
    assert load(sale, tmp_path / "a.csv", compress=True, **own).inserted == 500
    assert load(sale, tmp_path / "b.csv", **own).inserted == 500
    assert [row[0] for row in rows()] == list(range(1000))


def test_marks_beside_the_files_are_none_of_them(sale: sa.Table, own: dict[str, Any], rows: Any, stores: Any) -> None:
    """What Spark and Glue leave: an empty _SUCCESS. What holds something is looked at, whatever its name."""
    prefix = f"{own['settings'].stage}/spark/"
    stores.put(f"{prefix}part-00000.csv", f"{HEADER}1,n,a,1,2013-01-01\n".encode())
    stores.put(f"{prefix}_SUCCESS", b"")
    assert load(sale, prefix, **own).files == (f"{prefix}part-00000.csv",)
    assert [row[0] for row in rows()] == [1]
    stores.put(f"{prefix}_started", b"PAR1")
    with pytest.raises(SourceError, match="mixes Parquet with other files"):
        load(sale, prefix, **own)


@pytest.mark.parametrize(("count", "analyzed"), [(499_999, 0), (500_000, 1)])
def test_the_joins_of_a_large_upsert_are_planned_by_statistics(
    sale: sa.Table, own: dict[str, Any], count: int, analyzed: int
) -> None:
    numbers = pa.array(range(count), pa.int32())
    delivery = pa.table([numbers, *[pa.nulls(count)] * 4], names=["id", "region", "name", "price", "at"])
    report = upsert(sale, delivery, **own)
    assert (report.inserted, report.repeated) == (count, 0)
    with own["engine"].connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM sys_query_history WHERE query_text = 'ANALYZE sale__stage (id)' "
            "AND database_name = current_database()"
        )
        assert found.scalar_one() == analyzed


def test_frames_keep_null_and_empty_apart(sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime(["2013-01-01 05:00", None]),
            "name": ["", None],
            "id": [1.0, 2.0],
            "price": [1.5, float("nan")],
            "region": ["NA", "\\N"],
        }
    )
    expected = [(1, "NA", "", pytest.approx(1.5), datetime(2013, 1, 1, 5)), (2, "\\N", None, None, None)]
    report = load(sale, frame, **own)
    assert (report.inserted, report.files) == (2, ("a pandas.DataFrame",))
    assert rows() == expected
    table = pa.Table.from_pandas(frame, preserve_index=False)
    assert upsert(sale, table, **own).updated == 2
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    assert upsert(sale, reader, **own).updated == 2
    assert rows() == expected


def test_trailing_blanks_beyond_the_length_are_dropped_however_they_come(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any
) -> None:
    load(sale, text(tmp_path, HEADER + "1,n,é        ,1,\n"), **own)
    load(sale, pd.DataFrame({"id": [2], "region": "n", "name": "é        ", "price": 1, "at": None}), **own)
    assert [row[2] for row in rows()] == ["é    "] * 2


def test_objects_are_used_in_place(sale: sa.Table, own: dict[str, Any], rows: Any, stores: ObjectStore) -> None:
    settings = own["settings"]
    stores.put(f"{settings.stage}/in/a.csv", (HEADER + "1,n,x,1,\n").encode())
    stores.put(f"{settings.stage}/in/a.csv.bak", (HEADER + "9,n,x,1,\n").encode())
    load(sale, f"{settings.stage}/in/a.csv", **own)
    assert [row[0] for row in rows()] == [1]  # and not what lies under the same prefix
    report = upsert(sale, f"{settings.stage}/in/a*", **own)
    assert (report.inserted, report.updated, len(report.files)) == (1, 1, 2)
    assert staged(settings) == [f"{settings.stage}/in/a.csv", f"{settings.stage}/in/a.csv.bak"]
    with pytest.raises(SourceError, match="no object"):
        load(sale, f"{settings.stage}/in/b.csv", **own)


def test_a_byte_order_mark_is_no_part_of_a_value(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any, stores: ObjectStore
) -> None:
    body, columns = "\ufeffn,1,x,1,\n".encode(), ["region", "id", "name", "price", "at"]
    path, bare = tmp_path / "sale.csv.gz", CopyOptions(ignoreheader=0)
    for packed in (gzip.compress(body), body):
        path.write_bytes(packed)
        load(sale, path, columns=columns, options=bare, mode="replace", **own)
        assert rows() == [(1, "n", "x", 1, None)]
    path.write_bytes(gzip.compress(("\ufeff" + HEADER + "2,n,x,1,\n").encode()))
    load(sale, path, mode="replace", **own)
    assert rows() == [(2, "n", "x", 1, None)]
    at = f"{own['settings'].stage}/in/marked"
    for marked, options in (('\ufeff{"id": 3}\n'.encode(), CopyOptions()), (body, bare), (gzip.compress(body), bare)):
        stores.put(at, marked)
        with pytest.raises(SourceError, match="begins with a byte order mark") as caught:
            load(sale, at, columns=columns, options=options, **own)
        assert caught.value.next_step
    assert [row[0] for row in rows()] == [2]


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_unload_and_back(sale: sa.Table, own: dict[str, Any], rows: Any, format: Any) -> None:
    settings, engine = own["settings"], own["engine"]
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "region": ["", None],
            "name": ['a,"\n', "é"],
            "price": [1.25, None],
            "at": pd.to_datetime(["2013-01-01", None]),
        }
    )
    load(sale, frame, **own)
    before = rows()
    prefix = f"{settings.stage}/out/sale_"
    report = unload(sale, prefix, format=format, **own)
    assert (report.kind, report.rows_read) == ("unload", 2)
    assert report.files
    with pytest.raises(LoadError):
        unload(sale, prefix, format=format, **own)
    assert unload(sale, prefix, format=format, replace=True, **own).rows_read == 2
    with engine.begin() as connection:
        connection.execute(sa.delete(sale))
    load(sale, f"{prefix}0*", **own)
    assert rows() == before
    assert [audit["outcome"] for audit in audits(engine)] == ["succeeded"] * 2 + ["failed"] + ["succeeded"] * 2


def test_unload_a_table(sale: sa.Table, own: dict[str, Any], stores: ObjectStore) -> None:
    load(sale, pd.DataFrame({"id": [1], "region": "n", "name": "x", "price": 1, "at": None}), **own)
    report = unload(sale, f"{own['settings'].stage}/out/table_", format="csv", gzip=True, **own)
    assert (report.table, report.rows_read) == ("sale", 1)
    bodies = []
    for file in report.files:
        with stores.open(file) as stream:
            bodies.append(gzip.decompress(stream.read()).decode())
    assert "id,region,name,price,at\n" in bodies[0]
    assert any("1,n,x,1.00,\\N\n" in body for body in bodies)


def test_unload_a_query(sale: sa.Table, own: dict[str, Any]) -> None:
    load(sale, pd.DataFrame({"id": [1, 2], "region": "it's \\", "name": "x", "price": 1, "at": None}), **own)
    to = f"{own['settings'].stage}/out/query_"
    query = sa.select(sale.c.id).where(sale.c.region == "it's \\", sale.c.id > 1)
    assert unload(query, to, **own).rows_read == 1
    assert unload("SELECT id FROM sale WHERE region = 'it''s \\\\'", to, replace=True, **own).rows_read == 2


def test_upsert_inserts_updates_and_collapses(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    load(sale, text(tmp_path, HEADER + "1,n,a,1,2013-01-01\n2,s,b,2,2013-01-01\n"), **own)
    delivery = text(tmp_path, HEADER + "2,n,B,3,2013-01-02\n3,n,c,4,2013-01-02\n3,n,c,4,2013-01-02\n", "second.csv")
    report = upsert(sale, delivery, **own)
    assert (report.rows_read, report.inserted, report.updated, report.repeated, report.deleted) == (3, 1, 1, 1, 0)
    expected = [
        (1, "n", "a", 1, datetime(2013, 1, 1)),
        (2, "n", "B", 3, datetime(2013, 1, 2)),  # its DISTKEY moved, and the old row is gone
        (3, "n", "c", 4, datetime(2013, 1, 2)),
    ]
    assert rows() == expected
    again = upsert(sale, delivery, **own)
    assert (again.inserted, again.updated, again.repeated) == (0, 2, 1)
    assert rows() == expected
    audit = audits(own["engine"])[1]
    assert (audit["rows_read"], audit["rows_inserted"], audit["rows_updated"], audit["rows_deleted"]) == (3, 1, 1, 0)
    assert (audit["rows_repeated"], audit["rows_rejected"], audit["attempts"]) == (1, 0, 1)


def test_the_latest_row_wins(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    delivery = text(tmp_path, HEADER + "1,n,old,1,2013-01-01\n1,n,new,1,2013-01-03\n1,n,null,1,\n2,n,x,1,\n")
    with pytest.raises(DuplicateKeys, match=r"1 keys come with rows that differ, such as \(id=1\)") as caught:
        upsert(sale, delivery, **own)
    assert (caught.value.keys, caught.value.count, caught.value.examples) == (("id",), 1, ((1,),))
    assert "latest_by" in str(caught.value)
    assert rows() == []
    report = upsert(sale, delivery, latest_by="at", **own)
    assert (report.inserted, report.repeated) == (2, 2)
    assert [row[2] for row in rows()] == ["new", "x"]


def test_a_tie_is_refused_not_decided_by_chance(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    delivery = text(tmp_path, HEADER + "1,n,a,1,2013-01-01\n1,n,b,1,2013-01-01\n")
    with pytest.raises(DuplicateKeys):
        upsert(sale, delivery, latest_by=["at"], **own)
    assert rows() == []


def test_rows_without_a_key_are_refused(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    with pytest.raises(NullKeys, match=r"1 delivered rows have no key, such as \(id=NULL\)") as caught:
        upsert(sale, text(tmp_path, HEADER + ",n,a,1,2013-01-01\n2,n,b,1,\n"), **own)
    assert (caught.value.count, caught.value.examples) == (1, ((None,),))
    with pytest.raises(NullKeys):
        upsert(sale, pd.DataFrame({"id": [None], "region": "n", "name": "a", "price": 1, "at": None}), **own)
    assert rows() == []


def test_a_target_with_repeated_keys_is_not_upserted(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any
) -> None:
    path = text(tmp_path, HEADER + "1,n,a,1,\n1,s,b,1,\n")
    load(sale, path, prove_keys=False, **own)
    before = rows()
    with pytest.raises(DuplicateKeys, match="already holds several rows"):
        upsert(sale, text(tmp_path, HEADER + "1,n,c,1,\n", "second.csv"), **own)
    assert rows() == before


def test_load_proves_that_keys_stay_unique(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    path = text(tmp_path, HEADER + "1,n,a,1,\n")
    load(sale, path, **own)
    with pytest.raises(DuplicateKeys, match=r"would hold 1 keys more than once, such as \(id=1\).*upsert"):
        load(sale, path, **own)
    assert len(rows()) == 1


def test_what_is_not_delivered_stays(tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    load(sale, text(tmp_path, HEADER + "1,n,a,1,2013-01-01\n"), **own)
    report = upsert(sale, text(tmp_path, "1,9\n2,8\n", "p.csv"), columns=["id", "price"],
                    options=CopyOptions(ignoreheader=0), **own)  # fmt: skip
    assert (report.inserted, report.updated) == (1, 1)
    assert rows() == [(1, "n", "a", 9, datetime(2013, 1, 1)), (2, None, None, 8, None)]


def test_customers_keep_their_numbers(tmp_path: Path, own: dict[str, Any]) -> None:
    talk = CopyOptions(
        csv=False, removequotes=True, null_as="None", emptyasnull=True, blanksasnull=True, ignoreheader=0,
        region="us-east-1", dateformat=None, timeformat=None,
    )  # fmt: skip
    first = '"u-1","Denver, CO",1\nu-2,None,\nu-3,   ,3\n'
    columns = ["customer_uuid", "customer_home_base", "customer_home_base_key"]
    load(Customer, text(tmp_path, first), options=talk, columns=columns, **own)

    def read() -> dict[str, Any]:
        with own["engine"].connect() as connection:
            found = connection.execute(sa.select(Customer.__table__)).all()
        return {
            row.customer_uuid.strip(): (row.customer_key, row.customer_home_base, row.customer_home_base_key)
            for row in found
        }

    before = read()
    assert {uuid: values[1:] for uuid, values in before.items()} == {
        "u-1": (before["u-1"][1], 1), "u-2": (None, None), "u-3": (None, 3),
    }  # fmt: skip
    assert before["u-1"][1].strip() == "Denver, CO"
    second = text(tmp_path, "u-2,Boston,2\nu-4,Rome,4\n", "second.csv")
    with pytest.raises(LoadError, match="customer_key"):
        upsert(Customer, second, options=talk, **own)
    report = upsert(Customer, second, keys=["customer_uuid"], options=talk, **own)
    assert (report.inserted, report.updated) == (1, 1)
    after = read()
    assert {uuid: values[0] for uuid, values in after.items() if uuid in before} == {u: v[0] for u, v in before.items()}
    assert after["u-2"][1].strip() == "Boston"


@pytest.mark.parametrize(
    ("body", "column", "line"),
    [
        ("1,n,a,1,2013-01-01\n2,n,b,1,2013-02-30\n", "at", 3),
        ("1,n,a,1,2013-01-01\n2,n,größer,1,\n", "name", 3),  # six characters, eight bytes
        ("1,n,a,one,2013-01-01\n", "price", 2),
        ("1,n,a,1,\n99999999999,n,a,1,\n", "id", 3),
        ("1,n,a,1,2013-01-01\n2,n,b\n", None, 3),
        ("1,n,a,1,2013-01-01\n2,n,b,1,,extra\n", None, 3),
        ('1,n,"a\n",1,\n,n,a,1,2013-01-01\n', "id", 4),
    ],
)
@pytest.mark.parametrize("way", [load, upsert])
def test_a_bad_row_is_named_and_nothing_lands(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any, body: str, column: str | None, line: int, way: Any
) -> None:
    load(sale, text(tmp_path, HEADER + "7,n,old,1,2013-01-01\n", "old.csv"), **own)
    path = text(tmp_path, HEADER + body)
    wanted: type[WarehouseError] = NullKeys if way is upsert and column == "id" and line == 4 else CopyFailed
    with pytest.raises(wanted) as caught:
        way(sale, path, **own)
    assert [row[0] for row in rows()] == [7]
    audit = audits(own["engine"])[-1]
    assert (audit["outcome"], audit["rows_read"]) == ("failed", None)
    assert audit["error"] == str(caught.value)
    kept = staged(own["settings"])
    assert kept
    assert kept[0].rpartition("/")[0] in str(caught.value)
    assert own["settings"].iam_role not in str(caught.value)
    if isinstance(caught.value, CopyFailed):
        assert (caught.value.file, caught.value.line) == (str(path), line)
        assert caught.value.reason
        assert column is None or caught.value.column == column
        assert f"{path}, line {line}" in str(caught.value)


def test_a_bad_row_is_found_in_its_part(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.load.stage._LEAST_PART_BYTES", 500)
    lines = [f"{number},n,x,1,2013-01-01\n" for number in range(1000)]
    lines[777] = "777,n,x,1,2013-99-01\n"
    with pytest.raises(CopyFailed) as caught:
        load(sale, text(tmp_path, HEADER + "".join(lines)), **own)
    assert (caught.value.line, caught.value.column) == (779, "at")
    assert rows() == []


def test_input_that_is_refused_before_anything_is_sent(tmp_path: Path, sale: sa.Table, own: dict[str, Any]) -> None:
    for source, error in (
        (tmp_path / "gone.csv", SourceError),
        (text(tmp_path, "id,wrong\n1,2\n"), SourceError),
        (pd.DataFrame({"id": [1], "region": "n", "name": "much too long", "price": 1, "at": None}), SourceError),
    ):
        with pytest.raises(error) as caught:
            load(sale, source, **own)
        assert caught.value.next_step
    assert staged(own["settings"]) == []
    assert [audit["outcome"] for audit in audits(own["engine"])] == ["failed"] * 3


def test_a_table_that_is_not_there(tmp_path: Path, sale: sa.Table, own: dict[str, Any]) -> None:
    with own["engine"].begin() as connection:
        sale.drop(connection)
    with pytest.raises(UnknownTable, match="alembic upgrade head") as caught:
        load(sale, text(tmp_path, HEADER + "1,n,a,1,\n"), **own)
    assert caught.value.table == "sale"
    assert staged(own["settings"]) == []


def test_a_column_that_is_not_there(tmp_path: Path, sale: sa.Table, own: dict[str, Any]) -> None:
    with own["engine"].begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sale DROP COLUMN price")
    with pytest.raises(LoadError, match="differs from the model"):
        load(sale, text(tmp_path, HEADER + "1,n,a,1,\n"), **own)


def test_a_server_that_is_down(tmp_path: Path, sale: sa.Table, settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = sa.make_url(settings.url).set(port=port).render_as_string(hide_password=False)
    with pytest.raises(ConnectionFailed, match="warehouse local start"):
        load(sale, text(tmp_path, HEADER + "1,n,a,1,\n"), settings=replace(settings, url=url))


def test_without_a_role_nothing_starts(tmp_path: Path, sale: sa.Table, own: dict[str, Any], settings: Settings) -> None:
    with pytest.raises(LoadError, match="WAREHOUSE_IAM_ROLE"):
        load(sale, text(tmp_path, HEADER + "1,n,a,1,\n"), engine=own["engine"], settings=replace(settings, iam_role=""))


def test_a_commit_that_fails_changes_nothing(
    tmp_path: Path, sale: sa.Table, own: dict[str, Any], rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "record_success", broken)
    path = text(tmp_path, HEADER + "1,n,a,1,\n")
    for way in (load, upsert):
        with pytest.raises(KeyboardInterrupt):
            way(sale, path, **own)
    assert rows() == []


def test_progress_names_the_phases(tmp_path: Path, sale: sa.Table, own: dict[str, Any]) -> None:
    calls: list[tuple[str, int, int | None]] = []
    report: LoadReport = upsert(
        sale, text(tmp_path, HEADER + "1,n,a,1,\n"), progress=lambda *call: calls.append(call), **own
    )
    assert list(dict.fromkeys(call[0] for call in calls)) == list(report.seconds)


def test_what_is_no_table(own: dict[str, Any]) -> None:
    with pytest.raises(LoadError, match="no table"):
        load("sale", "x.csv", **own)
