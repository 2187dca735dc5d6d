"""Expressions of a revision, evaluated without running it: literals, and objects of a few trusted modules.

`Names.value(node)` gives the value, or raises NotKnown. Only the modules below are imported, whatever the file imports,
and nothing is called but what comes from them, and methods of text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

# SQLAlchemy's and our own makers of columns, types and statements: they open nothing and write nothing.
_TRUSTED = ("sqlalchemy", "sqlalchemy_redshift", "warehouse.schema", "textwrap")
# What is nobody's business, and what would open something.
_UNTRUSTED = ("_", "create_", "engine", "event", "inspect", "pool", "util")
_WORDS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Mod: lambda left, right: left % right,
}


class NotKnown(Exception):
    """The value is only known when the revision runs."""


@dataclass
class Names:
    """The names of a file that stand for known values."""

    known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_module(cls, tree: ast.Module) -> Names:
        """The imports of trusted modules, and the literals that the module gives a name."""
        names = cls()
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names._import(node)
            elif isinstance(node, ast.Assign):
                names.assign(node)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                names.assign(ast.Assign([node.target], node.value))
        return names

    def assign(self, node: ast.Assign) -> None:
        """Remember what a name stands for; forget it when that is not known."""
        try:
            value = self.value(node.value)
        except NotKnown:
            for target in node.targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        self.known.pop(name.id, None)
            return
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.known[target.id] = value

    def value(self, node: ast.expr) -> Any:
        """The value of an expression. Raises NotKnown."""
        reader: Callable[[Any], Any] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reader is None:
            raise NotKnown
        try:
            return reader(node)
        except NotKnown:
            raise
        except Exception as error:  # whatever an ill-made argument makes SQLAlchemy raise
            raise NotKnown from error

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            module = node.module if isinstance(node, ast.ImportFrom) else alias.name
            trusted = module is not None and any(module == one or module.startswith(f"{one}.") for one in _TRUSTED)
            if module is None or not trusted or alias.name.startswith(_UNTRUSTED):
                continue
            try:
                found = import_module(module)
                if isinstance(node, ast.ImportFrom):
                    self.known[alias.asname or alias.name] = _member(found, module, alias.name)
                else:
                    name = alias.asname or module.partition(".")[0]
                    self.known[name] = found if alias.asname else import_module(name)
            except (ImportError, AttributeError):
                continue

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id not in self.known:
            raise NotKnown
        return self.known[node.id]

    def _tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(map(self.value, node.elts))

    def _list(self, node: ast.List) -> list[Any]:
        return list(map(self.value, node.elts))

    def _set(self, node: ast.Set) -> set[Any]:
        return set(map(self.value, node.elts))

    def _dict(self, node: ast.Dict) -> dict[Any, Any]:
        if None in node.keys:
            raise NotKnown
        return {self.value(key): self.value(value) for key, value in zip(node.keys, node.values, strict=True) if key}

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        if not isinstance(node.op, ast.USub):
            raise NotKnown
        return -self.value(node.operand)

    def _binop(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _WORDS:
            raise NotKnown
        return _WORDS[type(node.op)](self.value(node.left), self.value(node.right))

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        return "".join(str(self.value(part)) for part in node.values)

    def _formattedvalue(self, node: ast.FormattedValue) -> str:
        return str(self.value(node.value))

    def _attribute(self, node: ast.Attribute) -> Any:
        if node.attr.startswith(_UNTRUSTED):
            raise NotKnown
        return getattr(self.value(node.value), node.attr)

    def _call(self, node: ast.Call) -> Any:
        if ast.unparse(node.func) == "op.f":
            return self.value(node.args[0])
        if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
            raise NotKnown
        called = self.value(node.func)
        arguments = [self.value(one) for one in node.args]
        return called(*arguments, **{str(one.arg): self.value(one.value) for one in node.keywords})


def _member(module: Any, path: str, name: str) -> Any:
    return getattr(module, name) if hasattr(module, name) else import_module(f"{path}.{name}")
