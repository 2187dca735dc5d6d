"""Python's and Arrow's values keep what they say on their way into the table, or are refused with row and column."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from warehouse.errors import SourceError
from warehouse.load import CopyOptions, load
from warehouse.schema import Base, column, even, unsorted
from warehouse.schema.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DOUBLE_PRECISION,
    INTEGER,
    REAL,
    SUPER,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    VARBYTE,
    VARCHAR,
)

EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
NOON = dt.time(12, 0)


@pytest.fixture(scope="module")
def value() -> sa.Table:
    class Own(Base):
        __abstract__ = True
        metadata = sa.MetaData()

    class Value(Own, dist=even(), sort=unsorted(), comment="A column of each type."):
        __tablename__ = "value"
        id = column(INTEGER, primary_key=True, autoincrement=False, encode="az64", comment="C.")
        single = column(REAL, encode="raw", comment="C.")
        double = column(DOUBLE_PRECISION, encode="raw", comment="C.")
        price = column(DECIMAL(8, 2), encode="az64", comment="C.")
        flag = column(BOOLEAN, encode="raw", comment="C.")
        day = column(DATE, encode="az64", comment="C.")
        moment = column(TIMESTAMP, encode="az64", comment="C.")
        instant = column(TIMESTAMPTZ, encode="az64", comment="C.")
        clock = column(TIME, encode="az64", comment="C.")
        zoned = column(TIMETZ, encode="az64", comment="C.")
        text = column(VARCHAR(8), encode="zstd", comment="C.")
        free = column(SUPER, encode="zstd", comment="C.")
        raw = column(VARBYTE(4), encode="zstd", comment="C.")

    table: sa.Table = Value.__table__
    return table


@pytest.fixture
def held(engine: sa.Engine, value: sa.Table) -> Callable[[str], list[str | None]]:
    """What the table holds in a column, as text."""
    with engine.begin() as connection:
        value.create(connection)

    def read(name: str) -> list[str | None]:
        with engine.connect() as connection:
            query = sa.select(sa.cast(value.c[name], sa.Text())).order_by(value.c.id)
            return [row[0] for row in connection.execute(query)]

    return read


def as_mappings(name: str, values: list[Any]) -> Any:
    return [{"id": number, name: value} for number, value in enumerate(values)]


def as_pandas(name: str, values: list[Any]) -> Any:
    return pd.DataFrame({"id": range(len(values)), name: pd.Series(values, dtype=object)})


def as_arrow(name: str, values: list[Any]) -> Any:
    return pa.table({"id": list(range(len(values))), name: values})


def as_parquet(name: str, values: list[Any], folder: Path) -> Any:
    path = folder / "delivery.parquet"
    pq.write_table(as_arrow(name, values), path)
    return path


@pytest.mark.parametrize("deliver", [as_mappings, as_pandas])
def test_a_time_of_day_keeps_its_offset(deliver: Any, value: sa.Table, held: Any, own: dict[str, Any]) -> None:
    times = [NOON.replace(tzinfo=EAST), NOON.replace(tzinfo=dt.UTC), NOON, None]
    load(value, deliver("zoned", times), columns=["id", "zoned"], **own)
    assert held("zoned") == ["12:00:00+05:30", "12:00:00+00", "12:00:00+00", None]


@pytest.mark.parametrize("deliver", [as_mappings, as_pandas, as_arrow])
def test_an_instant_stays_the_same_instant(deliver: Any, value: sa.Table, held: Any, own: dict[str, Any]) -> None:
    moment = dt.datetime(2020, 1, 1, 12, 0, tzinfo=EAST)
    load(value, deliver("instant", [moment, None]), columns=["id", "instant"], **own)
    assert held("instant") == ["2020-01-01 06:30:00+00", None]


def test_what_a_type_can_hold_is_not_refused(value: sa.Table, held: Any, own: dict[str, Any]) -> None:
    load(value, as_arrow("double", [math.inf, -math.inf, math.nan, 5e-324, 0.0, None]), columns=["id", "double"], **own)
    assert held("double") == ["Infinity", "-Infinity", "NaN", "4.94065645841247e-324", "0", None]
    load(value, as_mappings("flag", [0, 1, True, None]), columns=["id", "flag"], mode="replace", **own)
    assert held("flag") == ["false", "true", "true", None]


ZONE = NOON.replace(tzinfo=ZoneInfo("Europe/Berlin"))
MIDDAY = dt.datetime(2020, 1, 1, 12, 0)
# column -> values of Python that it cannot hold as they are
PYTHON: dict[str, tuple[Any, ...]] = {
    "id": (1 << 31, -(1 << 31) - 1, 1 << 63, 1 << 70, 1.5, math.inf, -math.inf, math.nan, "x", "1.5", Decimal("NaN"),
           Decimal("1.5"), {}, [1], b"\xff", NOON, object(), dt.date(2024, 1, 1), MIDDAY, dt.timedelta(hours=1), 1j),
    "single": (1e39, -1e39, 1e-60, "1e39", "1e-60", "x", Decimal("1e39"), 10**40, {}, "1e"),
    "double": (MIDDAY, dt.timedelta(hours=1), "1e999", "-1e999",
               "1e-999", Decimal("1e999"), Decimal("1e-999"), 10**400, "x", [1.0]),
    "price": (dt.date(2024, 1, 1), MIDDAY, dt.timedelta(hours=1),
              1e6, 1_000_000, math.nan, math.inf, "NaN", "x", Decimal("1e6"), Decimal("Infinity"), 1 << 70, {}),
    "flag": (dt.date(2024, 1, 1), 2, -1, 0.5, math.nan, "perhaps", {}, MIDDAY),
    "day": (19723, True, MIDDAY, "2020-02-30", "soon", 1.5, {}, NOON, MIDDAY.replace(tzinfo=dt.UTC)),
    "moment": (1_704_067_200, 1_704_067_200_000, True, "2020-02-30 00:00:00", "soon", {}, NOON, 1.5,
               "2024-01-01 10:00:00+05:00", "2024-01-01T10:00-0130"),
    "instant": (1_704_067_200, "2020-02-30 00:00:00", "soon", {}, NOON, 1.5, "2020-01-01 00:00:00 Mars"),
    "clock": (43_200, 1.5, MIDDAY, MIDDAY.date(),
              NOON.replace(tzinfo=EAST), NOON.replace(tzinfo=dt.UTC), ZONE, "12:00:00+05:30", "12:00Z"),
    "zoned": (43_200, MIDDAY, ZONE),
    "text": (dt.timedelta(1), "a\0b", "\0", "x" * 9, "größer!!", "\ud800", b"\xff", math.nan, "€€€"),
    "free": ({"a": object()}, {"a": b"x"}, [{1}], [1j], {"a": Decimal("NaN")},
             math.nan, math.inf, [1, math.nan], {"a": -math.inf}, "\ud800"),
    "raw": ("xyz", "abc", 1.5),
}  # fmt: skip
CASES = [(name, value) for name, values in PYTHON.items() for value in values]


@pytest.mark.parametrize("deliver", [as_mappings, as_pandas])
def test_a_value_that_a_type_cannot_hold_is_refused_with_its_row(
    deliver: Any, value: sa.Table, held: Any, own: dict[str, Any]
) -> None:
    assert len(CASES) >= 90
    wrong = []
    for name, bad in CASES:
        if deliver is as_pandas and isinstance(bad, float) and math.isnan(bad):
            continue  # pandas says so what is missing
        try:
            if name == "id":
                load(value, _ids(deliver, bad), columns=["id"], **own)
            else:
                load(value, deliver(name, [None, bad]), columns=["id", name], **own)
            wrong.append((name, bad, "accepted"))
        except SourceError as error:
            if f"row 1, column {name}" not in str(error) or not error.next_step:
                wrong.append((name, bad, str(error)))
        except Exception as error:  # noqa: BLE001 (each case is to be told)
            wrong.append((name, bad, repr(error)))
    assert not wrong, "\n".join(map(str, wrong))
    assert held("id") == []


def _ids(deliver: Any, bad: Any) -> Any:
    if deliver is as_mappings:
        return [{"id": 7}, {"id": bad}]
    return pd.DataFrame({"id": pd.Series([7, bad], dtype=object)})


ARROW: dict[str, tuple[str, pa.Array]] = {
    "whole numbers for a DATE": ("day", pa.array([None, 19_723], pa.int32())),
    "whole numbers for a TIMESTAMP": ("moment", pa.array([None, 1_704_067_200])),
    "moments for a number": ("single", pa.array([None, MIDDAY])),
    "a span of time for a number": ("price", pa.array([None, dt.timedelta(hours=1)])),
    "a span of time for a text": ("text", pa.array([None, dt.timedelta(hours=1)])),
    "a NUL": ("text", pa.array(["a", "a\0b"])),
    "a text with an offset, as a view": ("moment", pa.array(["2024-01-01", "2024-01-01 10:00+05"], pa.string_view())),
    "a NUL in a slice": ("text", pa.array(["\0", "a", "\0", "b"]).slice(1, 2)),
    "a text with an offset": ("moment", pa.array(["2024-01-01 10:00:00Z", "2024-01-01 10:00:00+05:00"])),
    "a double too large for REAL": ("single", pa.array([0.5, 1e39])),
    "a double too small for REAL": ("single", pa.array([0.5, 1e-60])),
    "NaN for a DECIMAL": ("price", pa.array([0.5, math.nan])),
    "infinity for a DECIMAL": ("price", pa.array([0.5, math.inf])),
    "a wide decimal": ("price", pa.array([Decimal(1), Decimal("1234567.00")])),
    "a number that is no boolean": ("flag", pa.array([1, 2])),
    "a time of day for a DATE": ("day", pa.array([dt.datetime(2020, 1, 1), MIDDAY])),
    "nanoseconds": ("moment", pa.array([0, 1], pa.timestamp("ns"))),
    "a year that is none": ("moment", pa.array([0, 1 << 56], pa.timestamp("ms"))),
    "bytes that are no text": ("text", pa.array([b"a", b"\xff"])),
    "a struct for a number": ("double", pa.array([{"a": 1}, {"a": 2}])),
    "NaN within SUPER": ("free", pa.array([[1.0], [math.nan]])),
}


@pytest.mark.parametrize("what", ARROW)
@pytest.mark.parametrize("packed", [False, True], ids=["frame", "parquet"])
def test_a_value_of_arrow_is_refused_with_its_row(
    what: str, packed: bool, value: sa.Table, held: Any, own: dict[str, Any], tmp_path: Path
) -> None:
    name, values = ARROW[what]
    source = as_parquet(name, values, tmp_path) if packed else as_arrow(name, values)
    with pytest.raises(SourceError, match=rf"row \d, column {name}") as caught:
        load(value, source, columns=["id", name], **own)
    # Of the structs both fail, elsewhere the second does. Rows of a file count from 1, those of a frame from 0.
    assert caught.value.row == (0 if what == "a struct for a number" else 1) + packed
    assert held("id") == []


LINES: dict[str, tuple[str, str]] = {
    "a field twice": ('{"id": 1}\n{"id": 2, "text": "a", "text": "b"}\n', "line 2: it names the field text twice"),
    "a field twice within SUPER": ('{"id": 1, "free": {"a": 1, "a": 2}}\n', "line 1: it names the field a twice"),
    "a field twice in another case": ('{"id": 1}\n\n{"id": 2, "ID": 3}\n', "line 3: it names the field id twice"),
    "an array": (json.dumps([{"id": 1}, {"id": 2}]), "is one JSON array"),
    "an array over lines": (json.dumps([{"id": 1}, {"id": 2}], indent=1), "is one JSON array"),
    "an empty array": ("[ ]\n", "is one JSON array"),
}


@pytest.mark.parametrize("what", LINES)
def test_json_that_would_lose_something_is_refused_with_its_line(
    what: str, value: sa.Table, held: Any, own: dict[str, Any], tmp_path: Path
) -> None:
    body, said = LINES[what]
    path = tmp_path / "delivery.json"
    path.write_text(body)
    with pytest.raises(SourceError, match=said) as caught:
        load(value, path, columns=["id", "text", "free"], **own)
    assert str(path) in str(caught.value) and caught.value.next_step
    assert held("id") == []


ROW: dict[str, Any] = {
    "id": -(1 << 31), "single": 1.5, "double": 1e-300, "price": Decimal("-999999.99"), "flag": False,
    "day": dt.date(2020, 2, 29), "moment": dt.datetime(2020, 2, 29, 23, 59, 59, 999999),
    "instant": dt.datetime(2020, 2, 29, 12, 0, tzinfo=EAST), "clock": dt.time(23, 59, 59, 999999),
    "zoned": NOON.replace(tzinfo=EAST), "text": "'é\"\\\n", "free": {"a": [1, None, "é'\\"], "b": {}},
    "raw": b"\x00\xff'\\",
}  # fmt: skip
# The same for those who have no such type: text that says it.
IN_ARROW = {"zoned": "12:00:00+05:30", "free": json.dumps(ROW["free"])}


@pytest.mark.parametrize("form", ["mappings", "pandas", "arrow", "parquet", "json"])
def test_a_value_of_each_type_arrives_as_it_left(
    form: str, value: sa.Table, held: Any, own: dict[str, Any], tmp_path: Path, engine: sa.Engine
) -> None:
    empty = {"id": 0} | dict.fromkeys(list(ROW)[1:])
    columns = {name: [ROW[name], None if name != "id" else 0] for name in ROW}
    arrow = columns | {name: [text, None] for name, text in IN_ARROW.items()}
    source: Any = [ROW, empty]
    if form == "pandas":
        source = pd.DataFrame({name: pd.Series(found, dtype=object) for name, found in columns.items()})
    elif form in ("arrow", "parquet"):
        source = pa.table(arrow)
        if form == "parquet":
            pq.write_table(source, tmp_path / "delivery.parquet")
            source = tmp_path / "delivery.parquet"
    elif form == "json":
        source = tmp_path / "delivery.json"
        told = ROW | {"raw": ROW["raw"].hex()}
        source.write_text("\n".join(json.dumps(one, default=str) for one in (told, empty)))
    load(value, source, **own)
    # The driver reads VARBYTE as UTF-8 and fails where it is none.
    read = [sa.func.to_hex(one).label(one.name) if one.name == "raw" else one for one in value.c]
    with engine.connect() as connection:
        first, second = (row._asdict() for row in connection.execute(sa.select(*read).order_by(value.c.id)))
    expected = ROW | {"instant": ROW["instant"].astimezone(dt.UTC)}
    if isinstance(first["free"], str):
        first["free"] = json.loads(first["free"])
    first["raw"] = bytes.fromhex(first["raw"])
    assert first == expected
    assert second == empty


def test_of_numbers_and_offsets_what_cannot_be_taken_for_another_is_read(
    value: sa.Table, held: Any, own: dict[str, Any]
) -> None:
    east = MIDDAY.replace(tzinfo=EAST)
    moments = ["2020-01-01T10:00Z", "2020-01-01 10:00:00+00:00", "2020-01-01 10:00:00", east, None]
    for deliver in (as_mappings, as_pandas):
        load(value, deliver("moment", moments), columns=["id", "moment"], mode="replace", **own)
        assert held("moment") == ["2020-01-01 10:00:00"] * 3 + ["2020-01-01 06:30:00", None]
    empty = pa.table({"id": [1], "moment": pa.nulls(1, pa.int64()), "clock": pa.nulls(1, pa.int32())})
    load(value, empty, columns=["id", "moment", "clock"], mode="replace", **own)
    assert held("moment") == [None]


def as_json(name: str, values: list[Any], folder: Path) -> Path:
    path = folder / "delivery.json"
    path.write_text("\n".join(json.dumps(one) for one in as_mappings(name, values)))
    return path


@pytest.mark.parametrize("form", ["json", "mappings", "object"])
@pytest.mark.parametrize(("timeformat", "a_second"), [("epochsecs", 1), ("epochmillisecs", 1000)])
def test_numbers_are_moments_where_timeformat_says_so(
    form: str,
    timeformat: str,
    a_second: int,
    value: sa.Table,
    held: Any,
    own: dict[str, Any],
    tmp_path: Path,
    stores: Any,
) -> None:
    told = [1_704_067_200 * a_second, str(1_704_067_200 * a_second), -a_second, None]
    source: Any = as_mappings("moment", told) if form == "mappings" else as_json("moment", told, tmp_path)
    if form == "object":
        stores.put(f"{own['settings'].stage}/in/epochs.json", source.read_bytes())
        source = f"{own['settings'].stage}/in/epochs.json"
    load(value, source, columns=["id", "moment"], options=CopyOptions(timeformat=timeformat), **own)
    assert held("moment") == ["2024-01-01 00:00:00"] * 2 + ["1969-12-31 23:59:59", None]
    if form == "mappings":
        load(value, [{"id": 5, "instant": told[0]}], columns=["id", "instant"], mode="replace",
             options=CopyOptions(timeformat=timeformat), **own)  # fmt: skip
        assert held("instant") == ["2024-01-01 00:00:00+00"]
    if form != "object":
        for bad in ("2024-01-01", 1.5, 1 << 62, True):
            with pytest.raises(SourceError, match=r"(row 1|line 2), column moment"):
                mixed = as_mappings("moment", [None, bad])
                load(value, as_json("moment", [None, bad], tmp_path) if form == "json" else mixed,
                     columns=["id", "moment"], options=CopyOptions(timeformat=timeformat), **own)  # fmt: skip


@pytest.mark.parametrize("form", ["json", "mappings", "object"])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ["", "  ", "a", None]),
        ({"emptyasnull": True}, [None, "  ", "a", None]),
        ({"blanksasnull": True}, ["", None, "a", None]),
        ({"emptyasnull": True, "blanksasnull": True}, [None, None, "a", None]),
    ],
)
def test_what_is_empty_becomes_null_of_records_as_of_text(
    form: str, said: Any, expected: Any, value: sa.Table, held: Any, own: dict[str, Any], tmp_path: Path, stores: Any
) -> None:
    told = ["", "  ", "a", None]
    source: Any = as_mappings("text", told) if form == "mappings" else as_json("text", told, tmp_path)
    if form == "object":
        stores.put(f"{own['settings'].stage}/in/blanks.json", source.read_bytes())
        source = f"{own['settings'].stage}/in/blanks.json"
    load(value, source, columns=["id", "text"], options=CopyOptions(**said), **own)
    assert held("text") == expected


def test_numbers_within_super_keep_their_digits(
    value: sa.Table, held: Any, own: dict[str, Any], tmp_path: Path, engine: sa.Engine
) -> None:
    path = tmp_path / "delivery.json"
    path.write_text(
        '{"id": 0, "free": {"a": 12345678901234567.891, "b": [1.10, {"é": 1e2}], "c": 123456789012345678}}\n'
    )
    load(value, path, columns=["id", "free"], **own)
    with engine.connect() as connection:
        read = connection.execute(sa.select(sa.func.json_serialize(value.c.free))).scalar_one()
    assert json.loads(read, parse_float=str, parse_int=str) == {
        "a": "12345678901234567.891", "b": ["1.10", {"é": "1E+2"}], "c": "123456789012345678",
    }  # fmt: skip


def test_numbers_of_numpy_are_numbers_within_super(
    value: sa.Table, own: dict[str, Any], engine: sa.Engine, held: Any
) -> None:
    last = [np.bool_(True), MIDDAY, MappingProxyType({})]
    free = {"a": np.int64(5), "b": np.array([1.5, 2]), "c": Decimal("1.10"), "d": last}
    expected = '{"a":5,"b":[1.5,2.0],"c":1.10,"d":[true,"2020-01-01 12:00:00",{}]}'
    for deliver in (as_mappings, as_pandas):
        load(value, deliver("free", [free]), columns=["id", "free"], mode="replace", **own)
        with engine.connect() as connection:
            assert connection.execute(sa.select(sa.func.json_serialize(value.c.free))).scalar_one() == expected


FRAMES: dict[str, Any] = {
    "two columns of one name": pd.DataFrame([[1, "a"], [2, None]], columns=["x", "x"]),
    "text by dictionary": pa.table({
        "id": [1, 2],
        "text": pa.DictionaryArray.from_arrays(pa.array([0, None]), pa.array(["a"], pa.string_view())),
    }),
    "text by views": pa.table({"id": [1, 2], "text": pa.array(["a", None], pa.string_view())}),
    "sparse columns": pd.DataFrame({"id": pd.arrays.SparseArray([1, 2]), "text": ["a", None]}),
}  # fmt: skip


@pytest.mark.parametrize("what", FRAMES)
def test_what_frames_are_made_of(what: str, value: sa.Table, held: Any, own: dict[str, Any]) -> None:
    load(value, FRAMES[what], columns=["id", "text"], **own)
    assert held("text") == ["a", None]


class _Foreign:
    """A frame of a library that has types which Arrow has not."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        raise pa.ArrowInvalid("Invalid or unsupported format string: '_pli128'")


UNREADABLE: dict[str, tuple[Any, str]] = {
    "a row that is no mapping": (lambda: iter([{"id": 1}, (2, 3)]), "row 1: it is a tuple"),
    "a row behind the first thousands": (
        lambda: itertools.chain(({"id": one} for one in range(2_000)), ["x"]), "row 2000: it is a str",
    ),
    "a type that Arrow has not": (_Foreign, "cannot be read as Arrow: .*_pli128"),
    "complex numbers": (lambda: pd.DataFrame({"id": [1j]}), "column id: its type is complex128"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_frame_is_told(what: str, value: sa.Table, held: Any, own: dict[str, Any]) -> None:
    make, said = UNREADABLE[what]
    with pytest.raises(SourceError, match=said) as caught:
        load(value, make(), columns=["id"], **own)
    assert caught.value.next_step
    assert held("id") == []


# kind of source -> options that it does not hear
UNHEARD: dict[str, dict[str, Any]] = {
    "mappings": {"null_as": "NA", "dateformat": "DD.MM.YYYY", "timeformat": "auto ", "delimiter": ";", "maxerror": 1},
    "json": {"null_as": "NA", "timeformat": None, "ignoreheader": 0, "csv": False, "maxerror": 1},
    "object": {"null_as": "NA", "ignoreheader": 0, "delimiter": ";"},
    "frame": {"emptyasnull": True, "null_as": "NA", "timeformat": "epochsecs", "blanksasnull": True},
    "arrow": {"emptyasnull": True, "null_as": "NA", "dateformat": None},
    "parquet": {"emptyasnull": True, "null_as": "NA", "timeformat": "epochsecs", "maxerror": 1, "ignoreheader": 0},
    "query": {"emptyasnull": True, "null_as": "NA", "region": "eu-west-1"},
}


@pytest.mark.parametrize("what", UNHEARD)
def test_an_option_that_nothing_hears_is_refused_by_name(
    what: str, value: sa.Table, held: Any, own: dict[str, Any], tmp_path: Path, stores: Any
) -> None:
    sources: dict[str, Any] = {
        "mappings": as_mappings("text", ["NA"]), "json": as_json("text", ["NA"], tmp_path),
        "frame": as_pandas("text", ["NA"]), "arrow": as_arrow("text", ["NA"]),
        "parquet": as_parquet("text", ["NA"], tmp_path), "query": sa.select(value.c.id, value.c.text),
        "object": f"{own['settings'].stage}/in/na.json",
    }  # fmt: skip
    stores.put(sources["object"], sources["json"].read_bytes())
    for option, said in UNHEARD[what].items():
        with pytest.raises(SourceError, match=rf"nothing is done with .*{option}=") as caught:
            load(value, sources[what], columns=["id", "text"], options=CopyOptions(**{option: said}), **own)
        assert caught.value.next_step
    assert held("id") == []
    load(value, sources[what], columns=["id", "text"], options=CopyOptions(emptyasnull=False), **own)
