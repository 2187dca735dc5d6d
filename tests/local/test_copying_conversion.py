"""COPY's conversion parameters, through a client: AWS copy-parameters-data-conversion and the pages it leads to."""

from __future__ import annotations

import bz2
import datetime as dt
import decimal

import psycopg
import pyarrow as pa
import pytest


@pytest.fixture
def load(pg, stage):
    """load(table definition, file, parameters) -> the rows; `pg.told` are the notices of the last COPY."""
    told = []
    pg.add_notice_handler(lambda notice: told.append(notice.message_primary))

    def run(columns, data, parameters, listed=""):
        pg.execute("DROP TABLE IF EXISTS t")
        pg.execute(f"CREATE TABLE t ({columns})")
        told.clear()
        uri = stage.put("file", data)
        pg.execute(f"COPY t {listed} FROM '{uri}' IAM_ROLE '{stage.role}' {parameters}")
        return pg.execute("SELECT * FROM t").fetchall()

    run.told = told
    return run


def errors(pg):
    return pg.execute(
        "SELECT line_number, trim(colname), err_code, trim(err_reason), trim(raw_field_value) FROM stl_load_errors "
        "WHERE query = pg_last_copy_id() ORDER BY line_number"
    ).fetchall()


def test_escape(load):
    # The four records of AWS's page on ESCAPE.
    data = (
        "1|The quick brown fox\\\njumped over the lazy dog.\n2| A\\\\B\\\\C\n3| A \\| B \\| C\n"
        "4| 'A Midsummer Night\\'s Dream'\n5|\\N\n6|\\\\N\n7|\\012\n"
    )
    wanted = [
        (1, "The quick brown fox\njumped over the lazy dog."), (2, " A\\B\\C"), (3, " A | B | C"),
        (4, " 'A Midsummer Night's Dream'"), (5, None), (6, None), (7, "012"),
    ]  # fmt: skip
    assert load("a INT, b VARCHAR(60)", data, "ESCAPE") == wanted
    quoted = "4|'A Midsummer Night\\'s Dream'\n5|'a|b'\n"
    assert load("a INT, b VARCHAR(60)", quoted, "ESCAPE REMOVEQUOTES") == [(4, "A Midsummer Night's Dream"), (5, "a|b")]


def test_fixed_width(pg, load):
    data = (
        "1  Toyota Park              Bridgeview  IL0\n2  Columbus Crew Stadium    Columbus    OH0\n"
        "5  Gillette Stadium         Foxborough  MA68756\n"
    )
    columns = "venueid INT, venuename VARCHAR(25), venuecity VARCHAR(12), venuestate CHAR(2), venueseats INT"
    spec = "FIXEDWIDTH 'venueid:3,venuename:25,venuecity:12,venuestate:2,venueseats:6'"
    found = load(columns, data, spec)
    assert [(row[0], row[1].rstrip(), row[2].rstrip(), *row[3:]) for row in found] == [
        (1, "Toyota Park", "Bridgeview", "IL", 0), (2, "Columbus Crew Stadium", "Columbus", "OH", 0),
        (5, "Gillette Stadium", "Foxborough", "MA", 68756),
    ]  # fmt: skip
    # Widths count characters.
    assert load("a VARCHAR(9), b VARCHAR(9)", "ééxy\n", "FIXEDWIDTH '0:2, 1 :2'") == [("éé", "xy")]
    # The log file of AWS's tutorial: every line tells its first column.
    load("c_custkey INT, c_name VARCHAR(25)", "#Load file\nComplete\n", "FIXEDWIDTH 'a:10, b:25' MAXERROR 10")
    assert errors(pg) == [
        (1, "c_custkey", 1207, "Invalid digit, Value '#', Pos 0, Type: Integer", "#Load file"),
        (2, "c_custkey", 1207, "Invalid digit, Value 'C', Pos 0, Type: Integer", "Complete"),
    ]
    assert load.told == [
        "Load into table 't' completed, 0 record(s) loaded successfully.",
        "Load into table 't' completed, 2 record(s) could not be loaded.  Check 'stl_load_errors' system table for "
        "details.",
    ]


def test_nul_ends_a_record_unless_it_stands_for_null(pg, load):
    columns = "p_partkey INT, p_name VARCHAR(20), p_mfgr VARCHAR(20), p_category VARCHAR(9)"
    data = "15,NUL next,\0,MFGR#47\n16,x,y,z\n"
    for null in (r"\000", r"\0"):
        assert load(columns, data, f"CSV NULL AS '{null}'") == [(15, "NUL next", None, "MFGR#47"), (16, "x", "y", "z")]
    with pytest.raises(psycopg.errors.InternalError_):
        load(columns, data, "CSV")
    ((line, column, _, reason, value),) = errors(pg)
    assert (line, column, value) == (1, "", "")
    assert reason.startswith("Missing newline: Unexpected character 0x2c f")
    with pytest.raises(psycopg.errors.InternalError_):
        load(columns, "1,a\0,b,c\n", r"CSV NULL AS '\0'")
    assert errors(pg)[0][:3] == (1, "p_name", 1218)


@pytest.mark.parametrize(
    ("parameters", "data", "wanted"),
    [
        ("TRIMBLANKS", "a \t|b \n", ("a", "b    ")),
        ("TRUNCATECOLUMNS", "ééé|abcdefg\n", ("éé", "abcde")),
        ("FILLRECORD", "\n", ("", None)),
        ("FILLRECORD EMPTYASNULL", "\n", (None, None)),
        ("NULL AS '\\N'", "\\N|x\n", (None, "x    ")),
        ("ACCEPTINVCHARS", b"a\xffb\xe9|x\n", ("a?b?", "x    ")),
        ("ACCEPTINVCHARS AS '^'", b"\xe0\xa1|x\n", ("^^", "x    ")),
        ("", "a|x|\n", ("a", "x    ")),  # a delimiter may end the last field
    ],
)
def test_strings(load, parameters, data, wanted):
    assert load("a VARCHAR(4), b CHAR(5)", data, parameters) == [wanted]


def test_replaced_characters_are_counted(load):
    load("a VARCHAR(9)", b"a\xff\nb\nc\xfe\xfe\n", "ACCEPTINVCHARS")
    assert load.told[1] == (
        "Load into table 't' completed, 2 record(s) were loaded with replacements made for ACCEPTINVCHARS.  "
        "Check 'stl_replacements' system table for details."
    )


def test_decimals_are_cut_and_rounded_when_asked(load):
    number = decimal.Decimal
    data = "20.259\n-20.259\n999999.999\n"
    assert load("a DECIMAL(8,2)", data, "") == [(number("20.25"),), (number("-20.25"),), (number("999999.99"),)]
    assert load("a DECIMAL(8,2)", data, "ROUNDEC MAXERROR 2") == [(number("20.26"),), (number("-20.26"),)]


@pytest.mark.parametrize(
    ("parameters", "value", "wanted"),
    [
        ("DATEFORMAT 'MM/DD/YYYY'", "03/31/2003", dt.date(2003, 3, 31)),
        ("DATEFORMAT AS 'MON DD, YYYY'", "March 31, 2003", dt.date(2003, 3, 31)),
        ("DATEFORMAT 'MON-DD-YYYY'", "Jan-01-1999", dt.date(1999, 1, 1)),
        ("DATEFORMAT 'DDMMYY'", "310103", dt.date(2003, 1, 31)),
        ("DATEFORMAT 'MM.DD.YYYY HH:MI:SS'", "03.31.2003 18:45:05", dt.date(2003, 3, 31)),
        ("", "2003-03-31 18:45:05", dt.date(2003, 3, 31)),
        ("DATEFORMAT 'auto'", "J2451187", dt.date(1999, 1, 8)),
        ("DATEFORMAT 'auto'", "19960108 040809", dt.date(1996, 1, 8)),
        ("DATEFORMAT 'auto'", "960108 040809", dt.date(1996, 1, 8)),
        ("DATEFORMAT 'auto'", "1996.008", dt.date(1996, 1, 8)),
        ("DATEFORMAT 'auto'", "January 12, 1992", dt.date(1992, 1, 12)),
        ("DATEFORMAT 'auto'", "1992-01-04          ", dt.date(1992, 1, 4)),
        ("DATEFORMAT 'MM/DD/YYYY' ACCEPTANYDATE", "00/00/0000", None),
        ("DATEFORMAT 'auto' ACCEPTANYDATE", "now", None),
    ],
)
def test_dates(load, parameters, value, wanted):
    assert load("a DATE, b INT", f"{value}|1\n", parameters) == [(wanted, 1)]


MOMENT = dt.datetime(1997, 12, 17, 7, 37, 16)


@pytest.mark.parametrize(
    ("parameters", "value", "wanted"),
    [
        ("", "2009-01-12 14:15:57.119568", dt.datetime(2009, 1, 12, 14, 15, 57, 119568)),
        (
            "TIMEFORMAT 'YYYY-MM-DD HH:MI:SS'",
            "2009-01-12 14:15:57.119568",
            dt.datetime(2009, 1, 12, 14, 15, 57, 119568),
        ),
        ("TIMEFORMAT 'MM.DD.YYYY HH:MI:SS'", "03.31.2003 18:45:05.123456", dt.datetime(2003, 3, 31, 18, 45, 5, 123456)),
        ("TIMEFORMAT 'MON DD YYYY HH12:MI:SS AM'", "mar 1 2003 12:45:05 pm", dt.datetime(2003, 3, 1, 12, 45, 5)),
        ("TIMEFORMAT 'epochsecs'", "1370000000", dt.datetime(2013, 5, 31, 11, 33, 20)),
        ("TIMEFORMAT 'epochmillisecs'", "1370000000123", dt.datetime(2013, 5, 31, 11, 33, 20, 123000)),
        ("TIMEFORMAT 'auto'", "2019-02-11T05:09:12.195Z", dt.datetime(2019, 2, 11, 5, 9, 12, 195000)),
        ("TIMEFORMAT 'auto'", "J2345678 04:05:06.789", dt.datetime(1710, 2, 23, 4, 5, 6, 789000)),
        ("TIMEFORMAT 'auto'", "17 Dec 07:37:16 1997 PST", MOMENT),
        ("TIMEFORMAT 'auto'", "12/17/1997 07:37:16.00 PST", MOMENT),
        ("TIMEFORMAT 'auto'", "1997-12-17 07:37:16-08", MOMENT),
        ("TIMEFORMAT 'auto'", "12.17.1997 07:37:16.00 PST", MOMENT),
        ("TIMEFORMAT 'MM/DD/YY' ACCEPTANYDATE", "00/00/00 00:00:00", None),
    ],
)
def test_timestamps(load, parameters, value, wanted):
    assert load("a TIMESTAMP, b INT", f"{value}|1\n", parameters) == [(wanted, 1)]


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        ("TIMEFORMAT 'auto'", "1370000000"),
        ("TIMEFORMAT 'auto'", "now"),
        ("TIMEFORMAT 'auto'", "infinity"),
        ("TIMEFORMAT 'epochsecs'", "2013-01-01"),
        ("TIMEFORMAT 'HH:MI:SS MM/DD/YYYY'", "01:02:03 13/01/2003"),
        ("", "2013-02-30 00:00:00"),
    ],
)
def test_no_timestamps(pg, load, parameters, value):
    with pytest.raises(psycopg.errors.InternalError_):
        load("a TIMESTAMP, b INT", f"{value}|1\n", parameters)
    assert errors(pg)[0][:3] == (1, "a", 1206)


def compressed(name):
    def by(data):
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, name) as out:
            out.write(data)
        return sink.getvalue().to_pybytes()

    return by


@pytest.mark.parametrize(
    ("word", "by"), [("BZIP2", bz2.compress), ("ZSTD", compressed("zstd")), ("GZIP", compressed("gzip"))]
)
def test_compressions(load, word, by):
    first, second = b"1,a\n" * 50_000, b"2,b\n3,c"
    found = load("a INT, b VARCHAR(2)", by(first) + by(second), f"CSV {word}")
    assert len(found) == 50_002 and found[-1] == (3, "c")
    with pytest.raises(psycopg.Error, match="is not a whole"):
        load("a INT, b VARCHAR(2)", by(first)[:-9], f"CSV {word}")


@pytest.mark.parametrize(
    ("word", "codec"),
    [
        ("UTF16", "utf-16"),
        ("UTF16LE", "utf-16-le"),
        ("UTF16BE", "utf-16-be"),
        ("UTF16LE", "utf-16"),
        ("ISO88591", "latin-1"),
    ],
)
def test_encodings(load, word, codec):
    assert load("a INT, b VARCHAR(9)", "1|é\n2|x\n".encode(codec), f"ENCODING {word}") == [(1, "é"), (2, "x")]


def test_a_file_in_another_encoding_is_skipped(pg, load):
    assert load("a INT", "1\n".encode("utf-16-be"), "ENCODING UTF16 MAXERROR 2") == []
    assert errors(pg)[0][2] == 1221


def test_super_from_text(pg, load):
    data = '1|{"a": [1, "x"], "b": 1.50}\n2|[true]\n3|\n'
    load("a INT, b SUPER", data, "")
    found = pg.execute("SELECT a, b.a[1], JSON_SERIALIZE(b) FROM t ORDER BY 1").fetchall()
    assert found == [(1, '"x"', '{"a":[1,"x"],"b":1.50}'), (2, None, "[true]"), (3, None, None)]
    with pytest.raises(psycopg.errors.InternalError_):
        load("a INT, b SUPER", "1|{nope\n", "")
    assert errors(pg)[0][:3] == (1, "b", 1224)


# --- MAXERROR, IGNOREALLERRORS, NOLOAD -----------------------------------------------------------------------------


def test_maxerror_fails_when_so_many_are_reached(pg, stage, load):
    data = "1\nx\n2\ny\n3\n"
    assert load("a INT", data, "MAXERROR 3") == [(1,), (2,), (3,)]
    assert load.told == [
        "Load into table 't' completed, 3 record(s) loaded successfully.",
        "Load into table 't' completed, 2 record(s) could not be loaded.  Check 'stl_load_errors' system table for "
        "details.",
    ]
    assert [row[0] for row in errors(pg)] == [2, 4]
    assert pg.execute("SELECT pg_last_copy_count()").fetchone() == (3,)
    for most, told in ((2, [2, 4]), (1, [2]), (0, [2])):
        with pytest.raises(psycopg.errors.InternalError_, match="failed"):
            load("a INT", data, f"MAXERROR {most}")
        assert [row[0] for row in errors(pg)] == told
        assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert pg.execute("SELECT pg_last_copy_count()").fetchone() == (0,)
    assert load("a INT", data, "IGNOREALLERRORS") == [(1,), (2,), (3,)]


def test_noload_checks_and_loads_nothing(pg, load):
    assert load("a INT", "1\n2\n", "NOLOAD") == []
    with pytest.raises(psycopg.errors.InternalError_):
        load("a INT", "1\nx\n", "NOLOAD")
    assert errors(pg)[0][:3] == (2, "a", 1207)
