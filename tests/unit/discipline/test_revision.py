"""A revision's file is read, not run: its changes, their lines, its waivers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from warehouse.discipline import (
    AddColumn,
    AlterColumn,
    AlterSortKey,
    CreateTable,
    DropColumn,
    DropTable,
    Place,
    RebuildTable,
    RenameColumn,
    RunSQL,
    check,
    read_revision,
)
from warehouse.discipline.changes import Impossible, Unreadable
from warehouse.discipline.history import history, in_order, revisions_of
from warehouse.errors import DisciplineError
from warehouse.schema import SortKey, key

HEAD = """
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from warehouse.schema import types
from nowhere import secrets

revision = "r2"
down_revision = "r1"
SALE = "sale"
waive = {"WH201": "unloaded"}
"""


def changes(upgrade: str, *, more: str = "", downgrade: str = "pass") -> list[Any]:
    body = "\n".join(f"    {line}" for line in upgrade.splitlines())
    text = f"{HEAD}{more}\ndef upgrade() -> None:\n{body}\n\n\ndef downgrade() -> None:\n    {downgrade}\n"
    return list(read_revision("r2.py", text).revision.changes)


def test_a_generated_revision_is_read_whole() -> None:
    file = next(Path("migrations/versions").glob("*create_the_warehouse.py"))
    read = read_revision(file)
    made = [one for one in read.revision.changes if isinstance(one, CreateTable)]
    assert len(made) == len(read.revision.changes) >= 7
    flight = next(one.design for one in made if one.design.name == "flight")
    assert (flight.dist, flight.sort) == (key("time_hour"), SortKey("compound", ("time_hour", "origin")))
    assert read.revision.undoes
    assert all(one.place is not None and one.place.file == str(file) for one in made)


def test_calls_become_changes_with_their_lines() -> None:
    found = changes(
        'op.drop_table(SALE, schema="mart")\n'
        "op.add_column(SALE, sa.Column('a', types.SUPER()))\n"
        "op.alter_column(SALE, 'b', type_=sa.String(9), existing_type=sa.String(5), new_column_name='c')\n"
        "op.execute(sa.text('SELECT 1'))"
    )
    assert [type(one) for one in found] == [DropTable, AddColumn, AlterColumn, RenameColumn, RunSQL]
    assert found[0].of_table == "mart.sale"
    assert found[1].column.type == "super"
    assert (found[2].old.type, found[2].new.type) == ("character varying(5)", "character varying(9)")
    first = HEAD.count("\n") + 3
    assert [one.place for one in found] == [Place("r2.py", first + line) for line in (0, 1, 2, 2, 3)]


def test_functions_branches_batches_and_names_are_followed() -> None:
    found = changes(
        "if sa:\n"
        "    clean()\n"
        "for _ in range(2):\n"
        "    op.drop_column(SALE, 'x' + 'y')\n"
        "name = f'{SALE}_old'\n"
        "with op.batch_alter_table('other', schema='s') as batch:\n"
        "    batch.drop_column('z')\n"
        "op.drop_table(op.f(name))",
        more="\ndef clean():\n    op.execute('DELETE FROM ' + SALE)\n    clean()\n",
    )
    assert [one.where for one in found] == ["SQL", "sale.xy", "s.other.z", "sale_old"]
    assert found[0].text == "DELETE FROM sale"


@pytest.mark.parametrize(
    "call",
    [
        "op.execute(secrets.sql())",
        "op.drop_table(unknown)",
        "op.execute(open('x').read())",
        "op.execute(''.__class__.__name__)",
        "op.execute(sa.create_engine('sqlite://').name)",
        "op.drop_column('t', *names)",
        "op.drop_column('t', **names)",
        "op.create_table('t', *[sa.Column(n, sa.Integer) for n in 'ab'])",
    ],
)
def test_what_only_running_would_tell_is_not_guessed(call: str) -> None:
    (found,) = changes(call)
    assert isinstance(found, Unreadable)
    assert found.text == call
    assert [one.code for one in check([found])] == ["WH224"]


def test_a_name_that_changes_is_forgotten() -> None:
    (found,) = changes("SALE = secrets.name()\nop.drop_table(SALE)")
    assert isinstance(found, Unreadable)


def test_an_impossible_table_is_a_finding_with_its_line() -> None:
    (found,) = changes("op.create_table('sale', sa.Column('a', sa.JSON()))")
    assert isinstance(found, Impossible)
    (told,) = check([found])
    assert (told.code, told.table) == ("WH223", "sale")
    assert "no type JSON" in told.message


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("op.drop_index('i', 'sale')", "there is no i to drop"),
        ("op.create_foreign_key('f', 'sale', 'shop', ['a'], ['a'], ondelete='CASCADE')", "takes no ondelete"),
    ],
)
def test_what_redshift_has_not_is_a_finding(call: str, told: str) -> None:
    found = check(changes(call))
    assert ("WH223", "sale") in {(one.code, one.table) for one in found if told in one.message}


def test_one_sort_column_may_stand_without_a_list() -> None:
    (found,) = changes("op.alter_sort_key('sale', 'compound', 'name')")
    assert found == AlterSortKey("sale", None, SortKey("compound", ("name",)))


def test_a_rebuild_makes_a_table_and_drops_columns() -> None:
    made, dropped = changes(
        "op.rebuild_table('sale', sa.Column('a', sa.BIGINT()), existing={'a': 'integer', 'b': 'integer'})"
    )
    assert isinstance(made, RebuildTable)
    assert (made.design.columns[0].type, dropped) == ("bigint", DropColumn("sale", None, "b"))


@pytest.mark.parametrize(
    ("downgrade", "undoes"),
    [("pass", False), ("raise NotImplementedError", False), ('"""Nothing."""', False), ("op.drop_table('a')", True)],
)
def test_whether_it_can_be_undone(downgrade: str, undoes: bool) -> None:
    text = f"{HEAD}\ndef upgrade():\n    op.drop_table('b')\n\ndef downgrade():\n    {downgrade}\n"
    read = read_revision("r2.py", text)
    assert read.revision.undoes is undoes
    found = check(read.subjects, waivers=read.waivers)
    assert [one.code for one in found] == ([] if undoes else ["WH219"])


def test_waivers_and_predecessors_are_read() -> None:
    read = read_revision("r2.py", HEAD + "def upgrade(): pass\n")
    assert (read.waivers, read.follows, read.revision.name) == ({"WH201": "unloaded"}, ("r1",), "r2")
    assert [one.code for one in check(read.subjects, waivers=read.waivers)] == ["WH009"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("def upgrade(:", r"r2\.py:1: "), (f"{HEAD}\nwaive = ['WH201']", "waive is no mapping")],
)
def test_a_file_that_is_no_revision_is_refused(text: str, says: str) -> None:
    with pytest.raises(DisciplineError, match=says):
        read_revision("r2.py", text)


def test_a_history_is_read_in_order_and_what_is_known_grows(tmp_path: Path) -> None:
    columns = "sa.Column('a', sa.INTEGER()), sa.Column('b', sa.INTEGER())"
    steps = {
        "c": (
            "r1",
            None,
            f"op.create_table('sale', {columns}, redshift_sortkey=['a'])",
        ),
        "a": ("r2", "r1", "op.rename_table('sale', 'sold')"),
        "b": ("r3", "r2", "op.drop_column('sold', 'a')"),
    }
    for name, (revision, before, call) in steps.items():
        head = f"import sqlalchemy as sa\nrevision = {revision!r}\ndown_revision = {before!r}\n"
        (tmp_path / f"{name}.py").write_text(f"{head}def upgrade():\n    {call}\n")
    (tmp_path / "helper.py").write_text("x = 1\n")
    files = revisions_of(tmp_path)
    assert [file.stem for file in files] == ["a", "b", "c"]
    read = list(history(files))
    assert [one.revision.name for one, _ in read] == ["r1", "r2", "r3"]
    last, known = read[-1]
    assert list(known.tables) == ["sold"]
    assert "WH213" in [one.code for one in check(last.subjects, known=known)]


def test_a_ring_of_revisions_ends() -> None:
    texts = [f"revision = 'r{n}'\ndown_revision = 'r{1 - n}'\ndef upgrade(): pass\n" for n in (0, 1)]
    assert len(in_order([read_revision(f"{n}.py", text) for n, text in enumerate(texts)])) == 2
