"""The house: every module says what it is for, nothing of this machine is in a file."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LISTED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
FILES = [ROOT / name for name in _LISTED.split()]
MODULES = [path for path in FILES if path.suffix == ".py" and path.is_relative_to(ROOT / "warehouse") and path.exists()]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no docstring"


def test_no_module_grew_past_its_seams() -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > 500} == {}


def test_only_settings_reads_the_environment() -> None:
    reads = re.compile(r"os\.environ\b|os\.getenv\b|from os import environ")
    found = {str(p.relative_to(ROOT)) for p in MODULES if reads.search(p.read_text(encoding="utf-8"))}
    assert found == {"warehouse/settings.py"}


def test_the_language_tag_is_there() -> None:
    assert (ROOT / "warehouse" / "py.typed").exists()
