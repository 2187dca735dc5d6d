"""README's parity table and PARITY.md say what the cases say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(root: Path, option: str) -> subprocess.CompletedProcess[str]:
    script = root / "tests" / "conformance" / "parity.py"
    return subprocess.run([sys.executable, str(script), option], capture_output=True, text=True, check=False)


def test_the_tables_are_fresh() -> None:
    done = run(HERE.parents[1], "--check")
    assert done.returncode == 0, done.stderr


def test_a_case_more_makes_them_stale_and_write_mends_them(tmp_path: Path) -> None:
    shutil.copytree(HERE, tmp_path / "tests" / "conformance", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE.parents[1] / "README.md", tmp_path)
    with (tmp_path / "tests" / "conformance" / "cases" / "types.toml").open("a", encoding="utf-8") as cases:
        cases.write(
            '\n[[case]]\nname = "a case of *this* test"\npage = "some_page"\nsql = "SELECT 1"\nok = true\n'
            'status = "approximated"\nnote = "it is nearly so"\n'
        )
    done = run(tmp_path, "--check")
    assert (done.returncode, done.stderr) == (
        1,
        "stale: README.md, PARITY.md; run python tests/conformance/parity.py --write\n",
    )
    assert run(tmp_path, "--write").returncode == 0
    assert run(tmp_path, "--check").returncode == 0
    page = (tmp_path / "tests" / "conformance" / "PARITY.md").read_text(encoding="utf-8")
    assert "- a case of \\*this\\* test — it is nearly so [some_page]\n" in page
    assert "\n[some_page]: https://docs.aws.amazon.com/redshift/latest/dg/some_page.html\n" in page


def test_a_readme_without_its_marks_is_an_error(tmp_path: Path) -> None:
    shutil.copytree(HERE, tmp_path / "tests" / "conformance", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "README.md").write_text("# Nothing here\n")
    assert "README.md has no lines" in run(tmp_path, "--write").stderr
