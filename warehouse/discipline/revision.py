"""A revision's file as changes: read from its text, not run, so that a linter needs neither a warehouse nor trust.

`read_revision` follows `upgrade()`, and the functions of the file that it calls, in their order, branches and loops
included; each `op.` call becomes the changes of changes.py, with its line. Arguments are evaluated when they are
literals, names of the file that stand for literals, or objects of SQLAlchemy and of `warehouse.schema`. What is only
known at run time is not guessed: it becomes `Unreadable`, and a rule says so.

A revision waives a rule with a name of its own:  waive = {"WH202": "nobody has read it since 2024"}
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.discipline.changes import Change, Impossible, Unreadable
from warehouse.discipline.evaluate import Names, NotKnown
from warehouse.discipline.finding import Place
from warehouse.discipline.operations import OPERATIONS
from warehouse.discipline.subject import Revision
from warehouse.errors import DesignError, DisciplineError

_WAIVE = "waive"


@dataclass(frozen=True)
class RevisionFile:
    """What a revision's file says: the whole, its waivers (code -> reason), the revisions that it follows."""

    revision: Revision
    waivers: Mapping[str, str]
    follows: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[Change | Revision, ...]:
        """What the rules judge."""
        return (*self.revision.changes, self.revision)


def read_revision(path: str | Path, text: str | None = None) -> RevisionFile:
    """Read a revision; `text` is the file's when it is given. Raises DisciplineError when it is no Python."""
    name = str(path)
    source = Path(path).read_text(encoding="utf-8") if text is None else text
    try:
        tree = ast.parse(source, name)
    except SyntaxError as error:
        raise DisciplineError(f"{name}:{error.lineno}: {error.msg}.", next_step="Mend the file.") from error
    names = Names.of_module(tree)
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    walk = _Walk(name, functions, names)
    upgrade = tuple(walk.changes("upgrade"))
    line = functions["downgrade"].lineno if "downgrade" in functions else 1
    waived = names.known.get(_WAIVE, {})
    if not isinstance(waived, Mapping):
        raise DisciplineError(f"{name}: {_WAIVE} is no mapping.", next_step=f'Say {_WAIVE} = {{"WH202": "why"}}.')
    label = str(names.known.get("revision", Path(name).stem))
    undoes = _does_something(functions.get("downgrade"))
    before = names.known.get("down_revision")
    follows = tuple(map(str, before)) if isinstance(before, list | tuple) else (str(before),) if before else ()
    return RevisionFile(Revision(label, upgrade, undoes, Place(name, line)), dict(waived), follows)


def is_revision(text: str) -> bool:
    """Does a Python file look like a revision of Alembic?"""
    return "down_revision" in text and "def upgrade" in text


def _does_something(function: ast.FunctionDef | None) -> bool:
    body = function.body if function is not None else []
    saying = [one for one in body if not (isinstance(one, ast.Pass) or _is_text(one))]
    return bool(saying) and not isinstance(saying[0], ast.Raise)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


class _Walk:
    """A walk through a revision's functions."""

    def __init__(self, file: str, functions: Mapping[str, ast.FunctionDef], names: Names) -> None:
        self.file = file
        self.functions = functions
        self.names = names
        self.seen: set[str] = set()
        # What `with op.batch_alter_table("sale") as batch` names -> the table.
        self.batches: dict[str, dict[str, Any]] = {}

    def changes(self, function: str) -> Iterator[Change]:
        if function in self.functions and function not in self.seen:
            self.seen.add(function)
            for statement in self.functions[function].body:
                yield from self._visit(statement)

    def _visit(self, node: ast.AST) -> Iterator[Change]:
        if isinstance(node, ast.With):
            for item in node.items:
                self._open(item)
        for child in ast.iter_child_nodes(node):
            yield from self._visit(child)
        if isinstance(node, ast.Assign):
            self.names.assign(node)
        elif isinstance(node, ast.Call):
            yield from self._call(node)

    def _open(self, item: ast.withitem) -> None:
        call = item.context_expr
        if _called(call) == ("op", "batch_alter_table") and isinstance(item.optional_vars, ast.Name):
            assert isinstance(call, ast.Call)
            arguments = self._arguments(call, ("table_name", "schema"))
            self.batches[item.optional_vars.id] = {**arguments, "schema": arguments.get("schema")}

    def _call(self, node: ast.Call) -> Iterator[Change]:
        if isinstance(node.func, ast.Name):
            yield from self.changes(node.func.id)
            return
        holder, name = _called(node)
        operation = OPERATIONS.get(name)
        if operation is None or not (holder == "op" or holder in self.batches):
            return
        place = Place(self.file, node.lineno)
        given = self.batches.get(holder, {})
        try:
            words = tuple(word for word in operation.words if word not in given)
            arguments = {**self._arguments(node, words, rest=operation.rest), **given}
            yield from operation.changes(arguments, place)
        except NotKnown:
            yield Unreadable(ast.unparse(node), place=place)
        except DesignError as error:
            table = str(self._first(node) or "")
            yield Impossible(table, error.message.rstrip("."), error.next_step.rstrip("."), place=place)

    def _first(self, node: ast.Call) -> Any:
        try:
            return self.names.value(node.args[0]) if node.args else None
        except NotKnown:
            return None

    def _arguments(self, node: ast.Call, words: tuple[str, ...], *, rest: str | None = None) -> dict[str, Any]:
        values = [self.names.value(one) for one in node.args]
        found = dict(zip(words, values, strict=False))
        if rest is not None:
            found[rest] = values[len(words) :]
        for keyword in node.keywords:
            if keyword.arg is None:
                raise NotKnown
            found[keyword.arg] = self.names.value(keyword.value)
        return found


def _called(node: ast.AST) -> tuple[str, str]:
    """("op", "execute") for op.execute(…)."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id, function.attr
    return "", ""
