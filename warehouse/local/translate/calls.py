"""Calls of functions: each goes where its name says (functions.py), or is refused.

A result column that has no alias keeps the name that Redshift gives it, whatever the call has become.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from warehouse.local import catalog
from warehouse.local.translate import aggregates, dates, functions, scalars
from warehouse.local.translate.casts import FITTED, UNROUNDED, try_cast, type_label
from warehouse.local.translate.intervals import MARK
from warehouse.local.translate.names import Touched, names_catalog, on_leader
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.questions import answer
from warehouse.local.translate.shapes import OPERATOR, ours, outermost
from warehouse.local.translate.tokens import literal, quote

# Calls with a grammar of their own, and what sqlglot counts among functions though it is none.
_GRAMMAR = (
    exp.Cast, exp.Case, exp.If, exp.And, exp.Or, exp.Xor, exp.Not, exp.Exists, exp.Any, exp.All, exp.DecodeCase,
    exp.Extract, exp.StrPosition, exp.Substring, exp.Trim, exp.CurrentDate, exp.CurrentUser, exp.SessionUser,
    exp.AtTimeZone, exp.Interval, exp.Paren, exp.RegexpLike, exp.RegexpILike, exp.CurrentCatalog, exp.Coalesce,
)  # fmt: skip
_CLOCK = (exp.CurrentTimestamp, exp.CurrentTime, exp.Localtime, exp.Localtimestamp, exp.CurrentSchema)
_NO_TABLE = "One or more of the used functions must be applied on at least one user created table."

Handler = Callable[[exp.Anonymous], exp.Expr]
HANDLERS: dict[str, Handler] = {**aggregates.HANDLERS, **dates.HANDLERS, **scalars.HANDLERS}


def redirect_functions(tree: exp.Expr, touches: Touched) -> None:
    """Put PostgreSQL's functions and ours in the place of Redshift's. Raises Refused."""
    aggregates.check(tree)
    labels = _labels(tree)
    for cast in list(tree.find_all(exp.Cast)):
        if size := cast.meta.get(FITTED):
            cast.set("this", ours("fitted", [cast.this.copy(), exp.Literal.number(size)]))
        elif touches.user and (digits := cast.meta.get(UNROUNDED)) is not None:
            cast.set("this", ours("unrounded", [cast.this.copy(), exp.Literal.number(digits)]))
    # Inner calls first: an outer one may move its arguments.
    for node in reversed(list(tree.find_all(exp.Func))):
        if isinstance(node, exp.Anonymous):
            _by_name(node, touches)
        elif isinstance(node, exp.Extract):
            node.replace(dates.extract(node))
        elif isinstance(node, exp.Substring):
            node.replace(scalars.substring(node))
        elif isinstance(node, exp.TryCast):
            node.replace(try_cast(node))
        elif isinstance(node, exp.ObjectTransform):
            node.replace(scalars.object_transform(node))
        elif isinstance(node, exp.Pow):
            node.replace(ours("power", [node.this.copy(), node.expression.copy()]))
        elif isinstance(node, exp.StrPosition):
            node.set("this", scalars.as_text(node.this))
            node.set("substr", scalars.as_text(node.args["substr"]))
        elif isinstance(node, exp.Trim):
            node.set("this", scalars.as_text(node.this))
        elif isinstance(node, exp.Array) and node.args.get("bracket_notation") and not on_leader(node):
            raise Refused("array constructors and subscripts are not supported", "0A000")
        elif isinstance(node, exp.Array):
            if not (on_leader(node) and names_catalog(node)) and node.find_ancestor(exp.Dot) is None:
                node.replace(scalars.HANDLERS["array"](exp.Anonymous(this="array", expressions=node.expressions)))
        elif isinstance(node, _CLOCK):
            _leader_only(node.sql_name().lower(), touches)
        elif not isinstance(node, _GRAMMAR):
            raise not_emulated(f"function {node.sql_name().lower()}()")
    for select, place, label in labels:
        item = select.expressions[place]
        if not isinstance(item, exp.Alias) and _called(item) != label:
            item.replace(exp.alias_(item.copy(), label, quoted=True))


def _labels(tree: exp.Expr) -> list[tuple[exp.Select, int, str]]:
    return [
        (select, place, label)
        for select in tree.find_all(exp.Select)
        for place, item in enumerate(select.expressions)
        if (label := _label(item))
    ]


def _label(item: exp.Expr) -> str:
    """The name of a result column that is a call without an alias, or ""."""
    name = _called(item)
    return functions.LABELS.get(name, name)


def _called(item: exp.Expr) -> str:
    if isinstance(item, exp.Cast) and (FITTED in item.meta or UNROUNDED in item.meta):
        inner = item.this
        return inner.name if isinstance(inner, exp.Column) else _called(inner) or type_label(item)
    while isinstance(item, exp.Window | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        item = item.this
    if isinstance(item, exp.Substring):
        return "substring"
    if isinstance(item, exp.CurrentDate):
        return "current_date"
    if isinstance(item, exp.Cast) and not isinstance(item.this, exp.Column) and MARK in item.this.meta:
        return "varchar"
    if isinstance(item, exp.TryCast):
        return item.this.name if isinstance(item.this, exp.Column) else type_label(item)
    if isinstance(item, exp.Pow) or OPERATOR in item.meta:
        return "?column?"
    if isinstance(item, exp.Extract):
        return "extract"
    if isinstance(item, exp.Array):
        return "array"
    if isinstance(item, exp.ObjectTransform):
        return "object_transform"
    if isinstance(item, exp.Dot):
        item = item.expression
    if isinstance(item, exp.Anonymous) and item.name.lower() == "nullif" and item.expressions:
        first = item.expressions[0]
        return first.name if isinstance(first, exp.Column) else _called(first)
    return item.name.lower() if isinstance(item, exp.Anonymous) else ""


def _by_name(node: exp.Anonymous, touches: Touched) -> None:
    name = node.name.lower()
    parent = node.parent
    whole: exp.Expr = node
    if isinstance(parent, exp.Dot):
        schema = parent.this.name.lower() if isinstance(parent.this, exp.Identifier) else ""
        if schema == catalog.SCHEMA:
            return
        if schema not in ("pg_catalog", ""):
            _of_user(parent, f"{quote(schema)}.{quote(name)}")
            return
        whole = parent
    if name in functions.LEADER_ONLY:
        _leader_only(name, touches)
    if name in functions.COMPUTE_ONLY and not (touches.user or touches.system):
        raise Refused(_NO_TABLE, "0A000")
    scalars.cast_strings(node)
    if name in HANDLERS:
        target = outermost(node) if whole is node else whole
        target.replace(HANDLERS[name](node))
    elif name in catalog.FUNCTIONS:
        whole.replace(ours(name, node.expressions))
    elif name in functions.RENAMED:
        node.set("this", functions.RENAMED[name])
    elif name in functions.REFUSED:
        raise _unsupported(name)
    elif name not in functions.SAME:
        _of_user(node, quote(name))


def _of_user(node: exp.Expression, name: str) -> None:
    """Leave the call of a function that a user has made as it is."""
    question = f"pg_redshift.user_function({literal(name)})"
    if not answer([question])[question]:
        raise not_emulated(f"function {name.replace(chr(34), '')}()")


def _leader_only(name: str, touches: Touched) -> None:
    if touches.user:
        raise _unsupported(name)


def _unsupported(name: str) -> Refused:
    return Refused(
        "Specified types or functions (one per INFO message) not supported on Redshift tables.",
        "0A000",
        detail=f'Function "{name}()" not supported.',
    )
