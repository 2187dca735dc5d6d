"""COPY from Parquet and ORC: AWS copy-usage_notes-copy-from-columnar, ingest-super; Spectrum's words as on clusters."""

from __future__ import annotations

import bz2
import datetime as dt
import decimal
import gzip
import io
import json

import psycopg
import pyarrow as pa
import pyarrow.orc as po
import pyarrow.parquet as pq
import pytest


def parquet(table, **how):
    file = io.BytesIO()
    pq.write_table(table, file, **how)
    return file.getvalue()


def orc(table):
    file = io.BytesIO()
    po.write_table(table, file)
    return file.getvalue()


@pytest.fixture
def copy(pg, stage):
    """Writes `data` as the one object to load, copies it into a table, and returns the table's rows."""

    def run(table, data, parameters="FORMAT AS PARQUET", name="data.parquet"):
        stage.put(name, data)
        pg.execute(f"COPY {table} FROM '{stage.uri}/{name}' IAM_ROLE '{stage.role}' {parameters}")
        return pg.execute(f"SELECT * FROM {table.partition('(')[0]} ORDER BY 1").fetchall()

    return run


EVERY = (
    "CREATE TABLE t (a SMALLINT, b INTEGER, c BIGINT, d REAL, e DOUBLE PRECISION, f DECIMAL(20,3), g BOOLEAN, "
    "h CHAR(3), i VARCHAR(20), j DATE, k TIMESTAMP, l TIMESTAMPTZ)"
)
MOMENT = dt.datetime(2013, 1, 31, 1, 2, 3, 456789)
ROW = (
    -1, 2**31 - 1, -(2**62), 0.25, 1e-300, decimal.Decimal("-12345678901234567.125"), True, "abc", 'é "x", \\ \n\r\t|',
    dt.date(2013, 1, 31), MOMENT, MOMENT.replace(tzinfo=dt.UTC),
)  # fmt: skip
TYPES = (
    pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.decimal128(20, 3), pa.bool_(), pa.string(),
    pa.string(), pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC"),
)  # fmt: skip


def every():
    columns = [pa.array([value, None], kind) for value, kind in zip(ROW, TYPES, strict=True)]
    return pa.table(columns, names=[f"any name {i}" for i in range(len(columns))])


@pytest.mark.parametrize("form", ["parquet 1.0", "parquet 2.6", "parquet int96", "orc"])
def test_every_type(pg, copy, form):
    pg.execute(EVERY)
    how = {"version": form.partition(" ")[2]} if "." in form else {"use_deprecated_int96_timestamps": True}
    data = orc(every()) if form == "orc" else parquet(every(), **how)
    assert copy("t", data, f"FORMAT {form.partition(' ')[0].upper()}") == [ROW, (None,) * len(ROW)]
    label = "ORC" if form == "orc" else "Parquet"
    assert pg.execute(
        "SELECT trim(file_format), lines_scanned FROM stl_load_commits WHERE query = pg_last_copy_id()"
    ).fetchall() == [(label, 2)]


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string()), pa.null()]
)  # fmt: skip
def test_forms_of_strings(pg, copy, kind):
    pg.execute("CREATE TABLE t (a VARCHAR(5))")
    values = [None, None] if pa.types.is_null(kind) else [b"x", None] if pa.types.is_binary(kind) else ["x", None]
    table = pa.table({"a": pa.array(values, kind)})
    assert copy("t", parquet(table)) == [(None if pa.types.is_null(kind) else "x",), (None,)]


@pytest.mark.parametrize(
    ("column", "kind", "shown", "physical"),
    [
        ("INTEGER", pa.int64(), "INT", "optional int64"),
        ("INTEGER", pa.string(), "INT", "optional byte_array"),
        ("SMALLINT", pa.int32(), "SMALLINT", "optional int32"),
        ("BIGINT", pa.int32(), "BIGINT", "optional int32"),
        ("BIGINT", pa.decimal128(20, 0), "BIGINT", "optional fixed_len_byte_array"),
        ("BIGINT", pa.float64(), "BIGINT", "optional double"),
        ("REAL", pa.float64(), "FLOAT", "optional double"),
        ("DOUBLE PRECISION", pa.int64(), "DOUBLE", "optional int64"),
        ("DECIMAL(12,2)", pa.float64(), "DECIMAL(12, 2)", "optional double"),
        ("DECIMAL(12,2)", pa.decimal128(12, 3), "DECIMAL(12, 2)", "optional"),
        ("DECIMAL(12,2)", pa.decimal128(13, 2), "DECIMAL(12, 2)", "optional"),
        ("VARCHAR(9)", pa.int64(), "VARCHAR", "optional int64"),
        ("CHAR(9)", pa.date32(), "CHAR", "optional int32"),
        ("DATE", pa.timestamp("us"), "DATE", "optional int64"),
        ("TIMESTAMP", pa.string(), "TIMESTAMP", "optional byte_array"),
        ("TIMESTAMP", pa.timestamp("ns"), "TIMESTAMP", "optional int64"),
        ("TIME", pa.time64("us"), "TIME", "optional int64"),
        ("BOOLEAN", pa.int32(), "BOOLEAN", "optional int32"),
        ("VARCHAR(9)", pa.list_(pa.int32()), "VARCHAR", "optional group"),
    ],
)
def test_a_column_takes_its_own_form_only(pg, stage, copy, column, kind, shown, physical):
    pg.execute(f"CREATE TABLE t (a INTEGER, b {column})")
    table = pa.table({"first": pa.array([1], pa.int32()), "second": pa.array([None], kind)})
    with pytest.raises(psycopg.errors.InternalError_) as caught:
        copy("t", parquet(table, version="2.6"))
    assert caught.value.diag.message_primary == "Spectrum Scan Error"
    bucket, _, key = stage.uri.removeprefix("s3://").partition("/")
    detail = caught.value.diag.message_detail
    assert (
        f"File 'https://s3.us-east-1.amazonaws.com/{bucket}/{key}/data.parquet' has an incompatible Parquet schema for "
        f"column '{stage.uri}/data.parquet.b'. Column type: {shown}, Parquet schema:\n{physical}"
    ) in detail
    assert "second [i:1 " in detail
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_the_number_of_columns(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(3), c DATE)")
    one = parquet(pa.table({"a": pa.array([1], pa.int32())}))
    with pytest.raises(psycopg.Error, match="Table columns: 3, Data columns: 1, File name: https://"):
        copy("t", one)
    assert copy("t (a)", one) == [(1, None, None)]
    assert copy("t", one, "PARQUET FILLRECORD") == [(1, None, None)] * 2
    four = parquet(pa.table({name: pa.array([None], pa.int32()) for name in "abcd"}))
    with pytest.raises(psycopg.Error, match="Table columns: 3, Data columns: 4"):
        copy("t", four, "PARQUET FILLRECORD")
    pg.execute("CREATE TABLE n (a INTEGER, b INTEGER NOT NULL)")
    with pytest.raises(psycopg.Error, match="Cannot insert a NULL value into column b"):
        copy("n", one, "PARQUET FILLRECORD")


def test_identity_columns(pg, copy):
    pg.execute("CREATE TABLE t (id INTEGER IDENTITY(1,1), a INTEGER)")
    one, two = (parquet(pa.table({n: pa.array([7], pa.int32()) for n in names})) for names in ("a", "ia"))
    copy("t", one)
    with pytest.raises(psycopg.Error, match="Unmatched number of columns"):
        copy("t", two)
    copy("t", two, "PARQUET EXPLICIT_IDS")
    assert pg.execute("SELECT count(*) FROM t WHERE id = 7").fetchone()[0] >= 1


def test_values_that_are_too_long_or_no_text(pg, copy):
    pg.execute("CREATE TABLE t (a VARCHAR(3))")
    with pytest.raises(psycopg.Error, match=r"longer than the length .* table\. Table: 3, Data: 4, File name"):
        copy("t", parquet(pa.table({"a": ["ééé"[:2]]})))
    pg.execute("CREATE TABLE c (a CHAR(3))")
    with pytest.raises(psycopg.Error, match="Multibyte character not supported for CHAR"):
        copy("c", parquet(pa.table({"a": ["é"]})))
    bad = parquet(pa.table({"a": pa.array([b"x\xe4", None], pa.binary())}))
    with pytest.raises(psycopg.Error, match="invalid or unsupported UTF8"):
        copy("t", bad)
    assert copy("t", bad, "PARQUET ACCEPTINVCHARS '^'") == [("x^",), (None,)]
    pg.execute("CREATE TABLE n (a VARCHAR(3) NOT NULL)")
    with pytest.raises(psycopg.Error, match="Cannot insert a NULL value into column a"):
        copy("n", parquet(pa.table({"a": ["x", None]})))


def test_far_days_and_fine_moments(pg, stage):
    pg.execute("CREATE TABLE t (a DATE, b TIMESTAMP)")

    def copy(table, data):
        stage.put("data", data)
        pg.execute(f"COPY {table} FROM '{stage.uri}/data' IAM_ROLE '{stage.role}' PARQUET")

    days, micros = pa.array([-735160], pa.int32()), pa.array([9089380483199999999], pa.int64())
    copy("t", parquet(pa.table([days.cast(pa.date32()), micros.cast(pa.timestamp("us"))], names=["a", "b"])))
    assert pg.execute("SELECT a::VARCHAR, b::VARCHAR FROM t").fetchone() == (
        "0044-03-15 BC", "290000-12-31 23:59:59.999999",
    )  # fmt: skip
    nanos = pa.table([days.cast(pa.date32()), pa.array([1_999], pa.timestamp("ns"))], names=["a", "b"])
    copy("t", parquet(nanos, use_deprecated_int96_timestamps=True))
    assert pg.execute("SELECT b::VARCHAR FROM t WHERE b < '2000-01-01'").fetchone() == ("1970-01-01 00:00:00.000001",)


NESTED = [{"n_name": "ALGERIA", "n_id": decimal.Decimal("1.50")}, {"n_name": 'KE"NYA', "n_id": None}]


@pytest.mark.parametrize("number", [-(1 << 31), (1 << 31) - 1, -(1 << 31) + 10_957, -2_440_589])
@pytest.mark.parametrize("others", ["", ", b SUPER"])
def test_days_that_no_calendar_has(pg, copy, number, others):
    """10,957 days lie between Arrow's first day and PostgreSQL's, whose least number of all means -infinity."""
    pg.execute(f"CREATE TABLE t (a DATE{others})")
    columns = {"a": pa.array([number], pa.int32()).view(pa.date32()), **({"b": pa.array([1])} if others else {})}
    with pytest.raises(psycopg.errors.InternalError_, match="Spectrum Scan Error"):
        copy("t", parquet(pa.table(columns)), "PARQUET SERIALIZETOJSON")
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize(
    ("number", "unit"),
    [(-(1 << 63), "us"), (-(1 << 63) + 946_684_800_000_000, "us"), (-(1 << 63), "ms"), ((1 << 63) - 1, "ms")],
)
def test_moments_that_no_calendar_has(pg, copy, number, unit):
    pg.execute("CREATE TABLE t (a TIMESTAMP)")
    table = pa.table({"a": pa.array([number], pa.int64()).view(pa.timestamp(unit))})
    with pytest.raises(psycopg.errors.InternalError_, match="Spectrum Scan Error"):
        copy("t", parquet(table))
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("form", ["PARQUET", "ORC"])
def test_nested_columns_go_into_super(pg, copy, form):
    pg.execute("CREATE TABLE t (a INTEGER, b SUPER, c SUPER, d SUPER)")
    nation = pa.struct([("n_name", pa.string()), ("n_id", pa.decimal128(9, 2))])
    table = pa.table(
        {
            "a": pa.array([1, 2], pa.int32()),
            "b": pa.array([NESTED, None], pa.list_(nation)),
            "c": pa.array([{"day": dt.date(2013, 1, 31), "n": 0.1, "ok": True}, None]),
            "d": pa.array(["text", None]),
        }
    )
    data = (orc if form == "ORC" else parquet)(table)
    with pytest.raises(psycopg.Error, match="SUPER column in COPY query requires SERIALIZETOJSON option"):
        copy("t", data, form)
    assert copy("t", data, f"{form} SERIALIZETOJSON") == [
        (
            1, '[{"n_name":"ALGERIA","n_id":1.50},{"n_name":"KE\\"NYA","n_id":null}]',
            '{"day":"2013-01-31","n":0.1,"ok":true}', '"text"',
        ),
        (2, None, None, None),
    ]  # fmt: skip
    with pytest.raises(psycopg.Error, match="String value exceeds the max size of 65535 bytes"):
        copy("t (b)", parquet(pa.table({"b": ["x" * 65536]})), "PARQUET SERIALIZETOJSON")


def test_json_by_the_files_own_account_is_parsed(pg, copy):
    pg.execute("CREATE TABLE t (a SUPER)")
    texts = ['{"a": [1.50, "x"]}', None]
    table = pa.table({"a": pa.array(texts, pa.json_(pa.string()))})
    assert copy("t", parquet(table), "PARQUET SERIALIZETOJSON") == [('{"a":[1.50,"x"]}',), (None,)]


def test_compressed_files_say_so_by_their_names(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    data = parquet(pa.table({"a": pa.array([1], pa.int32())}))
    for number, (name, packed) in enumerate(
        [("d.parquet.gz", gzip.compress(data)), ("d.bz2", bz2.compress(data)), ("plain.gz", data)], 1
    ):
        assert len(copy("t", packed, "PARQUET", name)) == number
    with pytest.raises(psycopg.Error, match="not emulated"):
        copy("t", b"packed by hadoop", "PARQUET", "d.snappy")
    with pytest.raises(psycopg.Error, match="not a whole gz file"):
        copy("t", gzip.compress(data)[:-9], "PARQUET", "e.gz")


@pytest.mark.parametrize("form", ["PARQUET", "ORC"])
@pytest.mark.parametrize(
    "parameter",
    ["MAXERROR 5", "ACCEPTANYDATE", "NULL AS 'x'", "GZIP", "DELIMITER ','", "EMPTYASNULL", "NOLOAD", "IGNOREHEADER 1"],
)
def test_parameters_that_columnar_formats_do_not_take(pg, copy, form, parameter):
    pg.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(psycopg.Error):
        copy("t", b"", f"{form} {parameter}")


def test_a_maxerror_of_none_says_what_holds_anyhow(pg, copy):
    """dlt's Redshift destination ends each COPY so, of Parquet too."""
    pg.execute("CREATE TABLE t (a INTEGER)")
    assert copy("t", parquet(pa.table({"a": pa.array([1], pa.int32())})), "PARQUET MAXERROR 0") == [(1,)]


def test_a_manifest_needs_the_length(pg, stage, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    uri = stage.put("x.orc", orc(pa.table({"a": pa.array([1], pa.int32())})))
    (info,) = stage.store.list(uri)
    with pytest.raises(psycopg.Error, match="content_length"):
        copy("t", json.dumps({"entries": [{"url": uri}]}), "ORC MANIFEST", "m")
    manifest = {"entries": [{"url": uri, "mandatory": True, "meta": {"content_length": info.size}}]}
    assert copy("t", json.dumps(manifest), "ORC MANIFEST", "m") == [(1,)]


def test_a_file_of_another_kind(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER)")
    table = pa.table({"a": pa.array([1], pa.int32())})
    with pytest.raises(psycopg.Error, match="is not a Parquet file"):
        copy("t", orc(table))
    with pytest.raises(psycopg.Error, match="is not an ORC file"):
        copy("t", parquet(table), "ORC")
    with pytest.raises(psycopg.Error, match="is not a Parquet file"):
        copy("t", b"neither")


@pytest.mark.parametrize("form", ["PARQUET", "ORC", "CSV"])
def test_varbyte(pg, copy, form):
    pg.execute("CREATE TABLE t (a INTEGER, b VARBYTE(3))")
    table = pa.table({"a": pa.array([1, 2], pa.int32()), "b": pa.array([b"\0\xff", None])})
    data = b"1,00FF\n2,\n" if form == "CSV" else (orc if form == "ORC" else parquet)(table)
    copy("t", data, form)
    assert pg.execute("SELECT a, TO_HEX(b) FROM t ORDER BY a").fetchall() == [(1, "00ff"), (2, None)]
    table = pa.table({"a": pa.array([1], pa.int32()), "b": pa.array([b"1234"])})
    data = b"1,31323334\n" if form == "CSV" else (orc if form == "ORC" else parquet)(table)
    with pytest.raises(psycopg.Error):
        copy("t", data, form)
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="VARBYTE"):
        copy("t", b'{"a": 1, "b": "00"}', "JSON")
