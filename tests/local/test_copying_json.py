"""COPY from JSON: AWS copy-parameters-data-format, copy-usage_notes-copy-from-json, r_COPY_command_examples,
ingest-super.
"""

from __future__ import annotations

import decimal
import gzip
import json

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st


@pytest.fixture
def copy(pg, stage):
    """Writes `data` as the one object to load, copies it into a table, and returns the table's rows."""

    def run(table, data, parameters="JSON 'auto'", name="data.json"):
        stage.put(name, data)
        pg.execute(f"COPY {table} FROM '{stage.uri}/data' IAM_ROLE '{stage.role}' {parameters}")
        return pg.execute(f"SELECT * FROM {table.partition('(')[0]} ORDER BY 1").fetchall()

    return run


@pytest.fixture
def paths(stage):
    """Writes a JSONPaths file and returns the words that name it."""

    def run(*listed, name="paths.json", key="jsonpaths"):
        stage.put(name, json.dumps({key: listed}))
        return f"JSON '{stage.uri}/{name}'"

    return run


def errors(pg):
    return pg.execute(
        "SELECT line_number, trim(colname), position, trim(raw_field_value), err_code, trim(err_reason) "
        "FROM stl_load_errors WHERE query = pg_last_copy_id() ORDER BY line_number"
    ).fetchall()


@pytest.fixture
def category(pg):
    pg.execute("CREATE TABLE category (catid SMALLINT, catgroup VARCHAR(10), catname VARCHAR(10), catdesc VARCHAR(50))")
    return [
        (1, "Sports", "MLB", "Major League Baseball"),
        (2, "Sports", "NHL", "National Hockey League"),
        (3, "Sports", "NFL", "National Football League"),
        (4, "Sports", "NBA", "National Basketball Association"),
        (5, "Shows", "Musicals", "All symphony, concerto, and choir concerts"),
    ]


# Objects over several lines and one beside the other, an unknown name, names in any order.
OBJECTS = """{
    "catdesc": "Major League Baseball",
    "catid": 1,
    "catgroup": "Sports",
    "catname": "MLB"
}
{
    "catgroup": "Sports",
    "catid": 2,
    "catname": "NHL",
    "catdesc": "National Hockey League"
}{
    "catid": 3,
    "catname": "NFL",
    "catgroup": "Sports",
    "catdesc": "National Football League"
}
{
    "bogus": "Bogus Sports LLC",
    "catid": 4,
    "catgroup": "Sports",
    "catname": "NBA",
    "catdesc": "National Basketball Association"
}
{
    "catid": 5,
    "catgroup": "Shows",
    "catname": "Musicals",
    "catdesc": "All symphony, concerto, and choir concerts"
}
"""


def test_auto(category, copy):
    assert copy("category", OBJECTS) == category


@pytest.mark.parametrize("separator", ["\n", "", " ", "\r\n\t", "\n\n"])
def test_only_white_space_stands_between_objects(category, copy, separator):
    names = ("catid", "catgroup", "catname", "catdesc")
    data = separator.join(json.dumps(dict(zip(names, row, strict=True))) for row in category)
    assert copy("category", data, "FORMAT AS JSON AS 'auto'") == category


def test_auto_matches_case_and_ignorecase_does_not(category, copy):
    upper = OBJECTS.replace('"catid"', '"CatID"').replace('"catname"', '"CATNAME"')
    assert copy("category", upper, "JSON 'auto ignorecase'") == category
    assert copy("category", upper)[-1] == (None, "Shows", None, "All symphony, concerto, and choir concerts")


def test_gzip_and_the_default_argument(category, copy):
    assert copy("category", gzip.compress(OBJECTS.encode()), "JSON GZIP") == category


@pytest.mark.parametrize(
    "listed",
    [("$['one']", "$['two']", "$['three']", "$['four']"), ("$.one", "$.two", "$.three", "$.four")],
)
def test_paths_of_objects(category, copy, paths, listed):
    names = ("one", "two", "three", "four")
    data = "\n".join(json.dumps(dict(reversed(list(zip(names, row, strict=True))))) for row in category)
    assert copy("category", data, paths(*listed)) == category


def test_paths_of_arrays(category, copy, paths):
    data = "\n".join(json.dumps(row) for row in category)
    assert copy("category", data, paths("$[0]", "$[1]", "$[2]", "$[3]")) == category


NESTED = """{
    "id": 0,
    "guid": "84512477-fa49-456b-b407-581d0d851c3c",
    "isActive": true,
    "tags": [
        "nisi",
        "culpa",
        "ad",
        "amet"
    ],
    "friends": [
        {
            "id": 0,
            "name": "Martha Rivera"
        },
        {
            "id": 1,
            "name": "Renaldo"
        }
    ]
}"""


def test_what_is_nested_is_loaded_as_its_text(pg, copy, paths):
    pg.execute("CREATE TABLE t (id INTEGER, tags VARCHAR(80), friend VARCHAR(80), name VARCHAR(20), active BOOLEAN)")
    how = paths("$['id']", "$['tags']", "$['friends'][1]", "$['friends'][0]['name']", "$['isActive']")
    assert copy("t", NESTED, how) == [
        (0, '["nisi","culpa","ad","amet"]', '{"id": 1,"name": "Renaldo"}', "Martha Rivera", True)
    ]


def test_escapes(pg, copy):
    pg.execute("CREATE TABLE escapes (backslash VARCHAR(25), newline VARCHAR(35), tab VARCHAR(35))")
    data = r"""{
      "backslash": "This is a backslash: \\",
      "newline": "This sentence\n is on two lines.",
      "tab": "This sentence \t contains a tab."
    }"""
    assert copy("escapes", data) == [
        ("This is a backslash: \\", "This sentence\n is on two lines.", "This sentence \t contains a tab.")
    ]
    pg.execute("TRUNCATE escapes")
    assert copy("escapes", r'{"backslash": "\u00e9\ud83d\ude00\/\"", "newline": "é\\N"}') == [('é😀/"', "é\\N", None)]


def test_what_is_missing_is_null_and_what_is_not_listed_has_its_default(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b INTEGER DEFAULT 7, c VARCHAR(5))")
    assert copy("t", '{"a": 1}') == [(1, None, None)]
    assert copy("t (a, c)", '{"a": 2, "b": 3, "c": ""}', "JSON") == [(1, None, None), (2, 7, "")]
    assert copy("t (a, c)", '{"a": 3, "c": ""}', "JSON EMPTYASNULL")[-1] == (3, 7, None)


def test_numbers_keep_their_digits(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b DECIMAL(38,10), c DOUBLE PRECISION, d VARCHAR(40))")
    data = """
    {"a": 1, "b": 1234567890123456789012345678.0123456789, "c": 0.1, "d": 1.50}
    {"a": 2, "b": "0.12345678901", "c": 1e-300, "d": 12345678901234567890123}
    {"a": "3", "b": 1.5e3, "c": "2", "d": true}
    {"a": 4e2, "b": -1E-3, "c": 12, "d": null}
    """
    assert copy("t", data) == [
        (1, decimal.Decimal("1234567890123456789012345678.0123456789"), 0.1, "1.50"),
        (2, decimal.Decimal("0.1234567890"), 1e-300, "12345678901234567890123"),
        (3, decimal.Decimal("1500.0000000000"), 2.0, "true"),
        (400, decimal.Decimal("-0.0010000000"), 12.0, None),
    ]


def test_conversion_parameters_work_on_json(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b DATE, c TIMESTAMP, d VARCHAR(3), e DECIMAL(5,1))")
    data = '{"a": 1, "b": "31.01.2013", "c": 1359594123, "d": "abcdef", "e": 2.25}\n'
    how = "JSON 'auto' DATEFORMAT 'DD.MM.YYYY' TIMEFORMAT 'epochsecs' TRUNCATECOLUMNS ROUNDEC IGNOREHEADER 1"
    found = copy("t", "a line to skip\n" + data, how)
    assert [str(value) for value in found[0]] == ["1", "2013-01-31", "2013-01-31 01:02:03", "abc", "2.3"]


def test_super_takes_parts_and_whole_documents(pg, copy, paths):
    nations = '[{"n_name": "ALGERIA", "n_id": 1.50}, {"n_name": "KENYA"}]'
    nation = f'{{"r_regionkey": 0, "r_name": "AFRICA", "r_nations": {nations}}}'
    text = '[{"n_name":"ALGERIA","n_id":1.50},{"n_name":"KENYA"}]'
    pg.execute("CREATE TABLE auto (r_regionkey SMALLINT, r_name VARCHAR(20), r_nations SUPER)")
    assert copy("auto", nation) == [(0, "AFRICA", text)]
    whole = f'{{"r_regionkey":0,"r_name":"AFRICA","r_nations":{text}}}'
    pg.execute("CREATE TABLE noshred (rdata SUPER)")
    assert copy("noshred", nation, "FORMAT JSON 'noshred'") == [(whole,)]
    pg.execute("CREATE TABLE sorted (regionkey SMALLINT, name VARCHAR(20), nations SUPER)")
    assert copy("sorted", nation, paths("$.r_regionkey", "$.r_name", "$")) == [(0, "AFRICA", whole)]
    assert pg.execute('SELECT nations."r_nations"[1]."n_name" FROM sorted').fetchone() == ('"KENYA"',)
    pg.execute("CREATE TABLE scalars (a INTEGER, b SUPER)")
    assert copy("scalars", '{"a": 1, "b": "x"}{"a": 2, "b": 3.0}{"a": 3, "b": null}{"a": 4}') == [
        (1, '"x"'), (2, "3.0"), (3, None), (4, None),
    ]  # fmt: skip
    with pytest.raises(psycopg.Error, match="noshred"):
        copy("auto", nation, "JSON 'noshred'")


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        ('{"a": 1}\n{"a": }\n', 2, "Invalid value."),
        ("{'a': 1}", 1, "Invalid value."),
        ('{"a": 1} x {"a": 2}', 1, "Invalid value."),
        ('{"a": 1},{"a": 2}', 1, "Invalid value."),
        ('{"a": 1}\n{"a":\n2', 3, "Invalid value."),
        ('{"a": 01}', 1, "Invalid value."),
        ('{"a": NaN}', 1, "Invalid value."),
        ('{"a": 1,}', 1, "Invalid value."),
        ('{"a": "x\ny"}', 2, "Invalid value."),
        ('[{"a": 1}, {"a": 2}]', 1, "Invalid JSONPath format: Member is not an object."),
        ('{\n"a":\n"x"\n}', 4, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
        ('{"a": 1.0}', 1, "Invalid digit, Value '.', Pos 1, Type: Integer"),
        ('{"a": 3000000000}', 1, "Overflow for a number value"),
        ('{"a": {"b": 1}}', 1, "Invalid digit, Value '{', Pos 0, Type: Integer"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_told_with_its_last_line(pg, copy, data, line, reason):
    pg.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(psycopg.errors.InternalError_, match="Check 'stl_load_errors' system table for details"):
        copy("t", data)
    found = errors(pg)
    assert [(one[0], one[5]) for one in found] == [(line, reason)]
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_each_error_counts_and_the_rest_loads(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(3))")
    data = '{"a": 1}\ngarbage\n{"a": "x", "b": "é"}\n{"a": 2\n{"a": 3}}\n{"a": 4, "b": "long"}\n{"a": 5}'
    assert copy("t", data, "JSON 'auto' MAXERROR 10") == [(1, None), (5, None)]
    assert [(one[0], one[4]) for one in errors(pg)] == [(2, 1216), (3, 1207), (5, 1216), (6, 1204)]
    assert errors(pg)[1][1:4] == ("a", 6, "x")
    with pytest.raises(psycopg.Error):
        copy("t", data, "JSON 'auto' MAXERROR 4")


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (["$.a"], "Number of jsonpaths and the number of columns should match. JSONPath size: 1, "
         "Number of columns in table or column list: 2"),
        (["$.a", "$['b']"], "cannot be mixed"),
        (["$.a", ""], "none of them empty"),
        (["$.a", 1], "array of strings"),
        (["$.a", "$.*"], None),
        (["$.a", "$..b"], "Invalid JSONPath format"),
        (["$.a", "$.b[*]"], "Invalid JSONPath format"),
        (["$.a", "b"], "Invalid JSONPath format"),
        (["$.a", "$.b[-1]"], "Invalid JSONPath format"),
    ],
)  # fmt: skip
def test_a_jsonpaths_file_that_is_none(pg, copy, paths, listed, message):
    pg.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
    if message is None:  # a name is a name
        assert copy("t", '{"a": 1, "*": 2}', paths(*listed)) == [(1, 2)]
        return
    with pytest.raises(psycopg.Error) as caught:
        copy("t", '{"a": 1, "b": 2}', paths(*listed))
    assert message in str(caught.value)


def test_jsonpaths_files_and_their_names(pg, stage, copy, paths):
    pg.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
    data = '{"a": 1, "b": 2}'
    # Another name than "jsonpaths" means 'auto'.
    assert copy("t", data, paths("$.b", "$.a", key="paths")) == [(1, 2)]
    for broken in ("[]", "{", '{"jsonpaths": ["$.a", "$.b"]} x', '{"jsonpaths": {}}'):
        stage.put("broken.json", broken)
        with pytest.raises(psycopg.Error, match="Invalid JSONPath format"):
            copy("t", data, f"JSON '{stage.uri}/broken.json'")
    with pytest.raises(psycopg.Error, match="Status 404"):
        copy("t", data, f"JSON '{stage.uri}/nowhere.json'")
    with pytest.raises(psycopg.Error, match="JSONPaths file"):
        copy("t", data, "JSON 'automatic'")
    # A JSONPaths file beside the data is data, too.
    with pytest.raises(psycopg.Error, match="stl_load_errors"):
        copy("t", data, paths("$.b[0]", "$.a", name="data.paths"))


def test_paths_that_lead_nowhere(pg, copy, paths):
    pg.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
    assert copy("t", '{"a": 1, "x": {}}', paths("$.a", "$.x.y")) == [(1, None)]
    for data, reason in [
        ('{"a": 1, "x": [1]}', "Invalid JSONPath format: Not an array or index out of range."),
        ('{"a": 1, "x": 5}', "Invalid JSONPath format: Not an array or index out of range."),
        ('{"a": 1}', None),
    ]:
        if reason is None:
            assert copy("t", data, paths("$.a", "$.x[1]"))[-1] == (1, None)
            continue
        with pytest.raises(psycopg.Error):
            copy("t", data, paths("$.a", "$.x[1]"))
        assert errors(pg)[0][5] == reason
    with pytest.raises(psycopg.Error):
        copy("t", '{"a": 1, "x": 5}', paths("$.a", "$.x.y"))
    assert errors(pg)[0][5] == "Invalid JSONPath format: Member is not an object."


EXCLUDED = "CSV|DELIMITER ','|ESCAPE|FILLRECORD|FIXEDWIDTH 'a:1'|IGNOREBLANKLINES|NULL AS 'x'|REMOVEQUOTES"


@pytest.mark.parametrize("parameter", EXCLUDED.split("|"))
def test_parameters_that_exclude_json(pg, copy, parameter):
    pg.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(psycopg.Error):
        copy("t", '{"a": 1}', f"JSON 'auto' {parameter}")
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_an_object_of_more_than_four_megabytes(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(5))")
    largest = f'{{"a": 1, "c": "{"x" * ((4 << 20) - 17)}"}}'
    assert len(largest) == 4 << 20
    assert copy("t", largest) == [(1, None)]
    with pytest.raises(psycopg.Error, match="exceeds the maximum size of 4194304 bytes"):
        copy("t", f'{{"a": 1, "c": "{"x" * (4 << 20)}"}}', "JSON 'auto' MAXERROR 5")


def test_invalid_utf8(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(5))")
    data = b'{"a": 1, "b": "x\xe4y"}'
    with pytest.raises(psycopg.Error):
        copy("t", data)
    assert errors(pg)[0][4] == 1220
    assert copy("t", data, "JSON 'auto' ACCEPTINVCHARS '^'") == [(1, "x^y")]


def test_utf16(pg, copy):
    pg.execute("CREATE TABLE t (a INTEGER, b VARCHAR(5))")
    assert copy("t", '{"a": 1, "b": "é"}\n'.encode("utf-16"), "JSON 'auto' ENCODING UTF16") == [(1, "é")]


names = st.sampled_from(["a", "b", "c", "d", "x"])
scalars = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
)  # fmt: skip
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


@trials(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    objects=st.lists(st.dictionaries(names, values, max_size=4), min_size=1, max_size=5), indent=st.none() | st.just(1)
)
def test_any_object_is_read_as_json_reads_it(pg, copy, objects, indent):
    pg.execute("DROP TABLE IF EXISTS t")
    pg.execute("CREATE TABLE t (n BIGINT, a SUPER, b VARCHAR(20000))")
    data = "\n".join(json.dumps({**one, "n": n}, indent=indent, ensure_ascii=False) for n, one in enumerate(objects))
    found = copy("t", data)
    assert len(found) == len(objects)
    for (number, a, b), one in zip(found, objects, strict=True):
        assert objects[number] is one
        assert (None if a is None else json.loads(a)) == one.get("a")
        expected = one.get("b")
        if isinstance(expected, str):
            assert b == expected
        else:
            assert (None if b is None else json.loads(b)) == expected
