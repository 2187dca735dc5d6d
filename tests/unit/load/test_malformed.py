"""What is malformed is refused with its place, and nothing of the delivery lands: values, files, names."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from warehouse.errors import CopyFailed, LoadError, SourceError, WarehouseError
from warehouse.load import CopyOptions, load, upsert
from warehouse.models import LoadAudit, LoadQuarantine
from warehouse.objectstore import ObjectStore
from warehouse.schema import Base, column, even, unsorted
from warehouse.schema.types import (
    BIGINT,
    BOOLEAN,
    CHAR,
    DATE,
    DECIMAL,
    DOUBLE_PRECISION,
    INTEGER,
    SMALLINT,
    TIMESTAMP,
    VARCHAR,
)

COLUMNS = ("id", "small", "big", "price", "ratio", "flag", "day", "at", "code", "name")
GOOD = ("1", "2", "3", "4.5", "6.7", "t", "2013-01-01", "2013-01-01 05:00:00", "abc", "name")
NO_NUMBERS = ("x", "1.5", "1e3", "0x1f", "1_000", "--1", "+-1", "1 2", "NaN", "Infinity", "１", "1;", "'1'", "1-")
# column -> values that its type has not
BAD: dict[str, tuple[str, ...]] = {
    "small": (*NO_NUMBERS, "32768", "-32769"),
    "id": (*NO_NUMBERS, "2147483648", "-2147483649"),
    "big": (*NO_NUMBERS, "9223372036854775808", "-9223372036854775809", "99999999999999999999999"),
    "price": ("x", "1.2.3", "1,5", "NaN", "1000000", "-1000000.00", "--1", "1 2", "0x1f", "1_000", "$1"),
    "ratio": ("x", "1.2.3", "1e", "e5", "--1", "1 2", "1e999"),
    "flag": ("maybe", "2", "truee", "-1", "on the way", "10"),
    "day": ("2013-02-30", "2013-13-01", "2013-00-01", "0000-00-00", "yesterday", "2013-01-01x", "2013", "13"),
    "at": ("2013-01-01 25:00:00", "2013-01-01 05:61:00", "2013-02-30 05:00:00", "soon", "2013-01-01 05:00:00 Mars"),
    "code": ("abcd", "é", "ab c"),
    "name": ("x" * 9, "größer!!", "€€€", "\U0001f600\U0001f600\U0001f600"),
}


@pytest.fixture(scope="module")
def kinds() -> sa.Table:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Kinds(Own, dist=even(), sort=unsorted(), comment="A column of each kind."):
        __tablename__ = "kinds"
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="az64", comment="C.")
        small = column(SMALLINT, encode="az64", comment="C.")
        big = column(BIGINT, encode="az64", comment="C.")
        price = column(DECIMAL(8, 2), encode="az64", comment="C.")
        ratio = column(DOUBLE_PRECISION, encode="raw", comment="C.")
        flag = column(BOOLEAN, encode="raw", comment="C.")
        day = column(DATE, encode="az64", comment="C.")
        at = column(TIMESTAMP, encode="az64", comment="C.")
        code = column(CHAR(3), encode="zstd", comment="C.")
        name = column(VARCHAR(8), encode="zstd", comment="C.")

    table: sa.Table = Kinds.__table__
    return table


@pytest.fixture
def count(engine: sa.Engine, kinds: sa.Table) -> Callable[[], int]:
    with engine.begin() as connection:
        kinds.create(connection)

    def rows() -> int:
        with engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(kinds)).scalar_one())

    return rows


CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., Path]:
    """Writes a delivery: a header, a good row, and a row for each of the given malformed values."""

    def write(*found: tuple[str, str]) -> Path:
        lines = [",".join(COLUMNS), ",".join(GOOD)]
        for name, value in found:
            row = (value if column == name else good for column, good in zip(COLUMNS, GOOD, strict=True))
            lines.append(",".join(f'"{one}"' for one in row))
        path = tmp_path / "bad.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_value_is_named_and_nothing_lands(
    name: str, kinds: sa.Table, count: Any, own: dict[str, Any], deliver: Any
) -> None:
    path = deliver((name, BAD[name][0]))
    with pytest.raises(CopyFailed) as caught:
        load(kinds, path, prove_keys=False, **own)
    failed = caught.value
    assert (failed.file, failed.line, failed.column) == (str(path), 3, name)
    assert failed.reason and failed.next_step
    assert count() == 0


def test_each_malformed_value_is_set_aside_with_its_place(
    kinds: sa.Table, count: Any, own: dict[str, Any], engine: sa.Engine, deliver: Any
) -> None:
    assert len(CASES) >= 90
    path = deliver(*CASES)
    report = load(kinds, path, prove_keys=False, quarantine=len(CASES), **own)
    with engine.connect() as connection:
        kept = connection.execute(sa.select(LoadQuarantine.__table__)).all()
    places = {row.line: row.column_name for row in kept}
    wrong = {value: places.get(line) for line, (name, value) in enumerate(CASES, start=3) if places.get(line) != name}
    assert wrong == {}
    assert {row.file for row in kept} == {str(path)} and all(row.reason for row in kept)
    assert (report.inserted, report.rejected, len(kept), count()) == (1, len(CASES), len(CASES), 1)


HEADER = ",".join(COLUMNS).encode() + b"\n"
ROW = ",".join(GOOD).encode() + b"\n"


def zipped(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return sink.getvalue()


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def avro(**fields: Any) -> bytes:
    sink = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": "string"} for name in fields]}
    fastavro.writer(sink, schema, [fields])
    return sink.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    "a field too few": (HEADER + ROW + b"1,2,3\n", "line 3"),
    "a field too many": (HEADER + ROW + ROW[:-1] + b",more\n", "line 3"),
    "a quote that does not end": (HEADER + ROW + b'1,2,3,4,5,t,2013-01-01,2013-01-01,a,"x\n', "line 3"),
    "text behind a quote": (HEADER + ROW.replace(b"name", b'"x"y'), "line 2"),
    "an empty line": (HEADER + ROW + b"\n" + ROW, "line 3"),
    "a NUL": (HEADER + ROW.replace(b"name", b"a\0b"), "line 2"),
    "half a character": (HEADER + ROW.replace(b"name", b"a\xc3"), "line 2"),
    "Latin-1": (HEADER + ROW.replace(b"name", "größe".encode("latin-1")), "line 2"),
    "a lone surrogate": (HEADER + ROW.replace(b"name", b"\xed\xa0\x80"), "line 2"),
    "an overlong form": (HEADER + ROW.replace(b"name", b"\xc0\xaf"), "line 2"),
    "UTF-16": (",".join(COLUMNS).encode("utf-16"), "UTF-16"),
    "nothing at all": (b"", "is empty"),
    "another header": (b"a,b\n1,2\n", "the table has no column a, b"),
    "a header with a column twice": (HEADER.replace(b"big", b"id"), "named more than once"),
    "gzip cut short": (gzip.compress(HEADER + ROW * 9999)[:-40], "gzip|unpacked|read to its end|truncated"),
    "gzip with a broken byte": (gzip.compress(HEADER + ROW)[:-6] + b"\0\0\0\0\0\0", "gzip|unpacked|read to its end"),
    "bzip2 cut short": (bz2.compress(HEADER + ROW * 9)[:-9], "unpacked|read to its end"),
    "zstd that is none": (b"\x28\xb5\x2f\xfd" + b"x" * 40, "unpacked|read to its end"),
    "a zip of two files": (zipped(a=HEADER, b=HEADER), "holds 2 files"),
    "a zip of none": (zipped(), "holds 0 files"),
    "a zip cut short": (zipped(a=HEADER + ROW)[:-30], "unpacked|read to its end|not a zip"),
    "Parquet cut short": (parquet(pa.table({"id": [1]}))[:-9], "not a readable Parquet"),
    "Parquet with other columns": (parquet(pa.table({"id": [1], "what": [2]})), "no column what"),
    "Parquet with text for a number": (
        parquet(pa.table({name: ["x" if name == "small" else good] for name, good in zip(COLUMNS, GOOD, strict=True)})),
        "row 1, column small: 'x'",
    ),
    "JSON that breaks off": (b'{"id": 1}\n{"id": \n', "line 2: it is no JSON object"),
    "JSON that is no object": (b'{"id": 1}\n\n[1]\n', "line 3: it is JSON, but no object"),
    "JSON with NaN": (b'{"id": 1}\n{"id": NaN}\n', "line 2: it is no JSON object"),
    "JSON with a new field": (
        b"".join(json.dumps({"id": 1}).encode() + b"\n" for _ in range(1000)) + b'{"id": 2, "extra": 1}\n',
        "line 1001: the field extra is new",
    ),
    "JSON with a value that does not fit": (
        b'{"id": 1, "small": 1}\n\n{"id": 2, "small": 99999}\n', "line 3, column small: 99999"
    ),
    "Avro cut short": (avro(id="1")[:-17], "not a readable Avro"),
    "Avro with a text that is no number": (avro(id="x"), "record 1, column id: 'x'"),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_each_malformed_file_is_named_and_nothing_lands(
    what: str, kinds: sa.Table, count: Any, own: dict[str, Any], tmp_path: Path
) -> None:
    body, said = FILES[what]
    path = tmp_path / "delivery"
    path.write_bytes(body)
    columns = ["id", "small"] if what.startswith("JSON") else ["id"] if what.startswith("Avro") else None
    with pytest.raises((SourceError, CopyFailed), match=said) as caught:
        load(kinds, path, columns=columns, **own)
    assert str(path) in str(caught.value)
    assert caught.value.next_step
    assert count() == 0


# Parquet that COPY reads as it is: its errors know a file and a column at best


GOOD_ROW: dict[str, Any] = {
    "id": 1, "small": 2, "big": 3, "price": Decimal("4.50"), "ratio": 6.7, "flag": True, "day": date(2013, 1, 1),
    "at": datetime(2013, 1, 1, 5), "code": "abc", "name": "name",
}  # fmt: skip
ARROW = pa.schema(
    {
        "id": pa.int32(), "small": pa.int16(), "big": pa.int64(), "price": pa.decimal128(8, 2), "ratio": pa.float64(),
        "flag": pa.bool_(), "day": pa.date32(), "at": pa.timestamp("us"), "code": pa.string(), "name": pa.string(),
    }
)  # fmt: skip


def columnar(rows: int, bad: dict[int, dict[str, Any]]) -> bytes:
    """Parquet with the types of the table: `bad` says by row, counted from 1, what differs in it. Bytes are no text."""
    records = [GOOD_ROW | {"id": row} | bad.get(row, {}) for row in range(1, rows + 1)]
    columns = [pa.array([one[field.name] for one in records], _written(records, field)) for field in ARROW]
    sink = io.BytesIO()
    table = pa.table(columns, names=ARROW.names)
    raw = [name for name, kind in zip(table.schema.names, table.schema.types, strict=True) if kind == pa.binary()]
    for name in raw:  # as a careless writer would have it: bytes that are declared to be text
        text = pa.Array.from_buffers(pa.string(), rows, table[name].combine_chunks().buffers())
        table = table.set_column(table.schema.get_field_index(name), name, text)
    pq.write_table(table, sink)
    return sink.getvalue()


def _written(records: list[dict[str, Any]], field: pa.Field) -> pa.DataType:
    return pa.binary() if any(isinstance(one[field.name], bytes) for one in records) else field.type


# what the row holds -> column, value and reason of the error
UNFIT: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "text of too many bytes": ({"name": "größere"}, "name", "größere", "9 bytes do not fit into character varying(8)"),
    "text with a blank too many": ({"name": "12345678 "}, "name", "12345678 ", "9 bytes do not fit"),
    "a CHAR that is too long": ({"code": "abcd"}, "code", "abcd", "4 bytes do not fit into character(3)"),
    "a CHAR of two bytes": ({"code": "é"}, "code", "é", "CHAR takes ASCII only"),
    "bytes that are no text": ({"name": b"a\xc3"}, "name", "b'a\\xc3'", "it is not UTF-8"),
    "a NULL where there is none": ({"id": None}, "id", "", "the column is NOT NULL"),
}


@pytest.mark.parametrize("what", UNFIT)
@pytest.mark.parametrize("place", ["a local file", "an object in place"])
def test_a_row_of_parquet_that_copy_refuses_is_found(
    what: str, place: str, kinds: sa.Table, count: Any, own: dict[str, Any], tmp_path: Path, stores: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("warehouse.load.frames.BATCH_ROWS", 100)
    bad, column, value, reason = UNFIT[what]
    body = columnar(1000, {777: bad, 778: bad})
    source = str(tmp_path / "bad.parquet")
    if place == "a local file":
        Path(source).write_bytes(body)
    else:
        source = stores.put(f"{own['settings'].stage}/in/bad.parquet", body).uri
    with pytest.raises(CopyFailed) as caught:
        load(kinds, source, **own)
    failed = caught.value
    assert (failed.file, failed.row, failed.line, failed.column, failed.value) == (source, 777, None, column, value)
    assert reason in failed.reason
    assert f"{source}, row 777, column {column} " in str(failed)
    assert failed.next_step.startswith("Nothing was changed.")
    assert isinstance(failed.__cause__, sa.exc.DBAPIError)
    assert count() == 0


def test_the_row_is_looked_for_in_the_file_that_copy_names(
    kinds: sa.Table, count: Any, own: dict[str, Any], stores: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among files of similar names, and in the column that was refused; of two rows the first."""
    prefix = f"{own['settings'].stage}/in/part"
    long, wrong = {"name": "123456789"}, {"name": b"\xff"}
    stores.put(prefix, columnar(20, {}))
    bad = stores.put(f"{prefix} two", columnar(20, {3: {"code": None}, 9: long | {"code": None}, 12: long})).uri
    opened: list[str] = []
    real = ObjectStore.open
    monkeypatch.setattr(ObjectStore, "open", lambda store, uri: opened.append(uri) or real(store, uri))
    with pytest.raises(CopyFailed) as caught:
        load(kinds, f"{prefix}*", **own)
    assert (caught.value.file, caught.value.row, caught.value.column) == (bad, 9, "name")
    assert caught.value.code == 15007
    assert opened[-1] == bad and opened.count(prefix) == opened.count(bad) - 1
    # Where no column is named, an earlier row with another fault is the first one all the same.
    stores.put(f"{prefix} two", columnar(20, {5: {"name": "123456789"}, 9: wrong}))
    with pytest.raises(CopyFailed) as caught:
        upsert(kinds, f"{prefix}*", keys=["small"], **own)
    assert (caught.value.file, caught.value.row) == (bad, 5)
    assert count() == 0


def test_what_cannot_be_found_stays_as_copy_said_it(
    kinds: sa.Table, count: Any, own: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bad.parquet"
    path.write_bytes(columnar(9, {5: {"name": "123456789"}}))

    def broken(*_: Any) -> Any:
        raise OSError("the disk is gone")

    monkeypatch.setattr("warehouse.load.locate.file_rows", broken)
    with pytest.raises(LoadError, match="longer than the length defined in the table") as caught:
        load(kinds, path, **own)
    assert type(caught.value) is LoadError and isinstance(caught.value.__cause__, sa.exc.DBAPIError)
    monkeypatch.setattr("warehouse.load.locate.file_rows", lambda *_: iter(()))
    with pytest.raises(LoadError, match="longer than the length defined in the table"):
        load(kinds, path, **own)
    assert count() == 0


def test_a_row_of_parquet_that_is_refused_before_copy_is_counted_in_its_file(
    kinds: sa.Table, count: Any, own: dict[str, Any], tmp_path: Path
) -> None:
    """Files that are converted on the way: the same file, row and column as where COPY reads them."""
    for name, bad in (("a", {}), ("b", {7: {"small": 99999}})):
        rows = [GOOD_ROW | {"id": row} | bad.get(row, {}) for row in range(1, 11)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    with pytest.raises(SourceError, match=r"b\.parquet, row 7, column small: 99999") as caught:
        load(kinds, f"{tmp_path}/*.parquet", **own)
    failed = caught.value
    assert (failed.source, failed.row, failed.column, failed.value) == (f"{tmp_path}/b.parquet", 7, "small", 99999)
    assert failed.reason and "(rows count from 1)" in failed.next_step
    assert count() == 0


def test_a_record_of_avro_in_place_is_named(
    kinds: sa.Table, count: Any, own: dict[str, Any], stores: ObjectStore
) -> None:
    sink = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": "long"} for name in ("id", "small")]}
    fastavro.writer(sink, schema, [{"id": one, "small": 99999 if one == 3 else one} for one in range(1, 5)])
    source = stores.put(f"{own['settings'].stage}/in/bad.avro", sink.getvalue()).uri
    with pytest.raises(CopyFailed, match=r"bad\.avro, record 3, column small") as caught:
        load(kinds, source, columns=["id", "small"], **own)
    assert (caught.value.file, caught.value.row, caught.value.value) == (source, 3, "99999")
    assert count() == 0


# Names and values that would break out of a statement


nasty = st.text(st.sampled_from("'\"\\;-$%:()*/\n\té€ a") | st.characters(codec="utf-8", exclude_characters="\0"))


def test_no_text_breaks_out_of_a_statement(kinds: sa.Table, own: dict[str, Any], engine: sa.Engine, count: Any) -> None:
    """Through every entry point that takes text: names, options, keys, labels and values stay what they are."""

    @settings(max_examples=6, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(nasty, nasty.map(lambda text: text.encode()[:8].decode(errors="ignore")))
    def run(text: str, value: str) -> None:
        with engine.begin() as connection:
            connection.execute(sa.delete(kinds))
        for attempt in (
            lambda: load(kinds, [{text or "a": 1}], **own),
            lambda: load(kinds, [{"id": 1}], columns=[text], **own),
            lambda: load(kinds, [{"id": 1}], rename={"id": text}, **own),
            lambda: upsert(kinds, [{"id": 1}], columns=["id"], keys=[text or "a"], **own),
            lambda: upsert(kinds, [{"id": 1}], columns=["id"], latest_by=[text or "a"], **own),
            lambda: upsert(kinds, [{"id": 1}], columns=["id"], delete_when=text or "a", **own),
        ):
            with pytest.raises((LoadError, WarehouseError)):
                attempt()
        report = upsert(
            kinds, [{"id": 1, "name": value}], columns=["id", "name"], load_key=text, on_repeat="replay", actor=text,
            options=CopyOptions(), **own,
        )  # fmt: skip
        with engine.connect() as connection:
            assert connection.execute(sa.select(kinds.c.id, kinds.c.name)).all() == [(1, value)]
            log = LoadAudit.__table__
            logged = connection.execute(sa.select(log.c.actor, log.c.load_key).where(log.c.run_id == report.run_id))
            row = logged.one()
        assert (row.actor or "", row.load_key or "") in ((text, text), (row.actor, text))

    run()
    with engine.connect() as connection:
        said = connection.execute(sa.select(LoadAudit.__table__.c.error)).scalars().all()
    for secret in (own["settings"].s3_secret_key, sa.make_url(own["settings"].url).password):
        assert not any(secret in (error or "") for error in said)
        assert secret not in repr(own["settings"])
