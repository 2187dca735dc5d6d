"""What UNLOAD writes, byte by byte: the examples of AWS r_UNLOAD_command_examples, r_UNLOAD and unload-super."""

from __future__ import annotations

import bz2
import decimal
import gzip
import io
import json

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def unload(pg, stage):
    """Runs UNLOAD of a query, serially, and returns the bytes of its one file."""

    def run(query, parameters=""):
        stage.store.delete([info.uri for info in stage.store.list(f"{stage.uri}/")])
        text = query.replace("\\", "\\\\").replace("'", "''")
        parameters = parameters.replace("\\", "\\\\")
        pg.execute(f"UNLOAD ('{text}') TO '{stage.uri}/u_' IAM_ROLE '{stage.role}' {parameters} PARALLEL OFF")
        (name,) = stage.names()
        return stage.read(f"{stage.uri}/{name}")

    return run


@pytest.fixture
def venue(pg):
    pg.execute(
        "CREATE TABLE venue (venueid INTEGER, venuename VARCHAR(100), venuecity VARCHAR(30), venuestate CHAR(2), "
        "venueseats INTEGER)"
    )
    pg.execute(
        "INSERT INTO venue VALUES (1, 'Pinewood Racetrack', 'Akron', 'OH', 0), "
        "(2, 'Columbus \"Crew\" Stadium', 'Columbus', 'OH', 0), "
        "(4, 'Community, Ballpark, Arena', 'Kansas City', 'KS', 0)"
    )


EVERYTHING = "SELECT * FROM venue ORDER BY venueid"


def test_pipes_by_default(venue, unload):
    assert unload(EVERYTHING) == (
        b"1|Pinewood Racetrack|Akron|OH|0\n"
        b'2|Columbus "Crew" Stadium|Columbus|OH|0\n'
        b"4|Community, Ballpark, Arena|Kansas City|KS|0\n"
    )


def test_csv(venue, unload):
    assert unload(EVERYTHING, "CSV") == (
        b"1,Pinewood Racetrack,Akron,OH,0\n"
        b'2,"Columbus ""Crew"" Stadium",Columbus,OH,0\n'
        b'4,"Community, Ballpark, Arena",Kansas City,KS,0\n'
    )


def test_csv_with_another_delimiter(pg, venue, unload):
    pg.execute("UPDATE venue SET venuename = 'Pinewood Race|track' WHERE venueid = 1")
    assert unload(EVERYTHING, "CSV DELIMITER AS '|'") == (
        b'1|"Pinewood Race|track"|Akron|OH|0\n'
        b'2|"Columbus ""Crew"" Stadium"|Columbus|OH|0\n'
        b"4|Community, Ballpark, Arena|Kansas City|KS|0\n"
    )


def test_json(venue, unload):
    lines = unload(EVERYTHING, "JSON").decode()
    assert lines == (
        '{"venueid":1,"venuename":"Pinewood Racetrack","venuecity":"Akron","venuestate":"OH","venueseats":0}\n'
        '{"venueid":2,"venuename":"Columbus \\"Crew\\" Stadium","venuecity":"Columbus","venuestate":"OH",'
        '"venueseats":0}\n'
        '{"venueid":4,"venuename":"Community, Ballpark, Arena","venuecity":"Kansas City","venuestate":"KS",'
        '"venueseats":0}\n'
    )


def test_fixed_width(pg, venue, unload):
    spec = "venueid:3,venuename:26,venuecity:11,venuestate:2,venueseats:6"
    assert unload(EVERYTHING, f"FIXEDWIDTH AS '{spec}'").decode() == (
        "1  Pinewood Racetrack        Akron      OH0     \n"
        '2  Columbus "Crew" Stadium   Columbus   OH0     \n'
        "4  Community, Ballpark, ArenaKansas CityKS0     \n"
    )
    with pytest.raises(psycopg.Error, match="venuename"):  # nothing is cut
        unload(EVERYTHING, "FIXEDWIDTH 'a:3,b:25,c:11,d:2,e:6'")
    # Characters are counted, not bytes.
    assert unload("SELECT 'Zürich' AS a, 1 AS b", "FIXEDWIDTH 'a:6,b:1'").decode() == "Zürich1\n"


def test_fixed_width_is_what_copy_reads(pg, stage, venue, unload):
    spec = "a:3,b:30,c:12,d:2,e:6"
    unload(EVERYTHING, f"FIXEDWIDTH '{spec}'")
    pg.execute("CREATE TABLE back (LIKE venue)")
    pg.execute(f"COPY back FROM '{stage.uri}/u_' IAM_ROLE '{stage.role}' FIXEDWIDTH '{spec}' TRIMBLANKS")
    assert pg.execute("SELECT * FROM back ORDER BY venueid").fetchall() == pg.execute(EVERYTHING).fetchall()


def test_null_in_fixed_width(pg, unload):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(9))")
    pg.execute("INSERT INTO t VALUES (NULL, NULL)")
    assert unload("SELECT * FROM t", "FIXEDWIDTH 'a:2,b:3'") == b"     \n"
    assert unload("SELECT * FROM t", "FIXEDWIDTH 'a:4,b:5' NULL AS 'fred'") == b"fredfred \n"
    # Too long for a number's field: an empty field; for a string's: an error.
    assert unload("SELECT a FROM t", "FIXEDWIDTH 'a:2' NULL AS 'fred'") == b"  \n"
    with pytest.raises(psycopg.Error, match="NULL AS"):
        unload("SELECT * FROM t", "FIXEDWIDTH 'a:2,b:3' NULL AS 'fred'")


def test_a_header(venue, unload):
    assert unload("SELECT venueid, venuename FROM venue WHERE venueid = 1", "HEADER") == (
        b"venueid|venuename\n1|Pinewood Racetrack\n"
    )
    assert unload('SELECT 1 AS "a,b", 2 AS c', "HEADER CSV") == b'"a,b",c\n1,2\n'
    assert unload('SELECT 1 AS "a,b", 2 AS c', "HEADER DELIMITER ',' ESCAPE") == b"a\\,b,c\n1,2\n"
    assert unload('SELECT 1 AS "a,b", 2 AS c', "HEADER DELIMITER ',' ADDQUOTES") == b'"a,b","c"\n"1","2"\n'


def test_tabs(venue, unload):
    assert unload("SELECT venueid, venuecity FROM venue WHERE venueid = 4", r"DELIMITER AS '\t'") == b"4\tKansas City\n"


def test_null_as(pg, venue, unload):
    pg.execute("UPDATE venue SET venuestate = NULL, venueseats = NULL WHERE venueid = 1")
    query = "SELECT venuecity, venuestate, venueseats FROM venue WHERE venueid = 1"
    assert unload(query) == b"Akron||\n"
    assert unload(query, "NULL AS 'fred'") == b"Akron|fred|fred\n"
    assert unload(query, r"NULL AS '\N'") == b"Akron|\\N|\\N\n"
    assert unload(query, r"NULL AS '\N' ESCAPE") == b"Akron|\\N|\\N\n"
    assert unload(query, "NULL AS 'a|b'") == b"Akron|a|b|a|b\n"
    assert unload(query, "CSV") == b"Akron,,\n"
    assert unload(query, "CSV NULL AS 'fred'") == b"Akron,fred,fred\n"
    assert unload(query, "ADDQUOTES NULL AS 'fred'") == b'"Akron"|fred|fred\n'


@pytest.fixture
def special(pg):
    pg.execute("CREATE TABLE s (n INTEGER, v VARCHAR(40))")
    rows = ["a|b", "back\\slash", "line\nfeed", "re\rturn", "t\tab", "q'u\"o", "\\N", "\b\f\v\x1f", ""]
    pg.cursor().executemany("INSERT INTO s VALUES (%s, %s)", list(enumerate(rows)))
    return rows


def test_without_escape_values_go_out_as_they_are(special, unload):
    assert unload("SELECT v, 1 AS one FROM s ORDER BY n").decode() == "".join(f"{value}|1\n" for value in special)


@pytest.mark.parametrize("delimiter", ["|", ",", "\t"])
def test_escape_puts_a_backslash_before_what_would_be_misread(special, unload, delimiter):
    def escaped(value):
        return "".join("\\" + sign if sign in ("\n", "\r", "\\", delimiter) else sign for sign in value)

    spelled = "\\t" if delimiter == "\t" else delimiter
    found = unload("SELECT v, 1 AS one FROM s ORDER BY n", f"ESCAPE DELIMITER '{spelled}'").decode()
    assert found == "".join(f"{escaped(value)}{delimiter}1\n" for value in special)


def test_addquotes_quotes_every_value(pg, special, unload):
    pg.execute("CREATE TABLE location (id INT, location CHAR(64))")
    pg.execute("INSERT INTO location VALUES (1, 'Phoenix, AZ'), (2, 'San Diego, CA'), (3, 'Chicago, IL')")
    assert unload("SELECT id, location FROM location ORDER BY id", "DELIMITER ',' ADDQUOTES") == (
        b'"1","Phoenix, AZ"\n"2","San Diego, CA"\n"3","Chicago, IL"\n'
    )
    assert unload("SELECT v, n FROM s ORDER BY n", "ADDQUOTES").decode() == "".join(
        f'"{value}"|"{n}"\n' for n, value in enumerate(special)
    )
    signs = ("\n", "\r", "\\", "|", '"', "'")
    assert unload("SELECT v, n FROM s ORDER BY n", "ADDQUOTES ESCAPE").decode() == "".join(
        '"' + "".join("\\" + sign if sign in signs else sign for sign in value) + f'"|"{n}"\n'
        for n, value in enumerate(special)
    )


def test_compressions(venue, unload):
    plain = unload(EVERYTHING, "CSV")
    assert gzip.decompress(unload(EVERYTHING, "CSV GZIP")) == plain
    assert bz2.decompress(unload(EVERYTHING, "CSV BZIP2")) == plain
    assert pa.CompressedInputStream(pa.BufferReader(unload(EVERYTHING, "CSV ZSTD")), "zstd").read() == plain
    assert gzip.decompress(unload(EVERYTHING, "JSON GZIP")) == unload(EVERYTHING, "JSON")


EVERY = (
    "SELECT 1::SMALLINT AS a, 2 AS b, 3::BIGINT AS c, 1.50::DECIMAL(9,2) AS d, 0.25::REAL AS e, 1e300::FLOAT AS f, "
    "true AS g, 'ab'::CHAR(4) AS h, 'x\"y\\\\z' AS i, '2013-01-31'::DATE AS j, "
    "'2013-01-31 01:02:03.5'::TIMESTAMP AS k, "
    "'2013-01-31 01:02:03+02'::TIMESTAMPTZ AS l, '01:02:03'::TIME AS m, '01:02:03+02'::TIMETZ AS n, "
    'JSON_PARSE(\'{"p": [1, "q", null]}\') AS o'
)


def test_every_type_as_text(unload):
    assert unload(EVERY).decode() == (
        '1|2|3|1.50|0.25|1e+300|t|ab|x"y\\z|2013-01-31|2013-01-31 01:02:03.5|2013-01-30 23:02:03+00|01:02:03|'
        '01:02:03+02|{"p":[1,"q",null]}\n'
    )


def test_every_type_as_json(pg, unload):
    assert json.loads(unload(EVERY, "JSON"), parse_float=decimal.Decimal) == {
        "a": 1, "b": 2, "c": 3, "d": decimal.Decimal("1.50"), "e": decimal.Decimal("0.25"),
        "f": decimal.Decimal("1e300"), "g": "t", "h": "ab", "i": 'x"y\\z', "j": "2013-01-31",
        "k": "2013-01-31 01:02:03.5", "l": "2013-01-30 23:02:03+00", "m": "01:02:03", "n": "01:02:03+02",
        "o": {"p": [1, "q", None]},
    }  # fmt: skip
    pg.execute("CREATE TABLE t (a INTEGER, b BOOLEAN, c VARCHAR(9), d SUPER)")
    pg.execute("INSERT INTO t (a) VALUES (NULL)")
    assert unload("SELECT * FROM t", "JSON") == b'{"a":null,"b":null,"c":null,"d":null}\n'


def test_every_type_as_parquet(unload):
    table = pq.read_table(io.BytesIO(unload(EVERY, "PARQUET")))
    assert [str(kind) for kind in table.schema.types] == [
        "int16", "int32", "int64", "decimal128(9, 2)", "float", "double", "bool", "string", "string", "date32[day]",
        "timestamp[us]", "timestamp[us]", "time64[us]", "string", "extension<arrow.json>",
    ]  # fmt: skip
    row = [str(value) for value in table.to_pylist()[0].values()]
    assert row == [
        "1", "2", "3", "1.50", "0.25", "1e+300", "True", "ab  ", 'x"y\\z', "2013-01-31", "2013-01-31 01:02:03.500000",
        "2013-01-30 23:02:03", "01:02:03", "01:02:03+02", '{"p":[1,"q",null]}',
    ]  # fmt: skip


def test_super_is_json_and_knows_no_null_marker(pg, unload):
    pg.execute("CREATE TABLE t (a INTEGER, b SUPER)")
    pg.execute('INSERT INTO t SELECT 1, JSON_PARSE(\'{"x": [1, {"y": "a,b"}]}\')')
    pg.execute("INSERT INTO t (a) VALUES (2)")
    query = "SELECT a, b FROM t ORDER BY a"
    assert unload(query, "NULL AS 'N'") == b'1|{"x":[1,{"y":"a,b"}]}\n2|null\n'
    assert unload(query, "CSV") == b'1,"{""x"":[1,{""y"":""a,b""}]}"\n2,null\n'
    assert unload(query, "JSON") == b'{"a":1,"b":{"x":[1,{"y":"a,b"}]}}\n{"a":2,"b":null}\n'


def test_a_computed_number_has_the_scale_of_its_values(pg, unload):
    pg.execute("CREATE TABLE t (a DECIMAL(9,2), b DECIMAL(6,3))")
    pg.execute("INSERT INTO t VALUES (1.25, 0.125), (100, 2), (NULL, NULL)")
    table = pq.read_table(io.BytesIO(unload("SELECT SUM(a) AS s, SUM(a * b) AS p FROM t", "PARQUET")))
    assert [str(kind) for kind in table.schema.types] == ["decimal128(38, 2)", "decimal128(38, 5)"]
    assert table.to_pylist() == [{"s": decimal.Decimal("101.25"), "p": decimal.Decimal("200.15625")}]
    table = pq.read_table(io.BytesIO(unload("SELECT SUM(a) AS s FROM t WHERE a IS NULL", "PARQUET")))
    assert table.to_pylist() == [{"s": None}]


def test_text_loses_digits_of_a_float_and_parquet_does_not(unload):
    """r_UNLOAD, "Loss of floating-point precision"."""
    query = "SELECT 0.1::FLOAT + 0.2 AS a"
    assert unload(query) == b"0.3\n"
    assert pq.read_table(io.BytesIO(unload(query, "PARQUET"))).to_pylist() == [{"a": 0.1 + 0.2}]
    assert unload(query) == b"0.3\n"


def test_dates_beyond_four_digits(unload):
    query = "SELECT '0044-03-15 BC'::DATE AS a, '290000-12-31 23:59:59.999999'::TIMESTAMP AS b"
    table = pq.read_table(io.BytesIO(unload(query, "PARQUET")))
    assert table.column("a").cast(pa.int32()).to_pylist() == [-735160]
    assert table.column("b").cast(pa.int64()).to_pylist() == [9089380483199999999]


def test_columns_without_names_and_with_the_same_name(unload):
    assert unload("SELECT 1 AS a, 2 AS a, 'x'::CHAR(3) AS a", "CSV HEADER") == b"a,a,a\n1,2,x\n"


def test_varbyte_is_hexadecimal_in_text(pg, stage, unload):
    pg.execute("CREATE TABLE t (a INTEGER, b VARBYTE(3))")
    pg.execute("INSERT INTO t VALUES (1, FROM_HEX('00ff')), (2, NULL), (3, FROM_HEX(''))")
    query = "SELECT a, b FROM t ORDER BY a"
    assert unload(query) == b"1|00ff\n2|\n3|\n"
    assert unload(query, "CSV NULL AS '@'") == b"1,00ff\n2,@\n3,\n"
    assert unload(query, "ADDQUOTES NULL AS '@'") == b'"1"|"00ff"\n"2"|@\n"3"|""\n'
    for form in ("PARQUET", "JSON", "FIXEDWIDTH 'a:1,b:6'"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="only supported to text or CSV"):
            unload(query, form)
