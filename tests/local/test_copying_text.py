"""Text files: every way of reading them agrees with every other, and with Python's csv.

What a block becomes is given to the PostgreSQL behind the server, so that its reading is part of the test.
"""

from __future__ import annotations

import csv
import decimal
import io
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from warehouse.local.copying import blocks, text
from warehouse.local.copying.convert import Converter
from warehouse.local.copying.failure import Findings, Rejected, TooManyErrors
from warehouse.local.copying.options import copy_options
from warehouse.local.copying.plain import Malformed, Plain
from warehouse.local.copying.target import QUOTED, Column, Target
from warehouse.local.copying.vectors import Vectors
from warehouse.local.copying.work import NotPlain, Work
from warehouse.local.postgres import SUPERUSER
from warehouse.local.wire.upstream import Upstream, UpstreamError

trials = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def behind(local_server, shared):
    """A connection to PostgreSQL itself."""
    connection = Upstream(Path(local_server["postgres"]), {"user": SUPERUSER, "database": shared})
    yield connection
    connection.close()


ROLE = {"IAM_ROLE": "default"}


def column(name="a", type="varchar", size=0, precision=0, scale=0, not_null=False):
    return Column(name, type, size, precision, scale, not_null, "")


def target(*columns):
    return Target(1, "t", '"t"', columns)


def options(**given):
    return copy_options({**ROLE, **given})


def work(table, how, **more):
    converter = Converter(table, how.conversion, lambda type_, value: None)
    return Work("s3://b/k", table, how, converter, Findings(1), None, **more)


def declared(column):
    size = f"({column.size})" if column.size else f"({column.precision},{column.scale})" if column.precision else ""
    check = f"CHECK (octet_length({column.name}) <= {column.size})" if column.size else ""  # as the catalog has it
    return f"{column.name} {column.type}{size} {'NOT NULL' if column.not_null else ''} {check}"


def stored(behind, table, feeds):
    """The rows that PostgreSQL makes of feeds, as text; None when it refuses them."""
    behind.run(f"BEGIN; CREATE TEMPORARY TABLE t ({', '.join(map(declared, table.columns))}, place serial)")
    try:
        for form, run in groupby(feeds, lambda feed: feed[0]):
            behind.copy_in(table.copy_sql(form), (data for _, data in run))
        listed = ", ".join(f"{column.name}::text" for column in table.columns)
        return behind.rows(f"SELECT {listed} FROM t ORDER BY place")
    except UpstreamError as error:
        assert error.notice.sqlstate[:2] in ("22", "23"), error.notice
        return None
    finally:
        behind.run("ROLLBACK")


def fast(behind, data, table, how):
    """Rows as the usual way stores them; None when PostgreSQL refuses it, so that it is read with care."""
    task = work(table, how)
    try:
        return stored(behind, table, text.read(io.BytesIO(data), task))
    except TooManyErrors:
        ((_, rejected),) = task.findings.rejected
        raise rejected from None


def careful(behind, data, table, how):
    """Rows as the way of single records stores them. Raises the Rejected of the first that does not load."""
    task = work(table, how, careful=True)
    try:
        found = stored(behind, table, text.read(io.BytesIO(data), task))
    except TooManyErrors:
        ((_, rejected),) = task.findings.rejected
        raise rejected from None
    assert found is not None, "PostgreSQL refuses what the converter let through"
    return found


def agreed(behind, data, table, how):
    """The rows, after all ways have agreed on them. Raises Rejected when all ways reject the file."""
    try:
        wanted = careful(behind, data, table, how)
    except Rejected as rejected:
        try:
            assert fast(behind, data, table, how) is None
        except Rejected as too:
            assert (too.code, too.line, too.column) == (rejected.code, rejected.line, rejected.column)
        for way in (as_it_is, in_columns):
            assert way(behind, data, table, how) is None
        raise
    assert fast(behind, data, table, how) in (wanted, None)
    for way in (as_it_is, in_columns):
        assert way(behind, data, table, how) in (wanted, None)
    return wanted


def whole(data, how):
    return [block.data for block in blocks.blocks(io.BytesIO(data), how.layout)]


def as_it_is(behind, data, table, how):
    plain = Plain(table, how.layout, how.conversion)
    try:
        return stored(behind, table, [plain.feed(one) for one in whole(data, how)]) if plain.possible else None
    except NotPlain:
        return None


def in_columns(behind, data, table, how):
    plain, vectors = Plain(table, how.layout, how.conversion), Vectors(table, how.layout, how.conversion)
    if not (plain.possible and vectors.possible):
        return None
    try:
        for one in whole(data, how):
            try:
                plain.feed(one)
            except Malformed:
                return None
            except NotPlain:
                pass
        return stored(behind, table, [(QUOTED, vectors.convert(one)) for one in whole(data, how)])
    except NotPlain:
        return None


def written(rows, **how):
    out = io.StringIO()
    csv.writer(out, **how).writerows(rows)
    return out.getvalue().encode("utf-8")


no_nul = st.characters(codec="utf-8", exclude_characters="\0")
values = st.text(no_nul, max_size=12) | st.text("a,\"\n\r \t|\\N'é", max_size=8)


@settings(trials, max_examples=150)
@given(
    rows=st.lists(st.tuples(values, values | st.just("@@"), values), max_size=6),
    delimiter=st.sampled_from([",", "|", "\t", ";", "\x01"]),
    quote=st.sampled_from(['"', "%", "'"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@example(rows=[("a", " ", '" ,')], delimiter=",", quote='"', quoting=csv.QUOTE_MINIMAL, end="\n")
@example(rows=[("a\r\nb", "\r", "\n")], delimiter=",", quote='"', quoting=csv.QUOTE_MINIMAL, end="\r\n")
def test_what_pythons_csv_writes_is_read_back(behind, rows, delimiter, quote, quoting, end):
    table = target(column("a"), column("b"), column("c"))
    how = options(CSV=True, DELIMITER=delimiter, QUOTE=quote, NULL="@@")
    if end == "\n":  # csv does not quote what ends none of its lines
        rows = [[value.replace("\r", "") for value in row] for row in rows]
    wanted = [[None if value == "@@" else value for value in row] for row in rows]
    data = written(rows, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator=end)
    assert agreed(behind, data, table, how) == wanted


flags = [
    "EMPTYASNULL",
    "BLANKSASNULL",
    "IGNOREBLANKLINES",
    "TRIMBLANKS",
    "TRUNCATECOLUMNS",
    "FILLRECORD",
    "ACCEPTINVCHARS",
]
shapes = {
    "csv": ({"CSV": True}, flags),
    "csv with nulls": ({"CSV": True, "NULL": "a"}, flags),
    "delimited": ({"DELIMITER": ","}, [*flags, "ESCAPE", "REMOVEQUOTES"]),
    "fixed": ({"FIXEDWIDTH": "a:2,b:3"}, flags),
}


@settings(trials, max_examples=300)
@given(
    raw=st.text("aé1 \",\n\r\t|\\'", max_size=25).map(str.encode) | st.binary(max_size=12),
    shape=st.sampled_from(sorted(shapes)),
    more=st.sets(st.sampled_from([*flags, "ESCAPE", "REMOVEQUOTES"]), max_size=3),
    header=st.integers(0, 2),
    types=st.sampled_from([("varchar", "varchar"), ("varchar", "bpchar"), ("int4", "varchar"), ("varchar",)]),
)
@example(raw=b'"a"', shape="csv", more=set(), header=0, types=("varchar",))
@example(raw=b' "a" ,b', shape="csv", more=set(), header=0, types=("varchar", "varchar"))
@example(raw="\ufeffa,b".encode(), shape="csv", more=set(), header=0, types=("varchar", "varchar"))
@example(raw=b"\n\n", shape="csv", more=set(), header=0, types=("varchar",))
@example(raw=b"\\.\n", shape="csv", more=set(), header=0, types=("varchar",))
@example(raw=b"\r\r", shape="delimited", more=set(), header=1, types=("varchar", "varchar"))
@example(raw=b"\r,\r\r", shape="csv", more=set(), header=1, types=("varchar", "varchar"))
@example(raw=b'1,"a\n2,b\n', shape="delimited", more=set(), header=0, types=("int4", "varchar"))
@example(raw=b"a,\nb,\n", shape="delimited", more=set(), header=0, types=("varchar",))
@example(raw=b',""\n', shape="csv", more={"EMPTYASNULL"}, header=0, types=("int4", "varchar"))
def test_all_ways_of_reading_agree_on_any_bytes(behind, raw, shape, more, header, types):
    given_, allowed = shapes[shape]
    how = options(**given_, **dict.fromkeys(more & set(allowed), ""), IGNOREHEADER=header)
    table = target(
        *(column(name, type_, size=0 if type_ == "int4" else 3) for name, type_ in zip("ab", types, strict=False))
    )
    try:
        agreed(behind, raw, table, how)
    except Rejected as rejected:
        assert rejected.reason


numbers = st.text("0123456789+-. ", max_size=7)


@settings(trials, max_examples=150)
@given(cells=st.lists(numbers, min_size=1, max_size=4), scale=st.integers(0, 3), rounded=st.booleans())
@example(cells=[".5"], scale=0, rounded=False)
@example(cells=["1.2.3"], scale=0, rounded=False)
@example(cells=["-.259", "1", "0.25"], scale=2, rounded=False)
@example(cells=["0.001"], scale=2, rounded=False)
@example(cells=["99.95"], scale=1, rounded=True)
def test_decimals_are_cut_alike(behind, cells, scale, rounded):
    table = target(column("a", "numeric", precision=scale + 2, scale=scale), column("b"))
    how = options(CSV=True, **({"ROUNDEC": True} if rounded else {}))
    try:
        found = agreed(behind, written([(cell, "x") for cell in cells]), table, how)
    except Rejected as rejected:
        assert rejected.code in (1204, 1209) and rejected.column == "a"
        return
    quantum = decimal.Decimal(1).scaleb(-scale)
    way = decimal.ROUND_HALF_UP if rounded else decimal.ROUND_DOWN
    wanted = [decimal.Decimal(cell).quantize(quantum, way) if cell.strip() else None for cell in cells]
    assert [row[0] and decimal.Decimal(row[0]) for row in found] == wanted


moments = st.text("0123456789-: .+", min_size=8, max_size=26) | st.datetimes().map(str)


@settings(trials, max_examples=150)
@given(
    type_=st.sampled_from(["date", "timestamp", "timestamptz", "time"]), cells=st.lists(moments, min_size=1, max_size=3)
)
@example(type_="timestamp", cells=["2013-01-31 24:00:00"])
@example(type_="timestamp", cells=["2013-01-31 23:59:60"])
@example(type_="date", cells=["12-31-2013"])
@example(type_="date", cells=["-123-45-67"])
@example(type_="date", cells=["0000-01-01"])
@example(type_="timestamptz", cells=["2013-01-31 01:02:03.5+02:30"])
def test_dates_and_times_are_read_alike(behind, type_, cells):
    table = target(column("a", type_), column("b"))
    try:
        agreed(behind, written([(cell, "x") for cell in cells]), table, options(CSV=True))
    except Rejected as rejected:
        assert rejected.column == "a"


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("bool", ["t", "TRUE", "y", "yes", "1", "F", "false", "n", "NO", "0", " t "], ["on", "off", "tr", "2", "nul"]),
        ("date", ["2013-02-28"], ["2013-02-29", "2013-2-28", "28.02.2013", "2013-02-28x", "now", "infinity"]),
        ("timestamp", ["2013-02-28 23:59:59", "2013-02-28 00:00:00.123456", "2013-02-28"], ["2013-02-28 24:61:00"]),
        ("int2", ["-32768", "32767", "+1", " 7 "], ["32768", "1.0", "1e2", "1_0", "0x1", "٣", "--1", "a"]),
        ("int4", ["2147483647"], ["2147483648", "9" * 30]),
        ("float8", ["1e10", "-.5", "1."], ["1e999", "nan", "inf", "e", "1e"]),
        ("time", ["23:59", "01:02:03.5"], ["24:00:01", "1234"]),
    ],
)
def test_values_of_each_type(behind, type_, good, bad):
    table = target(column("a", type_), column("b"))
    how = options(CSV=True)
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        assert len(agreed(behind, written([(cell, "x") for cell in good], quoting=quoting), table, how)) == len(good)
    for cell in bad:
        with pytest.raises(Rejected) as caught:
            agreed(behind, written([(cell, "x")]), table, how)
        assert (caught.value.line, caught.value.column, caught.value.value) == (1, "a", cell)


def test_plain_blocks_go_as_they_are():
    table = target(
        column("a", "int8"), column("b", "numeric", precision=9, scale=2), column("c", "date"),
        column("d", "bpchar", size=9), column("e", "varchar", size=9), column("f", "timestamp"), column("g", "bool"),
    )  # fmt: skip
    data = b'1,2.50,2013-01-31,x,a "b" c,2013-01-31 01:02:03.5,t\n,,,,,,\n'

    def fed(data, how):
        return Plain(table, how.layout, how.conversion).feed(data)[1]

    for end in (b"\n", b"\r\n"):
        csv_data = data.replace(b'a "b" c', b'"a ""b"", c"').replace(b"\n", end)
        assert fed(csv_data, options(CSV=True)) == csv_data.replace(end, b"\n")
        text_data = data.replace(b",", b"|").replace(b"\n", end)
        assert fed(text_data, options()) == fed(text_data.replace(end, b"|" + end), options())
        assert fed(text_data, options()) == text_data.replace(end, b"\n")


def test_a_value_that_spans_many_lines_is_read_in_linear_time(behind):
    table = target(column("a"), column("b"))
    lines = 60_000
    data = b'"' + b"x\n" * lines + b'",y\n' + b"1,2\n" * 3
    assert agreed(behind, data, table, options(CSV=True)) == [["x\n" * lines, "y"], *[["1", "2"]] * 3]
    with pytest.raises(Rejected) as caught:
        agreed(behind, b'1,2\n"' + b"x\n" * lines, table, options(CSV=True))
    assert caught.value.code == 1216 and caught.value.line == 2


def test_a_quote_that_is_never_closed_does_not_hold_the_rest_of_the_file():
    class Endless(io.RawIOBase):
        read_so_far = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            buffer[:] = (b'1,"' if not self.read_so_far else b"xx\n") + b"x" * (len(buffer) - 3)
            Endless.read_so_far += len(buffer)
            return len(buffer)

    with pytest.raises(Rejected, match="4 MB"):
        list(blocks.blocks(io.BufferedReader(Endless()), options(CSV=True).layout))
    assert Endless.read_so_far < 16 << 20


def test_blocks_that_end_inside_values_are_joined(behind):
    table = target(column("a"), column("b"))
    rows = [[f"{i}\n" + "é" * 700, 'x"y'] for i in range(3000)]
    data = written(rows)
    assert len(data) > 3 * blocks.SIZE
    assert agreed(behind, data, table, options(CSV=True)) == rows
    # Lines are numbered through all blocks.
    with pytest.raises(Rejected) as caught:
        agreed(behind, data + b"1,2,3\n", table, options(CSV=True))
    assert caught.value.line == 2 * len(rows) + 1


# The shape is the first look of Plain; without it each field is looked at, and both say the same.
SHAPED = target(
    column("a", "int8"), column("b", "numeric", precision=9, scale=2), column("c", "date"), column("d", "bool"),
    column("e", "timestamptz"), column("f", "bpchar", size=3), column("g", "float8"), column("h", "varchar", size=9),
)  # fmt: skip
plain_values = (
    ["1", "-2", "", "NA"], ["1.25", ".5", "-3.", "7", "NA"], ["2013-01-31", "", "NA"], ["T", "no", "0", ""],
    ["2013-01-31", "2013-01-31 23:59:59.25+01", ""], ["abc", "", "é", "N A"], ["1e9", "-.5E-3", "NA"],
    ["", "é", "NA", 'a ",b', "a\nb", "a\rb"],
)  # fmt: skip


@settings(trials, max_examples=40)
@given(
    rows=st.lists(st.tuples(*map(st.sampled_from, plain_values)), min_size=1, max_size=4),
    csv_=st.booleans(),
    null=st.sampled_from(["", "NA"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    empty=st.booleans(),
    ended=st.booleans(),
)
@example(
    rows=[("1", one, "NA", "NA", "NA", "NA", "NA", "") for one in ("7", "NA", "1.25")],
    csv_=False, null="NA", quoting=csv.QUOTE_MINIMAL, empty=False, ended=False,
)  # fmt: skip
def test_the_shape_lets_through_what_the_look_at_each_field_does(rows, csv_, null, quoting, empty, ended):
    how = options(
        **({"CSV": True} if csv_ else {"DELIMITER": "|"}), NULL=null, **({"EMPTYASNULL": ""} if empty else {})
    )
    if csv_:
        data = written(rows, quoting=quoting, lineterminator="\n")
    else:
        data = "".join("|".join(row) + ("|\n" if ended else "\n") for row in rows).encode()
    plain = Plain(SHAPED, how.layout, how.conversion)
    settled = plain.shape.settle(data, with_null=bool(null) and null.encode() in data)
    if settled is not None:
        fields = Plain(SHAPED, how.layout, how.conversion)
        fields.shape = None
        assert plain.feed(data) == fields.feed(data) == (fields.feed(data)[0], settled)


@pytest.mark.parametrize("ends", ["\n", "|\n"])
def test_the_shape_takes_plain_rows(ends):
    """Of a load without oddities no field is looked at."""
    lines = ["1|1.25|2013-01-31|t|2013-01-31 10:00:00|abc|1e9|x y", "|.5|||||-1|", "2||||||.5|é"]
    how = options(DELIMITER="|")
    data = "".join(line + ends for line in lines).encode()
    settled = Plain(SHAPED, how.layout, how.conversion).shape.settle(data, with_null=False)
    assert settled == data.replace(b"|\n" if ends == "|\n" else b"\0", b"\n")
    for bad in ("1|1.255||||||", "1||2013-1-31|||||", "24:00|||||||", "|||||é||", "|||||||\r", "|||||||a\0"):
        assert Plain(SHAPED, how.layout, how.conversion).shape.settle((bad + "\n").encode(), with_null=False) is None
