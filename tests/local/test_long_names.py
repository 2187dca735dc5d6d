"""Names of 64 to 127 bytes, which PostgreSQL would cut (AWS r_names): what clients see of them is what they said."""

from __future__ import annotations

import contextlib
import json

import psycopg
import pytest

from warehouse.local import long_names
from warehouse.local.wire import messages as m

TABLE, COLUMN, SIMILAR, UMLAUTS = "t" * 127, "c" * 127, "c" * 126, "ü" * 60


@pytest.fixture
def table(pg):
    pg.execute(f'CREATE TABLE {TABLE} ({COLUMN} int DISTKEY, {SIMILAR} varchar(10), "{UMLAUTS}" int)')
    pg.execute(f"INSERT INTO {TABLE} VALUES (1, 'a', NULL), (2, NULL, NULL)")


def test_results_and_catalogs_tell_the_long_names(pg, table):
    result = pg.execute(f"SELECT *, 1 AS {'x' * 100} FROM {TABLE} ORDER BY {COLUMN}")
    assert [column.name for column in result.description] == [COLUMN, SIMILAR, UMLAUTS, "x" * 100]
    assert result.fetchall() == [(1, "a", None, 1), (2, None, None, 1)]
    found = pg.execute('SELECT tablename, "column" FROM pg_table_def WHERE tablename = %s', (TABLE,))
    assert found.fetchall() == [(TABLE, COLUMN), (TABLE, SIMILAR), (TABLE, UMLAUTS)]
    # The name as a constant, with the schema's before it, and in a text of the server's own.
    assert pg.execute(f"SELECT relname FROM pg_class WHERE relname = '{TABLE}'").fetchall() == [(TABLE,)]
    assert pg.execute(f"SELECT '{TABLE}'::regclass::varchar").fetchall() == [(TABLE,)]
    [(said,)] = pg.execute(f"SHOW TABLE {TABLE}").fetchall()
    assert f"{TABLE} (\n    {COLUMN} integer ENCODE" in said.replace(" distkey", "")


def test_what_is_only_data_stays_as_it_is(pg, table):
    pg.execute("CREATE TABLE texts (a varchar(200))")
    pg.execute(f"INSERT INTO texts VALUES ('{TABLE}')")
    pg.execute("INSERT INTO texts VALUES (%s)", (COLUMN,))
    found = pg.execute(f"SELECT a, LEN(a) FROM texts WHERE a IN ('{TABLE}', '{COLUMN}') ORDER BY a DESC").fetchall()
    assert found == [(TABLE, 127), (COLUMN, 127)]


def test_errors_tell_the_long_names(pg, table):
    with pytest.raises(psycopg.errors.DuplicateTable, match=f'"{TABLE}" already exists'):
        pg.execute(f"CREATE TABLE {TABLE} (a int)")
    with pytest.raises(psycopg.errors.UndefinedColumn, match=f'"{"y" * 127}" does not exist'):
        pg.execute(f"SELECT {'y' * 130} FROM {TABLE}")


def test_changes_know_the_long_names(pg, table):
    pg.execute(f"ALTER TABLE {TABLE} RENAME COLUMN {SIMILAR} TO {'d' * 90}")
    pg.execute(f"ALTER TABLE {TABLE} RENAME TO {'r' * 127}")
    pg.execute(f"CREATE VIEW {TABLE} AS SELECT {'d' * 90} FROM {'r' * 127}")
    assert pg.execute(f"SELECT {'d' * 90} FROM {TABLE} ORDER BY 1").fetchall() == [("a",), (None,)]
    assert "r" * 127 in pg.execute("SELECT definition FROM pg_views WHERE viewname = %s", (TABLE,)).fetchone()[0]
    pg.execute(f"DROP TABLE {'r' * 127} CASCADE")


def test_copy_and_unload_know_the_long_names(pg, table, stage):
    where = f"TO '{stage.uri}/out_' IAM_ROLE '{stage.role}' JSON PARALLEL OFF"
    pg.execute(f"UNLOAD ('SELECT {COLUMN}, {SIMILAR} FROM {TABLE} ORDER BY 1') {where}")
    [name] = stage.names()
    assert json.loads(stage.read(f"{stage.uri}/{name}").splitlines()[0]) == {COLUMN: 1, SIMILAR: "a"}
    pg.execute(f"COPY {TABLE} FROM '{stage.uri}/{name}' IAM_ROLE '{stage.role}' JSON 'auto'")
    assert pg.execute(f"SELECT {COLUMN}, COUNT(*) FROM {TABLE} GROUP BY 1 ORDER BY 1").fetchall() == [(1, 2), (2, 2)]


def test_the_next_process_knows_them_too(tmp_path, monkeypatch):
    monkeypatch.setattr(long_names, "_known", {})
    monkeypatch.setattr(long_names, "_file", None)
    long_names.open_file(tmp_path / "names")
    behind = long_names.behind("p" * 80)
    long_names.behind("ü" * 60)
    long_names.behind("n\n" * 40)
    with (tmp_path / "names").open("ab") as file:
        file.write(b'"' + b"q" * 80)  # a crash has cut this line
    monkeypatch.setattr(long_names, "_known", {})
    assert long_names.shown(behind) == behind
    long_names.open_file(tmp_path / "names")
    assert long_names.shown(f'"{behind}", "{long_names.behind("ü" * 60)}"') == f'"{"p" * 80}", "{"ü" * 60}"'
    assert long_names.shown(long_names.behind("n\n" * 40)) == "n\n" * 40
    assert len(long_names._known) == 3
    late = long_names.behind("z" * 80)
    monkeypatch.setattr(long_names, "_known", {})
    long_names.open_file(tmp_path / "names")
    assert long_names.shown(late) == "z" * 80
    assert len(long_names._known) == 4
    long_names.close_file()


def test_a_bind_message_that_is_cut_is_an_error_of_the_protocol():
    whole = b"\0\0" + b"\0\0" + b"\0\2" + b"\0\0\0\x7f" + TABLE.encode() + b"\0\0\0\1x" + b"\0\0"
    long_names.behind(TABLE)
    assert m.with_short_names(whole) == whole.replace(
        b"\0\0\0\x7f" + TABLE.encode(), b"\0\0\0\x3f" + long_names.behind(TABLE).encode()
    )
    for size in range(len(whole) - 7):
        with contextlib.suppress(m.ProtocolError):
            m.with_short_names(whole[:size])
    with pytest.raises(m.ProtocolError, match="cut short"):
        m.with_short_names(whole[:-8])


def test_names_that_are_made_up_come_to_an_end(monkeypatch):
    monkeypatch.setattr(long_names, "_known", {})
    monkeypatch.setattr(long_names, "_MOST", 2)
    monkeypatch.setattr(long_names, "_file", None)
    for number in range(2):
        long_names.behind(f"{number}" * 100)
    assert len(long_names.behind("1" * 100)) == 63
    with pytest.raises(long_names.TooManyNames, match="more than 2 names of more than 63 bytes"):
        long_names.behind("2" * 100)
