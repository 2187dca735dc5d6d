"""COPY from Avro: AWS copy-parameters-data-format (AVRO), r_COPY_command_examples."""

from __future__ import annotations

import decimal
import io
import json
import zlib

import fastavro
import psycopg
import pyarrow as pa
import pytest


@pytest.fixture
def copy(pg, stage):
    """Writes `data` as the one object to load, copies it into a table, and returns the table's rows."""

    def run(table, data, parameters="FORMAT AS AVRO 'auto'"):
        stage.put("data.avro", data)
        pg.execute(f"COPY {table} FROM '{stage.uri}/data' IAM_ROLE '{stage.role}' {parameters}")
        return pg.execute(f"SELECT * FROM {table.partition('(')[0]} ORDER BY 1").fetchall()

    return run


def avro(fields, records, codec="null", **more):
    file = io.BytesIO()
    schema = {"name": "category", "type": "record", "fields": [{"name": n, "type": t} for n, t in fields.items()]}
    fastavro.writer(file, schema, records, codec=codec, **more)
    return file.getvalue()


ROWS = [
    (1, "Sports", "MLB", "Major League Baseball"),
    (2, "Sports", "NHL", "National Hockey League"),
    (3, "Concerts", "Classical", "All symphony, concerto, and choir concerts"),
]


@pytest.fixture
def category(pg):
    pg.execute("CREATE TABLE category (catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50))")


def records(*names):
    places = {"catid": 0, "catgroup": 1, "catname": 2, "catdesc": 3}
    return [{name: row[places[name.lower()]] for name in names} for row in ROWS]


SCHEMA = {"catid": "int", "catdesc": "string", "catname": "string", "catgroup": "string"}


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_auto(category, copy, codec):
    assert copy("category", avro(SCHEMA, records(*SCHEMA), codec)) == ROWS


def test_snappy(category, copy):
    """The block is made here: the library that fastavro would compress with is not needed to read."""
    head = avro(SCHEMA, [])
    sync = head[-16:]
    block = io.BytesIO()
    schema = {"name": "c", "type": "record", "fields": [{"name": n, "type": t} for n, t in SCHEMA.items()]}
    for record in records(*SCHEMA):
        fastavro.schemaless_writer(block, schema, record)
    packed = pa.compress(block.getvalue(), codec="snappy", asbytes=True) + zlib.crc32(block.getvalue()).to_bytes(4)
    sizes = io.BytesIO()
    for number in (len(ROWS), len(packed)):
        fastavro.schemaless_writer(sizes, "long", number)
    head = head.replace(b"\x14avro.codec\x08null", b"\x14avro.codec\x0csnappy")
    assert b"snappy" in head
    assert copy("category", head + sizes.getvalue() + packed + sync) == ROWS


def test_case(category, copy):
    names = {"CatID": "int", "CatDesc": "string", "CatName": "string", "CatGroup": "string"}
    assert copy("category", avro(names, records(*names)), "AVRO 'auto ignorecase'") == ROWS
    assert copy("category", avro(names, records(*names)), "AVRO")[-1] == (None,) * 4


def test_paths(category, stage, copy):
    stage.put("paths", json.dumps({"jsonpaths": ["$['id']", "$['group']", "$['name']", "$['desc']"]}))
    names = {"id": "int", "desc": "string", "name": "string", "group": "string", "region": "string"}
    data = [{"id": a, "group": b, "name": c, "desc": d, "region": "x"} for a, b, c, d in ROWS]
    assert copy("category", avro(names, data), f"FORMAT AVRO '{stage.uri}/paths'") == ROWS


FRIENDS = {
    "type": "array",
    "items": {
        "name": "friends_record",
        "type": "record",
        "fields": [{"name": "id", "type": "int"}, {"name": "name", "type": "string"}],
    },
}


def test_paths_into_arrays_and_records(pg, stage, copy):
    pg.execute("CREATE TABLE t (id INTEGER, guid VARCHAR(9), friend INTEGER, friends VARCHAR(99), tags SUPER)")
    stage.put("paths", json.dumps({"jsonpaths": ["$.id", "$.guid", "$.friends[0].id", "$.friends", "$.tags"]}))
    fields = {"id": "int", "guid": "string", "friends": FRIENDS, "tags": {"type": "array", "items": "string"}}
    data = avro(fields, [{"id": 1, "guid": "g", "friends": [{"id": 7, "name": 'a"b'}], "tags": ["x", "y"]}])
    text = '[{"id":7,"name":"a\\"b"}]'
    assert copy("t", data, f"AVRO '{stage.uri}/paths'") == [(1, "g", 7, text, '["x","y"]')]
    empty = avro(fields, [{"id": 1, "guid": "g", "friends": [], "tags": []}])
    with pytest.raises(psycopg.Error, match="stl_load_errors"):
        copy("t", empty, f"AVRO '{stage.uri}/paths'")
    reason = pg.execute("SELECT trim(err_reason) FROM stl_load_errors WHERE query = pg_last_copy_id()").fetchone()
    assert reason == ("Invalid JSONPath format: Not an array or index out of range.",)


def test_types(pg, copy):
    pg.execute(
        "CREATE TABLE t (a BOOLEAN, b BIGINT, c REAL, d DOUBLE PRECISION, e VARCHAR(9), f VARCHAR(9), g VARCHAR(9), "
        "h DECIMAL(9,2), i VARCHAR(9), j VARCHAR(40), k SUPER)"
    )
    fields = {
        "a": "boolean", "b": "long", "c": "float", "d": "double", "e": "bytes", "f": ["null", "string"],
        "g": {"type": "enum", "name": "suit", "symbols": ["SPADES", "HEARTS"]}, "h": "string",
        "i": {"type": "fixed", "name": "two", "size": 2}, "j": {"type": "map", "values": "int"}, "k": ["null", "int"],
    }  # fmt: skip
    data = [
        {"a": True, "b": 2**62, "c": 0.25, "d": 1e-300, "e": b"ab\xe9", "f": None, "g": "HEARTS", "h": "1.50",
         "i": b"xy", "j": {"m": 1}, "k": 5},
    ]  # fmt: skip
    assert copy("t", avro(fields, data)) == [
        (True, 2**62, 0.25, 1e-300, "abé", None, "HEARTS", decimal.Decimal("1.50"), "xy", '{"m":1}', "5")
    ]


def test_logical_types_are_their_basic_types(pg, copy):
    pg.execute("CREATE TABLE t (a TIMESTAMP, b BIGINT)")
    millis = {"type": "long", "logicalType": "timestamp-millis"}
    data = avro({"a": millis, "b": millis}, [{"a": 1359594123456, "b": 1359594123456}])
    found = copy("t", data, "AVRO 'auto' TIMEFORMAT 'epochmillisecs'")
    assert [(str(a), b) for a, b in found] == [("2013-01-31 01:02:03.456000", 1359594123456)]


def test_a_record_that_does_not_fit(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(2))")
    data = avro({"a": "int", "b": "string"}, [{"a": 1, "b": "ok"}, {"a": 2, "b": "long"}, {"a": 3, "b": "ok"}])
    with pytest.raises(psycopg.Error, match="stl_load_errors"):
        copy("t", data)
    found = pg.execute(
        "SELECT line_number, trim(colname), err_code, trim(err_reason) FROM stl_load_errors "
        "WHERE query = pg_last_copy_id()"
    ).fetchall()
    assert found == [(2, "b", 1204, "String length exceeds DDL length")]
    assert copy("t", data, "AVRO MAXERROR 2") == [(1, "ok"), (3, "ok")]


def test_files_that_are_refused(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    whole = avro({"a": "int"}, [{"a": 1}] * 100)
    for broken in (b"no avro", b"", whole[:-5], whole[:20], whole[:-40] + b"x" * 40):
        with pytest.raises(psycopg.Error):
            copy("t", broken)
        reason = pg.execute("SELECT trim(err_reason) FROM stl_load_errors WHERE query = pg_last_copy_id()").fetchone()
        assert reason == ("Invalid AVRO file found.",)
    with pytest.raises(psycopg.Error, match="codec bzip2"):
        copy("t", avro({"a": "int"}, [{"a": 1}], "bzip2"))
    array = io.BytesIO()
    fastavro.writer(array, {"type": "array", "items": "int"}, [[1]])
    with pytest.raises(psycopg.Error, match="must be record"):
        copy("t", array.getvalue())
    long = avro({"a": "int", "b": "string"}, [{"a": 1, "b": "x" * (4 << 20)}])
    with pytest.raises(psycopg.Error, match="block of the AVRO file exceeds"):
        copy("t", long)
    wide = avro({"a": "int", **{f"c{i}": "int" for i in range(40_000)}}, [])
    with pytest.raises(psycopg.Error, match="header of the AVRO file exceeds"):
        copy("t", wide)
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)
