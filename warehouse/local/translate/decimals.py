"""How many digits a division of DECIMALs has (AWS r_numeric_computations201).

PostgreSQL keeps no precision of what is reckoned, and gives a quotient as many digits as seem useful. Redshift settles
them by the types of the operands, so these are worked out here; the catalog is asked for the types of columns.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import reduce

from sqlglot import exp

from warehouse.local.translate.names import is_catalog
from warehouse.local.translate.questions import answer
from warehouse.local.translate.shapes import OPERATOR, ours
from warehouse.local.translate.tokens import literal, path

MAX_PRECISION = 38
_LEAST_SCALE = 4  # of a quotient


@dataclass(frozen=True)
class Number:
    """A type of numbers: an integer, a DECIMAL (`precision`, `scale`), or floating-point."""

    kind: str  # int, dec, float
    precision: int = 0
    scale: int = 0


FLOAT = Number("float")
_INTEGERS = {"smallint": Number("int", 5), "integer": Number("int", 10), "bigint": Number("int", 19)}
_CASTS = {
    "SMALLINT": _INTEGERS["smallint"], "INT": _INTEGERS["integer"], "BIGINT": _INTEGERS["bigint"],
    "FLOAT": FLOAT, "DOUBLE": FLOAT,
}  # fmt: skip
# Functions whose result is of the type of their first argument.
_LIKE_FIRST = {
    "abs", "any_value", "first_value", "lag", "last_value", "lead", "max", "median", "min", "mod", "nth_value",
    "nullif", "percentile_disc", "sign",
}  # fmt: skip
_COMMON = {"coalesce", "nvl", "greatest", "least"}
_FLOATS = {
    "sqrt", "exp", "ln", "log", "power", "pow", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop",
    "var_samp", "random", "pi", "ratio_to_report", "cume_dist", "percent_rank", "cbrt", "sin", "cos", "tan",
    "months_between", "dexp", "dlog1", "dlog10", "dsqrt",
}  # fmt: skip
_BIGINTS = {"count", "datediff", "date_diff", "row_number", "rank", "dense_rank", "approximate_count", "hll", "ntile"}
_TYPE = re.compile(r"numeric\((\d+),(\d+)\)")

Columns = dict[str, Number | None]


def divide(tree: exp.Expr) -> None:
    """Give every quotient of DECIMALs its scale. Raises questions.Unsure."""
    divisions = list(tree.find_all(exp.Div))
    if not divisions:
        return
    types = _Types(tree)
    found = [(node, types.of(node)) for node in divisions]
    for node, number in reversed(found):
        if number is not None and number.kind == "dec":
            made = ours("quotient", [node.this.copy(), node.expression.copy(), exp.Literal.number(number.scale)])
            made.meta[OPERATOR] = True
            node.replace(made)


def quotient(a: Number, b: Number) -> Number:
    """The type of a / b."""
    scale = max(_LEAST_SCALE, a.scale + b.precision - b.scale + 1)
    precision = a.precision - a.scale + b.scale + scale
    if precision > MAX_PRECISION:
        return Number("dec", MAX_PRECISION, max(MAX_PRECISION + scale - precision, _LEAST_SCALE))
    return Number("dec", precision, scale)


def _reckoned(node: exp.Expr, a: Number | None, b: Number | None) -> Number | None:
    if FLOAT in (a, b):
        return FLOAT
    if a is None or b is None:
        return None
    if a.kind == b.kind == "int":
        return a if a.precision >= b.precision else b
    if isinstance(node, exp.Div):
        return quotient(a, b)
    if isinstance(node, exp.Mul):
        return Number("dec", min(a.precision + b.precision + 1, MAX_PRECISION), min(a.scale + b.scale, MAX_PRECISION))
    scale = max(a.scale, b.scale)
    precision = max(a.precision - a.scale, b.precision - b.scale) + 1 + scale
    return Number("dec", min(precision, MAX_PRECISION), scale)


def _common(numbers: list[Number | None]) -> Number | None:
    """The type of values that may be of any of these: NVL, CASE, UNION."""
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return None

    def wider(a: Number, b: Number) -> Number:
        if FLOAT in (a, b):
            return FLOAT
        if a.kind == b.kind == "int":
            return a if a.precision >= b.precision else b
        scale = max(a.scale, b.scale)
        whole = max(a.precision - a.scale, b.precision - b.scale)
        return Number("dec", min(whole + scale, max(19, a.precision, b.precision)), scale)

    return reduce(wider, known)


class _Types:
    """Types of the expressions of one statement."""

    def __init__(self, tree: exp.Expr) -> None:
        self._tree = tree
        self._ctes = {cte.alias: cte for cte in tree.find_all(exp.CTE)}
        self._asked: dict[str, Columns] | None = None
        self._open: set[int] = set()
        self._known: dict[int, Columns] = {}  # of queries

    def of(self, node: exp.Expr | None) -> Number | None:
        """The type of an expression, None when it is no number or not known."""
        if node is None or id(node) in self._open:
            return None
        self._open.add(id(node))
        try:
            return self._of(node)
        finally:
            self._open.discard(id(node))

    def _of(self, node: exp.Expr) -> Number | None:
        if isinstance(node, exp.Literal):
            return _literal(node)
        if isinstance(node, exp.Paren | exp.Neg | exp.Alias | exp.Window | exp.IgnoreNulls | exp.RespectNulls):
            return self.of(node.this)
        if isinstance(node, exp.WithinGroup):
            return self.of(node.this)
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
            left = self.of(node.this)
            return FLOAT if left == FLOAT else _reckoned(node, left, self.of(node.expression))
        if isinstance(node, exp.Cast):
            return _cast(node)
        if isinstance(node, exp.Case):
            return _common([self.of(one) for one in _results(node)])
        if isinstance(node, exp.Coalesce):
            return _common([self.of(one) for one in (node.this, *node.expressions)])
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            return next(iter(self._outputs(node.this).values()), None)
        if isinstance(node, exp.Anonymous):
            return self._call(node)
        if isinstance(node, exp.Column):
            return self._column(node)
        return None

    def _call(self, node: exp.Anonymous) -> Number | None:
        name = node.name.lower()
        if name in _FLOATS:
            return FLOAT
        if name in _BIGINTS:
            return _INTEGERS["bigint"]
        first = node.expressions[0] if node.expressions else None
        if isinstance(first, exp.Distinct) and first.expressions:
            first = first.expressions[0]
        if name in ("sum", "avg"):
            found = self.of(first)
            if found is None or found.kind == "float":
                return found
            return _INTEGERS["bigint"] if found.kind == "int" else Number("dec", MAX_PRECISION, found.scale)
        if name in _LIKE_FIRST:
            return self.of(first)
        if name in _COMMON:
            return _common([self.of(one) for one in node.expressions if not isinstance(one, exp.Null)])
        if name in ("round", "trunc"):
            return self._rounded(node)
        return None

    def _rounded(self, node: exp.Anonymous) -> Number | None:
        found = self.of(node.expressions[0]) if node.expressions else None
        if found is None or found.kind != "dec":
            return found
        digits = node.expressions[1] if len(node.expressions) > 1 else exp.Literal.number(0)
        if not isinstance(digits, exp.Literal) or not str(digits.this).isdigit():
            return None
        scale = min(int(digits.this), MAX_PRECISION)
        return Number("dec", max(found.precision, found.precision - found.scale + scale), scale)

    # --- columns ------------------------------------------------------------------------------------------------------

    def _column(self, node: exp.Column) -> Number | None:
        select = _around(node)
        while select is not None:
            for source in _sources(select):
                if node.table and node.table != source.alias_or_name:
                    continue
                columns = self._of_source(source)
                if node.name in columns:
                    return columns[node.name]
            select = _around(select)
        return None

    def _of_source(self, source: exp.Expr) -> Columns:
        if id(source) in self._open:
            return {}
        self._open.add(id(source))
        try:
            if isinstance(source, exp.Subquery) and isinstance(source.this, exp.Query):
                return _renamed(self._outputs(source.this), source)
            if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                cte = self._ctes.get(source.name) if not source.db else None
                if cte is not None:
                    found = _renamed(self._outputs(cte.this), cte) if id(cte) not in self._open else {}
                    return _renamed(found, source)
                return _renamed(self._base(source), source)
            return {}
        finally:
            self._open.discard(id(source))

    def _outputs(self, query: exp.Expr) -> Columns:
        if id(query) not in self._known:
            self._known[id(query)] = self._work_out(query)
        return self._known[id(query)]

    def _work_out(self, query: exp.Expr) -> Columns:
        if isinstance(query, exp.SetOperation):
            left, right = self._outputs(query.this), list(self._outputs(query.expression).values())
            if len(left) != len(right):
                return left
            return {name: _common([one, other]) for (name, one), other in zip(left.items(), right, strict=True)}
        if isinstance(query, exp.Subquery):
            return self._outputs(query.this)
        if not isinstance(query, exp.Select):
            return {}
        found: Columns = {}
        for at, item in enumerate(query.expressions):
            star = item.this if isinstance(item, exp.Column) else item
            if isinstance(star, exp.Star):
                for source in _sources(query):
                    if not isinstance(item, exp.Column) or item.table == source.alias_or_name:
                        found |= self._of_source(source)
            else:
                found[item.alias_or_name or f"?{at}"] = self.of(item)
        return found

    def _base(self, table: exp.Table) -> Columns:
        if self._asked is None:
            self._asked = self._ask()
        return self._asked.get(_name(table), {})

    def _ask(self) -> dict[str, Columns]:
        """The columns of every table of the statement, asked at once."""
        names = dict.fromkeys(
            _name(table)
            for table in self._tree.find_all(exp.Table)
            if isinstance(table.this, exp.Identifier)
            and not is_catalog(table)
            and (table.db or table.name not in self._ctes)
        )
        questions = {name: f"pg_redshift.number_columns({literal(name)})" for name in names}
        known = answer(list(questions.values()))
        return {
            name: {column: _type(kind) for column, kind in json.loads(known[question] or "[]")}
            for name, question in questions.items()
        }


def _around(node: exp.Expr) -> exp.Expr | None:
    """The statement around a node. A query of WITH sees nothing of the one that it is for."""
    found = node.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge, exp.CTE)
    return (
        _around(found.parent.parent) if isinstance(found, exp.CTE) and found.parent and found.parent.parent else found
    )


def _name(table: exp.Table) -> str:
    return path(tuple(part.name for part in table.parts)[-2:])


def _sources(holder: exp.Expr) -> list[exp.Expr]:
    first = holder.args.get("from_") or holder.args.get("from")
    found: list[exp.Expr] = [] if isinstance(holder, exp.Select) else [holder.this]
    using = holder.args.get("using")
    found += using if isinstance(using, list) else [using] if using else []
    if first:
        found.append(first.this)
    return [*found, *(join.this for join in holder.args.get("joins") or [])]


def _renamed(columns: Columns, source: exp.Expr) -> Columns:
    alias = source.args.get("alias")
    names = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    if not names:
        return columns
    return dict(zip([*names, *list(columns)[len(names) :]], columns.values(), strict=False))


def _results(case: exp.Case) -> list[exp.Expr]:
    found = [branch.args["true"] for branch in case.args["ifs"]]
    if default := case.args.get("default"):
        found.append(default)
    return [one for one in found if not isinstance(one, exp.Null)]


def _literal(node: exp.Literal) -> Number | None:
    if node.is_string:
        return None
    whole, _, fraction = str(node.this).partition(".")
    if not (whole + fraction).isdigit():
        return FLOAT if "e" in str(node.this).lower() else None
    if not fraction and "." not in str(node.this) and int(whole) < 1 << 63:
        return _INTEGERS["integer" if int(whole) < 1 << 31 else "bigint"]
    return Number("dec", max(len(whole.lstrip("0")) + len(fraction), 1), len(fraction))


def _cast(node: exp.Cast) -> Number | None:
    kind = node.to.this
    name = kind.value if isinstance(kind, exp.DType) else ""
    if name != "DECIMAL":
        return _CASTS.get(name)
    sizes = [int(size.name) for size in node.to.expressions if size.name.isdigit()] or [18]
    return Number("dec", sizes[0], sizes[1] if len(sizes) > 1 else 0)


def _type(kind: str) -> Number | None:
    if match := _TYPE.fullmatch(kind):
        return Number("dec", int(match[1]), int(match[2]))
    return FLOAT if kind in ("double precision", "real") else _INTEGERS.get(kind)
