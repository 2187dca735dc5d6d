"""A project of its own for each test: the repository's alembic.ini and migrations, without its revisions."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent, indent

import pytest

from warehouse.settings import Settings

ROOT = Path(__file__).parents[3]


class Project:
    """A folder with migrations; `revision(body)` writes one by hand."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = Settings(home=home)
        self.versions = home / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        shutil.copy(ROOT / "alembic.ini", home)
        for name in ("env.py", "script.py.mako"):
            shutil.copy(ROOT / "migrations" / name, home / "migrations")
        self.heads: list[str | None] = [None]

    def revision(self, up: str, down: str = "pass", *, imports: str = "") -> Path:
        name = f"r{len(self.heads)}"
        file = self.versions / f"{name}.py"
        file.write_text(
            "\n".join(
                [
                    "import sqlalchemy as sa",
                    "from alembic import op",
                    imports,
                    f"revision = {name!r}",
                    f"down_revision = {self.heads[-1]!r}",
                    "def upgrade():",
                    indent(dedent(up).strip(), "    "),
                    "def downgrade():",
                    indent(dedent(down).strip(), "    "),
                ]
            )
            + "\n"
        )
        self.heads.append(name)
        return file


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("WAREHOUSE_URL", raising=False)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
