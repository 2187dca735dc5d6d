"""UNLOAD and COPY are each other's inverse: a table of every type, any rows, each format with options that keep them.

AWS r_UNLOAD ("Using ESCAPE for all delimited text UNLOAD operations", NULL AS), t_Reloading_unload_files.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json

import psycopg.types.string
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

# The marker of NULL where a format has none of its own; no value below is equal to it.
MARK = "NULL AS '@null@'"
# UNLOAD's options, and those of the COPY that reads the files.
FORMS = {
    "escape": (f"ESCAPE {MARK}", f"ESCAPE {MARK}"),
    "escape tab gzip": (rf"DELIMITER '\t' ESCAPE GZIP {MARK}", rf"DELIMITER '\t' ESCAPE GZIP {MARK}"),
    "quotes": (f"ADDQUOTES ESCAPE {MARK}", f"REMOVEQUOTES ESCAPE {MARK}"),
    "csv": (f"CSV {MARK}", f"CSV {MARK}"),
    "csv header pipe zstd": (f"CSV DELIMITER '|' HEADER ZSTD {MARK}", f"CSV DELIMITER '|' IGNOREHEADER 1 ZSTD {MARK}"),
    "csv serial bzip2": (f"CSV BZIP2 PARALLEL OFF {MARK}", f"CSV BZIP2 {MARK}"),
    "json": ("JSON", "JSON 'auto'"),
    "json manifest gzip": ("JSON GZIP MANIFEST", "JSON 'auto' GZIP MANIFEST"),
    "parquet": ("PARQUET", "PARQUET SERIALIZETOJSON"),
    "parquet manifest": ("PARQUET MANIFEST VERBOSE", "PARQUET SERIALIZETOJSON MANIFEST"),
}

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.text(
    "\",|\n\r\t\\ 'N@{}é", max_size=6
)
ascii_text = st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=5)
days = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))
documents = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


def decimals(precision, scale):
    limit = decimal.Decimal(10) ** (precision - scale) - decimal.Decimal(10) ** -scale
    context = decimal.Context(prec=precision)
    return st.integers(-(10**precision) + 1, 10**precision - 1).map(
        lambda number: context.create_decimal(number).scaleb(-scale, context)
    ).filter(lambda number: abs(number) <= limit)  # fmt: skip


# Each column: its type, its values, and the formats that do not hold it.
COLUMNS = {
    "a": ("SMALLINT", st.integers(-(2**15), 2**15 - 1), ()),
    "b": ("INTEGER", st.integers(-(2**31), 2**31 - 1), ()),
    "c": ("BIGINT", st.integers(-(2**63), 2**63 - 1), ()),
    "d": ("DECIMAL(18,4)", decimals(18, 4), ()),
    "e": ("DECIMAL(38,10)", decimals(38, 10), ()),
    "f": ("REAL", st.floats(width=32, allow_nan=False, allow_infinity=False), ()),
    "g": ("DOUBLE PRECISION", st.floats(allow_nan=False, allow_infinity=False), ()),
    "h": ("BOOLEAN", st.booleans(), ()),
    "i": ("CHAR(5)", ascii_text, ()),
    "j": ("VARCHAR(100)", text, ()),
    "k": ("DATE", days, ()),
    "l": ("TIMESTAMP", moments, ()),
    "m": ("TIMESTAMPTZ", moments.map(lambda moment: moment.replace(tzinfo=dt.UTC)), ()),
    "n": ("TIME", st.times(), ("parquet",)),
    "o": ("TIMETZ", st.times().map(lambda time: time.replace(tzinfo=dt.UTC)), ("parquet",)),
    "p": ("SUPER", documents.map(json.dumps), ()),
    "q": ("VARBYTE(9)", st.binary(min_size=1, max_size=9).map(bytes.hex), ("parquet", "json")),
}
# How a value that is not simply inserted becomes one of its type.
MADE = {"SUPER": "JSON_PARSE({})", "VARBYTE(9)": "FROM_HEX({})"}


@st.composite
def tables(draw):
    form = draw(st.sampled_from(sorted(FORMS)))
    names = [name for name, (_, _, without) in COLUMNS.items() if form.split()[0] not in without]
    row = st.tuples(*(st.none() | COLUMNS[name][1] for name in names))
    return form, names, draw(st.lists(row, min_size=1, max_size=6))


@pytest.fixture
def raw(pg):
    """The connection; values come as the text that the server prints."""
    for oid in (16, 20, 21, 23, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1266, 1700, 4000, 6551):
        pg.adapters.register_loader(oid, psycopg.types.string.TextLoader)
    pg.prepare_threshold = None  # the tables are others in each trial
    # Text would lose digits of a DOUBLE PRECISION, as AWS says (r_UNLOAD, "Loss of floating-point precision").
    pg.execute("SET extra_float_digits TO 2")
    return pg


@trials(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=tables())
def test_a_table_comes_back_as_it_went(raw, stage, case):
    form, names, rows = case
    listed = ", ".join(f"{name} {COLUMNS[name][0]}" for name in names)
    for table in ("t", "back"):
        raw.execute(f"DROP TABLE IF EXISTS {table}")
        raw.execute(f"CREATE TABLE {table} (row INTEGER, {listed})")
    values = ", ".join(MADE.get(COLUMNS[name][0], "{}").format("%s") for name in names)
    # Redshift takes no function call in a list of several rows.
    raw.cursor().executemany(f"INSERT INTO t SELECT %s::INTEGER, {values}", [(n, *row) for n, row in enumerate(rows)])
    stage.store.delete([info.uri for info in stage.store.list(f"{stage.uri}/")])
    out, into = FORMS[form]
    source = f"{stage.uri}/u_" + "manifest" * ("MANIFEST" in into)
    spelled = [how.replace("\\", "\\\\") for how in (out, into)]
    raw.execute(f"UNLOAD ('SELECT * FROM t') TO '{stage.uri}/u_' IAM_ROLE '{stage.role}' {spelled[0]}")
    raw.execute(f"COPY back FROM '{source}' IAM_ROLE '{stage.role}' {spelled[1]}")
    went, came = (raw.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("t", "back"))
    assert len(came) == len(rows)
    for before, after in zip(went, came, strict=True):
        for name, value, found in zip(("row", *names), before, after, strict=True):
            if name == "p":
                # NULL in a SUPER goes out as JSON's null in every text format (unload-super-csv).
                value, found = (json.loads(one or "null") for one in (value, found))
            assert found == value, (form, name, value, found)
