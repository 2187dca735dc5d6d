"""Text files without a server: reading in blocks and reading row by row agree, and both agree with Python's csv."""

from __future__ import annotations

import csv
import decimal
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.local.copying import text
from warehouse.local.copying.convert import Converter
from warehouse.local.copying.failure import Findings, Rejected, TooManyErrors
from warehouse.local.copying.options import copy_options
from warehouse.local.copying.target import Column, Target
from warehouse.local.copying.work import NotPlain, Work

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


def in_blocks(data, table, how):
    """Rows as PostgreSQL will read them from what the fast path writes; None when it leaves the file to the other."""
    try:
        return parsed(text.read(io.BytesIO(data), work(table, how)))
    except NotPlain:
        return None


def parsed(feeds):
    """What PostgreSQL reads of feeds."""
    written = b"".join(data for _, data in feeds).decode("utf-8")
    found, at = [], 0
    row = []
    while at < len(written):  # a quoted value or nothing, then a comma or the end of the line
        value = None
        if written[at] == '"':
            end = at + 1
            value = ""
            while True:
                close = written.index('"', end)
                value += written[end:close]
                end = close + 1
                if written[end : end + 1] != '"':
                    break
                value += '"'
                end += 1
            at = end
        row.append(value)
        if written[at] == "\n":
            found.append(row)
            row = []
        else:
            assert written[at] == ",", written[at:]
        at += 1
    return found


def by_row(data, table, how):
    """Rows as the other way writes them; raises the Rejected of the first that does not load."""
    task = work(table, how, careful=True)
    try:
        return parsed(text.read(io.BytesIO(data), task))
    except TooManyErrors:
        ((_, rejected),) = task.findings.rejected
        raise rejected from None


def written(rows, **how):
    out = io.StringIO()
    csv.writer(out, **how).writerows(rows)
    return out.getvalue().encode("utf-8")


no_nul = st.characters(codec="utf-8", exclude_characters="\0")
values = st.text(no_nul, max_size=12) | st.text("a,\"\n\r \t|\\N'é", max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(values, values | st.just("@@"), values), max_size=6), st.sampled_from([",", "|", "\t", ";"]))
@example([("", " ", '" ,')], ",")
@example([("a\r\nb", "\r", "\n")], ",")
def test_what_pythons_csv_writes_is_read_back(rows, delimiter):
    table = target(column("a"), column("b"), column("c"))
    how = options(CSV=True, DELIMITER=delimiter, NULL="@@")
    wanted = [[None if value == "@@" else value for value in row] for row in rows]
    data = written(rows, delimiter=delimiter)
    assert by_row(data, table, how) == wanted
    assert in_blocks(data, table, how) in (wanted, None)


@settings(max_examples=500, deadline=None)
@given(st.text('aé1 ",\n\r\t|\\', max_size=25), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2))
@example('"a"', True, False, False, 0)
@example(' "a" ,b', True, False, False, 0)
@example("\ufeffa,b", True, False, False, 0)
@example("\n\n", True, False, False, 0)
def test_both_ways_of_reading_agree_on_any_text(raw, is_csv, skip_blank, nulls, header):
    how = options(
        **({"CSV": True} if is_csv else {"DELIMITER": ","}),
        **({"IGNOREBLANKLINES": True} if skip_blank else {}),
        **({"EMPTYASNULL": True, "BLANKSASNULL": True} if nulls else {}),
        IGNOREHEADER=header,
    )
    data = raw.encode("utf-8")
    for table in (target(column("a"), column("b")), target(column("a"))):
        fast = in_blocks(data, table, how)
        try:
            slow = by_row(data, table, how)
        except Rejected:
            assert fast is None
        else:
            assert fast in (slow, None)


numbers = st.text("0123456789+-. ", max_size=7)


@settings(max_examples=300, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=4), st.integers(0, 3))
@example([".5"], 0)
@example(["1.2.3"], 0)
@example(["-.259"], 2)
def test_decimals_are_cut_alike(cells, scale):
    table = target(column("a", "numeric", precision=18, scale=scale), column("b"))
    how = options(CSV=True)
    data = written([(cell, "x") for cell in cells])
    fast = in_blocks(data, table, how)
    try:
        slow = by_row(data, table, how)
    except Rejected:
        # What the fast path lets through, PostgreSQL refuses; it must not have been made into a number.
        assert fast is None or [row[0] and row[0].strip() for row in fast] == [c.strip() or None for c in cells]
    else:
        number = decimal.Decimal
        assert [row[0] and number(row[0]) for row in fast or slow] == [row[0] and number(row[0]) for row in slow]
        quantum = number(1).scaleb(-scale)
        wanted = [number(c).quantize(quantum, decimal.ROUND_DOWN) if c.strip() else None for c in cells]
        assert [row[0] and number(row[0]) for row in slow] == wanted


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
def test_values_of_each_type(type_, good, bad):
    table = target(column("a", type_), column("b"))
    how = options(CSV=True)
    for cell in good:
        assert by_row(written([(cell, "x")]), table, how) == [[cell.strip(), "x"]]
        assert in_blocks(written([(cell, "x")]), table, how) in ([[cell, "x"]], None)
    for cell in bad:
        with pytest.raises(Rejected) as caught:
            by_row(written([(cell, "x")]), table, how)
        assert (caught.value.line, caught.value.column, caught.value.value) == (1, "a", cell)


def test_a_value_that_spans_many_lines_is_read_in_linear_time():
    table = target(column("a"), column("b"))
    lines = 60_000
    data = b'"' + b"x\n" * lines + b'",y\n' + b"1,2\n" * 3
    assert by_row(data, table, options(CSV=True)) == [["x\n" * lines, "y"], *[["1", "2"]] * 3]
    with pytest.raises(Rejected) as caught:
        by_row(b'1,2\n"' + b"x\n" * lines, table, options(CSV=True))
    assert caught.value.code == 1216 and caught.value.line == 2


def test_blocks_that_end_inside_values_are_joined():
    table = target(column("a"), column("b"))
    rows = [[f"{i}\n" + "é" * 700, 'x"y'] for i in range(5000)]
    data = written(rows)
    assert len(data) > text.BLOCK
    assert in_blocks(data, table, options(CSV=True)) == rows
