"""Paths into SUPER values and unnesting of them in FROM (AWS "Querying semistructured data", query-super).

A dotted name begins with a relation of the query, or else with a column: what follows the column is a path. In FROM a
path, or the name of a value that stands before it there, is unnested. Paths become calls of catalog/60_super.sql.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from warehouse.local.translate.names import names_catalog, on_leader
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.shapes import ours, text

_HOLDERS = (exp.Select, exp.Update, exp.Delete, exp.Merge)
# Functions that tell JSON's null from no value at all.
_NULL_AWARE = {"json_typeof", "json_serialize", "json_size", "is_scalar"}
# Calls whose arguments have one type: beside a SUPER value the others are SUPER too.
_ONE_TYPE = {"nvl", "coalesce", "greatest", "least", "nvl2"}
_MARK = "super"


@dataclass
class _Scope:
    """What may stand before a dot: relations by alias or name, schemas of those, and the values that FROM unnests."""

    outer: _Scope | None
    relations: set[str] = field(default_factory=set)
    schemas: set[tuple[str, ...]] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    def has_relation(self, name: str) -> bool:
        return name in self.relations or (self.outer is not None and self.outer.has_relation(name))

    def has_schema(self, *names: str) -> bool:
        return names in self.schemas or (self.outer is not None and self.outer.has_schema(*names))

    def has_value(self, name: str) -> bool:
        if name in self.values or name in self.relations:
            return name in self.values
        return self.outer is not None and self.outer.has_value(name)


def navigate(tree: exp.Expr) -> None:
    """Put calls in the place of paths and of what FROM unnests. Names are folded already. Raises Refused."""
    scopes: dict[int, _Scope] = {}
    for holder in tree.find_all(*_HOLDERS):
        above = holder.find_ancestor(*_HOLDERS)
        scopes[id(holder)] = _scope(holder, scopes.get(id(above)))
    for path in list(tree.find_all(exp.Column, exp.Dot, exp.Bracket)):
        if _is_whole(path) and (at := path.find_ancestor(*_HOLDERS)) and id(at) in scopes:
            _expression(path, scopes[id(at)])
    for node in list(tree.find_all(exp.Expr)):
        if node.meta.get(_MARK):
            _beside(node)


def is_super(node: exp.Expr) -> bool:
    """True for what is certainly a SUPER value."""
    return bool(node.meta.get(_MARK))


# --- FROM -------------------------------------------------------------------------------------------------------------


def _sources(holder: exp.Expr) -> list[exp.Expr]:
    first = holder.args.get("from_") or holder.args.get("from")
    found: list[exp.Expr] = []
    if not isinstance(holder, exp.Select) and holder.this is not None:
        found.append(holder.this)
    using = holder.args.get("using")
    found += using if isinstance(using, list) else [using] if using else []
    if first:
        found.append(first.this)
    for holding in (holder, *found):
        found += [join.this for join in holding.args.get("joins") or [] if isinstance(holding, exp.Table | exp.Select)]
    return found


def _scope(holder: exp.Expr, outer: _Scope | None) -> _Scope:
    scope = _Scope(outer)
    for source in _sources(holder):
        unnested = _unnested(source, scope)
        if unnested is not None:
            path, alias, place, attributes = unnested
            _unnest(source, _path(path, scope), alias, place, attributes=attributes)
            scope.values.add(alias)
        else:
            scope.relations.add(source.alias_or_name)
            scope.relations |= {pivot.alias for pivot in source.args.get("pivots") or [] if pivot.alias}
            if isinstance(source, exp.Table):
                names = tuple(part.name for part in source.parts)
                scope.schemas |= {names[at:] for at in range(len(names) - 1)}
    return scope


def _unnested(source: exp.Expr, scope: _Scope) -> tuple[exp.Expr, str, str, bool] | None:
    """The path, the alias, the index's name and whether attributes are unpivoted, when `source` is no relation."""
    if isinstance(source, exp.Unnest):
        if not source.meta.get("path"):
            raise Refused("function unnest() is not supported", "0A000")
        path = source.expressions[0]
        alias = source.alias
        place = source.args.get("offset")
        unpivot = bool(source.args.get("unpivot"))
        return path, alias or _last_name(path), place.name if isinstance(place, exp.Identifier) else "", unpivot
    if not isinstance(source, exp.Table) or not all(isinstance(part, exp.Identifier) for part in source.parts):
        return None
    parts = source.parts
    first = parts[0].name
    if len(parts) == 1:
        if not scope.has_value(first):
            return None
    elif not (scope.has_value(first) or scope.has_relation(first)):
        return None
    column: exp.Expr = exp.Column(this=parts[0].copy())
    for part in parts[1:]:
        column = exp.Dot(this=column, expression=part.copy())
    return column, source.alias_or_name, "", False


def _unnest(source: exp.Expr, path: exp.Expr, alias: str, place: str, *, attributes: bool) -> None:
    name = "super_attributes" if attributes else "super_numbered" if place else "super_elements"
    columns = [exp.to_identifier(one, quoted=True) for one in (alias, place or ("_name" if attributes else "")) if one]
    table = exp.Table(
        this=ours(name, [path]),
        alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True), columns=columns),
    )
    source.replace(table)


def _last_name(path: exp.Expr) -> str:
    while isinstance(path, exp.Bracket):
        path = path.this
    return path.expression.name if isinstance(path, exp.Dot) else path.name


# --- expressions ------------------------------------------------------------------------------------------------------


def _is_whole(node: exp.Expr) -> bool:
    """True for a path that is not the beginning of a longer one, nor a name or a call of another kind."""
    if isinstance(node.parent, exp.Dot | exp.Bracket) and node.arg_key == "this":
        return False
    if isinstance(node, exp.Dot):
        return isinstance(node.expression, exp.Identifier) and not isinstance(node.this, exp.Identifier)
    if isinstance(node, exp.Column):
        return isinstance(node.this, exp.Identifier) and not is_super(node) and not _is_target(node)
    return True


def _is_target(node: exp.Expr) -> bool:
    parent = node.parent
    return isinstance(parent, exp.EQ) and node.arg_key == "this" and isinstance(parent.parent, exp.Update)


def _of_catalog(node: exp.Expr) -> bool:
    """True for a subscript of an array of the leader's catalogs: those are arrays of PostgreSQL."""
    if not isinstance(node, exp.Bracket) or not on_leader(node):
        return False
    base = node.this.unnest()
    return names_catalog(node) or (isinstance(base, exp.Anonymous) and base.name.lower() == "current_schemas")


def _expression(node: exp.Expr, scope: _Scope) -> None:
    if _of_catalog(node):
        node.set("offset", 1)  # they begin at 1, and are to be left so
        return
    path = _path(node, scope)
    if path is node:
        return
    label = _label(node)
    outermost: exp.Expr = node
    while isinstance(outermost.parent, exp.Cast | exp.Paren):
        outermost = outermost.parent
    called = node.parent
    aware = isinstance(called, exp.Anonymous) and called.name.lower() in _NULL_AWARE
    if not aware and isinstance(path, exp.Dot):
        path = ours("super_present", [path])
    path.meta[_MARK] = True
    node.replace(path)
    if outermost is node:
        outermost = path
    if isinstance(outermost.parent, exp.Select) and outermost.arg_key == "expressions" and label:
        outermost.replace(exp.alias_(outermost.copy(), label, quoted=True))


def _label(node: exp.Expr) -> str:
    if isinstance(node, exp.Column):
        return node.name
    return _last_name(node)


def _path(node: exp.Expr, scope: _Scope) -> exp.Expr:
    """`node` itself when it is a column, else the calls that walk the path."""
    steps: list[exp.Expr] = []
    base = node
    while True:
        if isinstance(base, exp.Bracket):
            if len(base.expressions) != 1:
                raise not_emulated("more than one subscript in brackets")
            steps.insert(0, base.expressions[0])
            base = base.this
        elif isinstance(base, exp.Dot) and isinstance(base.expression, exp.Identifier):
            steps.insert(0, base.expression)
            base = base.this
        else:
            break
    if isinstance(base, exp.Column):
        if not isinstance(base.this, exp.Identifier):
            return node
        steps = [*base.parts, *steps]
        found, taken = _column(steps, scope)
        if taken == len(steps):
            if not scope.has_value(steps[0].name):
                return node
            node.set("table", steps[0].copy())
            node.meta[_MARK] = True
            return node
        steps = steps[taken:]
        value: exp.Expr = found
    else:
        value = base.copy()
    for step in steps:
        value = _step(value, step)
    return value


def _column(steps: list[exp.Expr], scope: _Scope) -> tuple[exp.Expr, int]:
    """The column that the first steps name, and how many these are."""
    names = []
    for step in steps:
        if not isinstance(step, exp.Identifier):
            break
        names.append(step)
    first = names[0].name
    if scope.has_value(first):
        value = exp.Column(this=names[0].copy(), table=names[0].copy())
        value.meta[_MARK] = True
        return value, 1
    if len(names) > 1 and scope.has_relation(first):
        return exp.Column(this=names[1].copy(), table=names[0].copy()), 2
    if len(names) > 2 and scope.has_schema(first, names[1].name):
        return exp.Column(this=names[2].copy(), table=names[1].copy(), db=names[0].copy()), 3
    if len(names) > 3 and scope.has_schema(names[1].name, names[2].name):
        return exp.Column(this=names[3].copy(), table=names[2].copy(), db=names[1].copy()), 4
    return exp.Column(this=names[0].copy()), 1


def _step(value: exp.Expr, step: exp.Expr) -> exp.Expr:
    if isinstance(step, exp.Identifier):
        spelled = step.meta.get("spelled", step.name)
        if spelled != step.name:
            return ours("super_spelled", [value, text(spelled)])
        return ours("super_field", [value, text(step.name)])
    if isinstance(step, exp.Slice):
        raise Refused("array slices are not supported", "0A000")
    if isinstance(step, exp.Literal) and step.is_string:
        raise not_emulated("an attribute's name in brackets")
    if isinstance(step, exp.Literal) and step.this.isdigit() and int(step.this) < 1 << 31:
        return ours("super_element", [value, step.copy()])
    return ours("super_at", [value, step.copy()])


# --- what stands beside a value ---------------------------------------------------------------------------------------


def _beside(node: exp.Expr) -> None:
    """PostgreSQL wants one type where SUPER meets any: `x IN ('a')`, NVL(x, 'a'), CASE … THEN x ELSE 'a' END."""
    parent = node.parent
    if isinstance(parent, exp.In) and node.arg_key == "this" and parent.expressions:
        equal: exp.Expr = exp.or_(*(exp.EQ(this=node.copy(), expression=one.copy()) for one in parent.expressions))
        parent.replace(exp.paren(equal))
    elif isinstance(parent, exp.If) and node.arg_key == "true" and isinstance(parent.parent, exp.Case):
        _make_super(parent.parent)
    elif isinstance(parent, exp.Case) and node.arg_key == "default":
        _make_super(parent)
    elif isinstance(parent, exp.Anonymous) and parent.name.lower() in _ONE_TYPE:
        for one in parent.expressions[parent.name.lower() == "nvl2" :]:
            _into_super(one)


def _make_super(case: exp.Case) -> None:
    for one in [*(branch.args["true"] for branch in case.args["ifs"]), case.args.get("default")]:
        if one is not None:
            _into_super(one)


def _into_super(node: exp.Expr) -> None:
    if not is_super(node) and not isinstance(node, exp.Null):
        made = ours("to_super", [node.copy()])
        made.meta[_MARK] = True
        node.replace(made)
