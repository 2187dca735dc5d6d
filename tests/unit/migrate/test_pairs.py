"""Random pairs of warehouses: A with rows becomes B, differs in nothing, keeps its rows, and goes back.

pytest tests/unit/migrate/test_pairs.py --pairs 1000      the long form (default: 1)
pytest tests/unit/migrate/test_pairs.py --pair-seed 7     one pair again, as a failure names it
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.pool import NullPool

from tests.unit.migrate.pairs import GROUP, OWNER, UNVALUED, Making, Pair, World, number_of
from warehouse import migrate
from warehouse.db import engine as db
from warehouse.migrate.compare.warehouse import changes
from warehouse.redshift.types import parse_type

# The pairs say what no rule would let pass; that is not what is asked here.
NO_RULES = '[tool.warehouse.discipline]\nselect = ["WH223"]\n'


def test_random_pairs(project, settings, request):
    (project.home / "pyproject.toml").write_text(NO_RULES)
    target = replace(settings, home=project.home)
    engine = db.connect(target, poolclass=NullPool)
    given, count = (request.config.getoption(name) for name in ("--pair-seed", "--pairs"))
    first = random.SystemRandom().randrange(1 << 30) if given is None else given
    with engine.begin() as connection:
        for statement in (f"CREATE GROUP {GROUP}", f"CREATE USER {OWNER} PASSWORD disable"):
            connection.execute(sa.text(statement))
    began, seen = time.monotonic(), Counter()
    for seed in range(first, first + count):
        pair = Making(random.Random(seed)).pair()
        try:
            seen.update(there_and_back(project, target, engine, pair))
        except BaseException as error:
            error.add_note(f"--pair-seed {seed}\nA: {told(pair.before)}\nB: {told(pair.after)}\nrows: {pair.rows}")
            raise
    engine.dispose()
    print(f"\n{count} pairs in {time.monotonic() - began:.0f} s, from --pair-seed {first}: {dict(seen)}")


def there_and_back(project, target, engine, pair: Pair) -> Counter:
    """One pair. Returns how often each operation was needed."""
    before, after = pair.before.metadata(), pair.after.metadata()
    migrate.revision(target, "a", metadata=before)
    migrate.upgrade(target, metadata=before)
    assert differences(engine, before) == []
    with engine.begin() as connection:
        for statement in pair.inserts():
            connection.execute(sa.text(statement.replace(":", r"\:")))
    rows = contents(engine, pair.before)
    with engine.connect() as connection:
        needed = [name for one in changes(connection, after) for name in names(one)]
    migrate.revision(target, "b", metadata=after)
    migrate.upgrade(target, metadata=after)
    assert differences(engine, after) == []
    same_rows(rows, contents(engine, pair.after), pair.before, pair.after)
    migrate.downgrade(target, "-1", metadata=before)
    assert differences(engine, before) == []
    same_rows(rows, contents(engine, pair.before), pair.before, pair.after)
    migrate.downgrade(target, "base", metadata=before)
    empty = sa.MetaData()
    assert differences(engine, empty) == []
    for file in project.versions.glob("*.py"):
        file.unlink()
    return Counter(needed)


def names(operation) -> list[str]:
    """What an operation is called; for a container, what is in it."""
    inner = getattr(operation, "ops", None)
    return [name for one in inner for name in names(one)] if inner else [type(operation).__name__]


def differences(engine, metadata):
    with engine.connect() as connection:
        return list(ops.UpgradeOps(changes(connection, metadata)).as_diffs())


def contents(engine, world: World):
    """The rows of each table, by column, in order of a column that tells them apart."""
    with engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]
            for name in world.tables
        }


def same_rows(rows, others, before: World, after: World) -> None:
    """Every value of a column that both have stands for the same number."""
    for name in rows.keys() & others.keys() & after.tables.keys():
        shared = [
            column.name
            for column in before.tables[name].columns
            if after.tables[name].column(column.name) and parse_type(column.type).name not in UNVALUED
        ]
        assert len(rows[name]) == len(others[name]), name
        for column in shared:
            assert numbers(rows[name], column) == numbers(others[name], column), f"{name}.{column}"


def numbers(rows, column) -> Counter:
    """How often each number is there; of booleans only whether they are odd can be told."""
    found = Counter()
    for row in rows:
        value = row[column]
        is_boolean = isinstance(value, bool) or str(value).strip() in ("true", "false", "1", "0")
        found[number_of(value, int(value in (True, "true", 1, "1"))) % 2 if is_boolean else number_of(value, 0)] += 1
    return found


def told(world: World) -> str:
    """The world as text, short."""
    lines = []
    for table in world.tables.values():
        columns = ", ".join(
            f"{one.name} {one.type}{'' if one.nullable else '!'}"
            + "".join(f" {word}={value}" for word, value in vars(one).items() if word in _TOLD and value)
            for one in table.columns
        )
        keys = f"pk{table.primary_key} u{table.unique_keys} f{[(k.columns, k.ref_table) for k in table.foreign_keys]}"
        rest = f"dist={table.dist} sort={table.sort} encode={table.encode} backup={table.backup} {table.owner}"
        lines.append(f"{table.name}({columns}) {keys} {rest} {table.grants}")
    return "\n   ".join([*lines, *map(str, world.views)])


_TOLD = ("encode", "identity", "identity_by_default", "default")
