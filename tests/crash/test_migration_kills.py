"""A migration stopped at every point of its way: each rerun ends in the same schema and the same rows.

    pytest tests/crash/test_migration_kills.py --kills 1000      every point in every way (default: 2 of them)
    pytest tests/crash/test_migration_kills.py --kill-seed 7     the same ones again

It is killed before or after a statement, killed while one runs, or loses its sessions (see migrator.py). Then three
deploys run it again at once: one goes on, and the others wait for it or are refused; never two of them.

The revision holds everything that can go wrong halfway: changes in place, statements that Redshift takes outside a
transaction only, updates that must not happen twice, a table built anew, and views that stand in its way.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from warehouse.db.catalog import read_catalog
from warehouse.db.engine import connect
from warehouse.local import cloning
from warehouse.settings import Settings

pytestmark = pytest.mark.crash

ROOT = Path(__file__).parents[2]
TEMPLATE = "migration_template"
HEAD = """
import sqlalchemy as sa
from alembic import op
revision = {revision!r}
down_revision = {down!r}
"""
COLUMNS = """
    sa.Column("id", sa.BIGINT(), nullable=False, autoincrement=False, comment="N.", redshift_encode="raw"),
    sa.Column("note", sa.VARCHAR({note}), comment="Note.", redshift_encode="lzo"),
    sa.Column("amount", sa.DECIMAL({amount}), comment="Amount.", redshift_encode="az64"),
    sa.PrimaryKeyConstraint("id", name="{name}_pkey"),
    comment="Rows.", redshift_diststyle="EVEN", redshift_sortkey=["id"],
"""
SALE = COLUMNS.format(note=20, amount="10, 2", name="sale")
FIRST = f"""
def upgrade():
    op.create_table("sale", {SALE})
    op.create_table("stage", {COLUMNS.format(note=20, amount="10, 2", name="stage")})
    for name, first in (("sale", 0), ("stage", 100)):
        rows = ", ".join(f"({{first + n}}, 'note {{n}}', {{n / 4}})" for n in range(50))
        op.execute(f"INSERT INTO {{name}} VALUES {{rows}}")
    op.create_view("notes", "SELECT id, note FROM sale", comment="Notes.", grants={{"public": "select"}})
"""
SECOND = f"""
def upgrade():
    op.execute("UPDATE sale SET amount = amount + 1")
    op.append_table("sale", "stage")
    op.add_column("sale", sa.Column("more", sa.INTEGER(), comment="More.", redshift_encode="az64"))
    op.execute("UPDATE sale SET more = 1")
    op.alter_distribution("sale", "key", "id", existing_style="even")
    op.execute("UPDATE sale SET more = more + 1")
    op.alter_encoding("sale", "note", "zstd", existing_encode="lzo")
    op.alter_sort_key("sale", "compound", ["id", "amount"], existing_style="compound", existing_columns=["id"])
    op.drop_view("notes")
    op.widen_varchar("sale", "note", 40, existing_length=20)
    op.create_view("notes", "SELECT id, upper(note) AS note FROM sale", comment="Loud.", grants={{"public": "select"}})
    stage = sa.table("stage", sa.column("id"), sa.column("note"), sa.column("amount"))
    op.bulk_insert(stage, [{{"id": n, "note": "again", "amount": 1}} for n in range(2)])
    op.execute("VACUUM sale")
    op.create_table("extra", {COLUMNS.format(note=9, amount="8, 2", name="extra")})
    op.rebuild_table(
        "sale",
        sa.Column("id", sa.BIGINT(), nullable=False, autoincrement=False, comment="N.", redshift_encode="raw"),
        sa.Column("note", sa.VARCHAR(40), nullable=False, comment="Note.", redshift_encode="zstd"),
        sa.Column("amount", sa.DECIMAL(14, 4), comment="Amount.", redshift_encode="az64"),
        sa.Column("more", sa.BIGINT(), comment="More.", redshift_encode="az64"),
        sa.PrimaryKeyConstraint("id", name="sale_pkey"),
        comment="Built anew.", redshift_diststyle="KEY", redshift_distkey="id", redshift_sortkey=["id"],
        existing={{"id": "bigint", "note": "character varying(40)", "amount": "numeric(10,2)", "more": "integer"}},
    )
    op.execute("UPDATE sale SET more = more + 1")
    op.grant("sale", "public", "select")
    op.alter_encoding("extra", "note", "zstd", existing_encode="lzo")
    op.execute("INSERT INTO extra SELECT id, 'x', amount FROM sale WHERE id < 3")
"""


class Migrator:
    """The process of migrator.py."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("migrator.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )

    def migrate(self, home: Path, url: str, *deploys: Deploy, revision: str = "head") -> list[dict[str, Any]]:
        """So many deploys at once. Returns what became of each."""
        assert self.process.stdin is not None and self.process.stdout is not None
        job = {"home": str(home), "url": url, "revision": revision, "deploys": [asdict(one) for one in deploys]}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self.process.stdout.readline())
        return answers

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@dataclass(frozen=True)
class Deploy:
    """One run of the migration: how long it waits for another, and what happens to it where."""

    wait: float = 300
    at: int = 0
    way: str = "kill"
    after: float = 0


WAYS = ("kill", "soon", "drop")
# Seconds until the end that comes soon; most statements take some milliseconds.
SOON = 0.03
AGAIN = (Deploy(), Deploy(), Deploy(wait=0))


@dataclass(frozen=True)
class Scene:
    """The server, the project, and the process that migrates."""

    server: dict[str, Any]
    home: Path
    migrator: Migrator

    def migrate(self, database: str, *deploys: Deploy, revision: str = "head") -> list[dict[str, Any]]:
        return self.migrator.migrate(self.home, self.url(database), *deploys, revision=revision)

    def url(self, database: str) -> str:
        url: str = self.server["url"].replace("/dev?", f"/{database}?")
        return url

    @contextmanager
    def copy(self, database: str) -> Iterator[None]:
        """A warehouse at the first revision."""
        cloning.clone(self.server, TEMPLATE, database)
        yield
        cloning.drop(self.server, database)

    def connect(self, database: str) -> sa.Engine:
        return connect(Settings(url=self.url(database)), poolclass=NullPool)

    def is_applied(self, database: str) -> bool:
        with self.connect(database).connect() as connection:
            query = "SELECT state FROM alembic_history WHERE revision = 'r2'"
            return connection.execute(sa.text(query)).scalar() == "applied"

    def state(self, database: str) -> dict[str, Any]:
        """Schema, rows and history of a warehouse."""
        with self.connect(database).connect() as connection:
            catalog = read_catalog(connection)
            tables = {
                key[1]: (table.design, table.primary_key_name)
                for key, table in catalog.tables.items()
                if not key[1].startswith("alembic_")
            }
            views = {key[1]: (view.text, view.comment, view.grants) for key, view in catalog.views.items()}

            def rows(query: str) -> list[str]:
                return sorted(map(repr, connection.execute(sa.text(query))))

            return {
                "tables": tables,
                "views": views,
                "rows": {name: rows(f"SELECT * FROM {name}") for name in [*tables, *views]},
                "history": rows("SELECT revision, state, steps, digest, begun FROM alembic_history"),
                "version": rows("SELECT version_num FROM alembic_version"),
                "recorded": rows("SELECT * FROM alembic_view"),
            }


@pytest.fixture(scope="module")
def scene(local_server: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A project with the two revisions, and no rules: they are not what is tried here."""
    migrator = Migrator()
    home = tmp_path_factory.mktemp("project")
    versions = home / "migrations" / "versions"
    versions.mkdir(parents=True)
    for name in ("alembic.ini", "migrations/env.py", "migrations/script.py.mako"):
        (home / name).write_text((ROOT / name).read_text())
    (home / "pyproject.toml").write_text('[tool.warehouse.discipline]\nselect = ["WH223"]\n')
    down = None
    for revision, body in (("r1", FIRST), ("r2", SECOND)):
        (versions / f"{revision}.py").write_text(HEAD.format(revision=revision, down=down) + body)
        down = revision
    made = Scene(local_server, home, migrator)
    cloning.clone(local_server, "template1", TEMPLATE)
    (answer,) = made.migrate(TEMPLATE, Deploy(), revision="r1")
    assert answer["end"] == "done", answer
    yield made
    cloning.drop(local_server, TEMPLATE)
    migrator.end()


@pytest.fixture(scope="module")
def undisturbed(scene: Scene) -> tuple[int, dict[str, Any]]:
    """How many points there are, and how it ends when nothing happens."""
    with scene.copy("undisturbed"):
        (answer,) = scene.migrate("undisturbed", Deploy())
        assert (answer["end"], answer["ran"]) == ("done", True), answer
        return answer["points"], scene.state("undisturbed")


def test_the_undisturbed_end_is_what_the_revision_says(undisturbed: tuple[int, dict[str, Any]]) -> None:
    _, end = undisturbed
    assert len(end["rows"]["sale"]) == 100
    assert len(end["rows"]["extra"]) == 3
    assert end["rows"]["sale"][0].startswith("(0, 'note 0', Decimal('1.0000'), 3")
    assert set(end["tables"]) == {"sale", "stage", "extra"}


def test_every_rerun_ends_alike(
    scene: Scene, undisturbed: tuple[int, dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    points, end = undisturbed
    seed = request.config.getoption("--kill-seed")
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    chance = random.Random(seed)
    all_ = [(at, way) for at in range(1, points + 1) for way in WAYS]
    chosen = chance.sample(all_, min(len(all_), request.config.getoption("--kills")))
    began, ends = time.monotonic(), Counter[str]()
    for number, (at, way) in enumerate(chosen):
        deploy = Deploy(at=at, way=way, after=chance.random() * SOON)
        told = []
        with scene.copy(f"stopped_{number}"):
            try:
                told = scene.migrate(f"stopped_{number}", deploy)
                went_through = scene.is_applied(f"stopped_{number}")
                ends[f"{way}: {told[0]['end']}"] += 1
                assert told[0]["end"] == "stopped" or way != "kill"
                assert told[0].get("error", "ConnectionFailed").startswith("ConnectionFailed")
                told += again(scene, f"stopped_{number}", went_through=went_through)
                assert scene.state(f"stopped_{number}") == end
            except AssertionError as error:
                error.add_note(f"{deploy} of {points} points, --kill-seed {seed}: {told}")
                raise
    print(
        f"\n{len(chosen)} stops at {points} points, {time.monotonic() - began:.0f} s, --kill-seed {seed}: {dict(ends)}"
    )


def again(scene: Scene, database: str, *, went_through: bool) -> list[dict[str, Any]]:
    """Three deploys at once: one runs the revision, unless it was through; who does not wait may be refused."""
    answers = scene.migrate(database, *AGAIN)
    assert sum(answer["ran"] for answer in answers) == (0 if went_through else 1), answers
    assert [answer["end"] for answer in answers[:2]] == ["done", "done"], answers
    refused = answers[2]
    assert refused["end"] == "done" or "Another migration of this warehouse runs" in refused["error"], answers
    return answers


@pytest.mark.skipif("config.getoption('--kills') <= 2", reason="the long form, which --kills asks for")
def test_a_run_stopped_again_and_again_comes_to_its_end(scene: Scene, undisturbed: tuple[int, dict[str, Any]]) -> None:
    """Each run is killed a little later than the one before, so that most of them resume what a resumed one left."""
    points, end = undisturbed
    at, tries = 30, 0
    with scene.copy("again_and_again"):
        while (answer := scene.migrate("again_and_again", Deploy(at=at))[0])["end"] == "stopped":
            at, tries = at + 7, tries + 1
            assert tries < points
        assert answer["end"] == "done", answer
        assert tries > 3
        assert scene.state("again_and_again") == end
