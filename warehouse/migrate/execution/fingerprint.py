"""What a revision says, as one number, to notice that it was edited after it ran.

Comments, docstrings, layout and quotes do not count, so that a formatter may run over old revisions; nor do waivers,
which change nothing that runs, so that a new rule can be answered in an old one. The tree is
written out by our own walk: `ast.dump` changes its mind between versions of Python.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path


def fingerprint(file: Path) -> str:
    """64 hexadecimal digits for what the Python file says."""
    return fingerprint_of(file.read_text(encoding="utf-8"))


def fingerprint_of(source: str) -> str:
    """The same for text."""
    return hashlib.sha256("\n".join(_said(ast.parse(source))).encode()).hexdigest()


def _said(node: ast.AST) -> Iterator[str]:
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if name in ("body", "orelse", "finalbody") and isinstance(value, list):
            value = [one for one in value if not _is_remark(one)]
        # What is not there says nothing: newer versions of Python know more fields.
        if value is None or value == [] or name in ("kind", "type_comment", "ctx"):
            continue
        yield name
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield from _said(one)
            else:
                yield repr(one)


def _is_remark(node: ast.AST) -> bool:
    """A string that stands alone: a docstring. Or the revision's `waive = {code: reason}`."""
    if isinstance(node, ast.Assign):
        return [one.id for one in node.targets if isinstance(one, ast.Name)] == ["waive"]
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
