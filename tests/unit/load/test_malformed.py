"""What is malformed is refused with its place, and nothing of the delivery lands: values, files, names."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
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
        "row 0, column small: 'x'",
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
