"""Functions of strings, conditions and JSON whose calls have to be rewritten.

Redshift's string functions take numbers and dates too (AWS r_REPEAT and r_CHARINDEX show it): their first arguments are
cast to text.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from warehouse.local.translate import settings
from warehouse.local.translate.names import on_leader
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.shapes import call, ours

# Functions of strings, and how many of their first arguments are strings.
_STRINGS = {
    "btrim": 2, "charindex": 2, "crc32": 1, "func_sha1": 1,
    "initcap": 1, "left": 1, "lower": 1, "lpad": 1, "ltrim": 2, "md5": 1,
    "quote_ident": 1, "quote_literal": 1, "regexp_count": 2, "regexp_instr": 2, "regexp_replace": 3, "regexp_substr": 2,
    "repeat": 1, "replace": 3, "replicate": 1, "reverse": 1, "right": 1, "rpad": 1, "rtrim": 2, "sha": 1, "sha1": 1,
    "sha2": 1, "split_part": 2, "strpos": 2, "to_date": 1, "to_timestamp": 1, "translate": 3,
    "upper": 1, "strtol": 1,
}  # fmt: skip


def cast_strings(node: exp.Anonymous) -> None:
    """Let a function of strings take any value."""
    count = _STRINGS.get(node.name.lower(), 0)
    node.set("expressions", [as_text(part) if at < count else part for at, part in enumerate(node.expressions)])


def as_text(node: exp.Expr) -> exp.Expr:
    """`node` as a text of any length; what is a string or a parameter already stays as it is."""
    if isinstance(node, exp.Parameter | exp.Null) or (isinstance(node, exp.Literal) and node.is_string):
        return node
    return exp.Cast(this=node.copy(), to=exp.DataType(this=exp.DType.TEXT))


def _arguments(node: exp.Anonymous, least: int, most: int) -> list[exp.Expr]:
    found = [part.copy() for part in node.expressions]
    if not least <= len(found) <= most:
        raise Refused(f"function {node.name.lower()} does not take {len(found)} arguments", "42883")
    return found


def _concat(node: exp.Anonymous) -> exp.Expr:
    parts = _arguments(node, 2, 2)
    return ours("concat", parts if any(_is_varbyte(part) for part in parts) else [as_text(part) for part in parts])


def _is_varbyte(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return "varbyte" in node.to.sql().lower()
    called = node.expression if isinstance(node, exp.Dot) else node
    return isinstance(called, exp.Anonymous) and called.name.lower() in ("from_hex", "to_varbyte")


def _length(node: exp.Anonymous) -> exp.Expr:
    return ours("len", _arguments(node, 1, 1))


def _substr(node: exp.Anonymous) -> exp.Expr:
    return ours("substring", _arguments(node, 2, 3))


def substring(node: exp.Substring) -> exp.Expr:
    """SUBSTRING(value FROM start FOR length), SUBSTRING(value, start, length)."""
    start = node.args.get("start") or exp.Literal.number(1)
    size = node.args.get("length")
    return ours("substring", [part.copy() for part in (node.this, start, size) if part is not None])


def _nvl2(node: exp.Anonymous) -> exp.Expr:
    value, present, absent = _arguments(node, 3, 3)
    return exp.Case(
        ifs=[exp.If(this=exp.Not(this=exp.Is(this=value, expression=exp.Null())), true=present)], default=absent
    )


def _json_path(node: exp.Anonymous) -> exp.Expr:
    value, *path = _arguments(node, 2, 7)
    quiet: exp.Expr = path.pop() if isinstance(path[-1], exp.Boolean) else exp.false()
    return ours("json_path", [value, exp.Array(expressions=[as_text(part) for part in path]), quiet])


def _super(name: str) -> Callable[[exp.Anonymous], exp.Expr]:
    def handler(node: exp.Anonymous) -> exp.Expr:
        if name == "super_object" and len(node.expressions) % 2:
            raise Refused("function object() takes pairs of a name and a value", "42883")
        return ours(name, [ours("to_super", [part.copy()]) for part in node.expressions])

    return handler


def object_transform(node: exp.ObjectTransform) -> exp.Expr:
    """OBJECT_TRANSFORM(value KEEP … SET …)."""
    changes = node.args.get("set_") or []
    if len(changes) % 2:
        raise Refused("OBJECT_TRANSFORM … SET takes pairs of a path and a value", "42601")
    keep = exp.Array(expressions=[part.copy() for part in node.args.get("keep") or []])
    paths = exp.Array(expressions=[part.copy() for part in changes[::2]])
    values = exp.Array(expressions=[ours("to_super", [part.copy()]) for part in changes[1::2]])
    arguments = [exp.cast(keep, "text[]"), exp.cast(paths, "text[]"), exp.Cast(this=values, to=_SUPERS)]
    return ours("object_transform", [node.this.copy(), *arguments])


_SUPERS = exp.DataType(this=exp.DType.USERDEFINED, kind="super[]")


def _of_arrays(name: str) -> Callable[[exp.Anonymous], exp.Expr]:
    """A search in an array: what is sought may be of any type."""

    def handler(node: exp.Anonymous) -> exp.Expr:
        items, wanted, *rest = _arguments(node, 2, 3)
        return ours(name, [items, ours("to_super", [wanted]), *rest])

    return handler


def _renamed(name: str) -> Callable[[exp.Anonymous], exp.Expr]:
    return lambda node: ours(name, [part.copy() for part in node.expressions])


def _current_setting(node: exp.Anonymous) -> exp.Expr:
    """current_setting('name' [, missing_ok]) of what this server remembers, and of an application's own settings."""
    name = _setting(node)
    if name.startswith("app_context."):
        return call("current_setting", *(part.copy() for part in node.expressions))
    if name in settings.REMEMBERED:
        found: exp.Expr = exp.maybe_parse(settings.remembered(name), dialect="postgres")
        return found
    if name in settings.REAL:
        return call("current_setting", node.expressions[0].copy())
    raise Refused(f'unrecognized configuration parameter "{name}"', "42704")


def _set_config(node: exp.Anonymous) -> exp.Expr:
    """set_config('app_context.name', value, is_local) (AWS r_SET_CONFIG)."""
    name = _setting(node)
    if not name.startswith("app_context."):
        raise not_emulated(f"SET_CONFIG of {name}; say SET")
    return call("set_config", *(part.copy() for part in _arguments(node, 3, 3)))


def _setting(node: exp.Anonymous) -> str:
    first = node.expressions[0] if node.expressions else None
    if not isinstance(first, exp.Literal) or not first.is_string:
        raise not_emulated(f"{node.name.upper()} of a name that is no constant")
    return str(first.this).lower()


def _slice_num(node: exp.Anonymous) -> exp.Expr:
    if not on_leader(node):
        raise not_emulated("SLICE_NUM() of a table's rows")
    return exp.Literal.number(10000)


HANDLERS: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "concat": _concat,
    **dict.fromkeys(("len", "length", "textlen", "char_length", "character_length"), _length),
    **dict.fromkeys(("substr", "substring"), _substr),
    "nvl2": _nvl2,
    "dexp": _renamed("exp"),
    "dlog1": _renamed("ln"),
    "dlog10": _renamed("log"),
    "dsqrt": _renamed("sqrt"),
    "pow": _renamed("power"),
    "current_setting": _current_setting,
    "set_config": _set_config,
    "slice_num": _slice_num,
    "json_extract_path_text": _json_path,
    "object": _super("super_object"),
    "array": _super("super_array"),
    **{name: _of_arrays(name) for name in ("array_contains", "array_position", "array_positions")},
}
