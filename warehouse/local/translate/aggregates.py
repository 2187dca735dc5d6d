"""Aggregates and window functions that PostgreSQL has not, or has with other rules.

AVG is SUM / COUNT with SUM's type, so that an average of integers is a BIGINT and one of DECIMAL(p,s) keeps its scale.
LISTAGG, MEDIAN and PERCENTILE_… gather their values in an array, which works as an aggregate and over a window alike.

Sources: AWS "Aggregate functions" (c_Aggregate_Functions), "Window functions" (c_Window_functions).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.shapes import call, ours, outermost, text, window, within_group

# With ORDER BY in their window these ask for ROWS …; ranking functions and LAG, LEAD take no frame.
_FRAMED = {
    "avg", "count", "max", "min", "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance",
    "first_value", "last_value", "nth_value", "bool_and", "bool_or", "bit_and", "bit_or",
}  # fmt: skip
_SORTED = ("listagg", "median", "percentile_cont")


def check(tree: exp.Expr) -> None:
    """Refuse what Redshift refuses of windows and sorted aggregates."""
    for over in tree.find_all(exp.Window):
        called = over.this.find(exp.Anonymous)
        if called and called.name.lower() in _FRAMED and over.args.get("order") and not over.args.get("spec"):
            raise Refused("Aggregate window functions with an ORDER BY clause require a frame clause", "0A000")
    for select in tree.find_all(exp.Select):
        orders = {_order_of(node) for node in _sorted_calls(select)}
        if len(orders) > 1:
            raise Refused("within group ORDER BY clauses for aggregate functions must be the same", "0A000")


def _sorted_calls(select: exp.Select) -> list[exp.Anonymous]:
    return [
        node
        for item in select.expressions
        for node in item.find_all(exp.Anonymous)
        if node.name.lower() in _SORTED and window(node) is None and node.find_ancestor(exp.Select) is select
    ]


def _order_of(node: exp.Anonymous) -> str:
    if node.name.lower() == "median":
        return str(node.expressions[0])
    order = within_group(node)
    return (
        ", ".join(part.this.sql() + " DESC" * bool(part.args.get("desc")) for part in order.expressions)
        if order
        else ""
    )


def _over(function: exp.Expr, node: exp.Expr, *, whole: bool = False, spec: exp.Expr | None = None,
          order: exp.Order | None = None) -> exp.Expr:  # fmt: skip
    """`function` with the OVER clause of `node`. `whole` makes its frame the whole partition."""
    found = window(node)
    if found is None:
        return function
    copy = found.copy()
    copy.set("this", function)
    if order is not None:
        copy.set("order", order.copy())
    if whole and copy.args.get("order"):
        copy.set("spec", _rows("UNBOUNDED", "PRECEDING", "UNBOUNDED", "FOLLOWING"))
    if spec is not None:
        copy.set("spec", spec)
    return copy


def _rows(start: str, start_side: str, end: str, end_side: str) -> exp.WindowSpec:
    return exp.WindowSpec(kind="ROWS", start=start, start_side=start_side, end=end, end_side=end_side)


def _distinct(node: exp.Anonymous) -> tuple[bool, list[exp.Expr]]:
    first = node.expressions[0] if node.expressions else None
    if isinstance(first, exp.Distinct):
        return True, [*first.expressions, *node.expressions[1:]]
    return False, list(node.expressions)


def _sum(node: exp.Anonymous) -> exp.Expr:
    return _over(ours("sum", [part.copy() for part in node.expressions]), node)


def _avg(node: exp.Anonymous) -> exp.Expr:
    total = ours("sum", [part.copy() for part in node.expressions])
    count = call("count", *(part.copy() for part in node.expressions))
    return ours("avg", [_over(total, node), _over(count, node)])


def _spread(node: exp.Anonymous) -> exp.Expr:
    """STDDEV and VARIANCE are floating-point, whatever they are given (AWS r_STDDEV_functions)."""
    distinct, arguments = _distinct(node)
    wide: list[exp.Expr] = [exp.cast(one.copy(), "double precision") for one in arguments]
    return _over(call(node.name, *([exp.Distinct(expressions=wide)] if distinct else wide)), node)


def _values(node: exp.Anonymous, value: exp.Expr, order: exp.Order | None) -> exp.Expr:
    """All values of the group or the window in one array."""
    if window(node) is not None:
        return _over(call("array_agg", value.copy()), node, whole=True, order=order)
    inner = value.copy()
    return call("array_agg", exp.Order(this=inner, expressions=[part.copy() for part in order.expressions])
                if order else inner)  # fmt: skip


def _listagg(node: exp.Anonymous) -> exp.Expr:
    distinct, arguments = _distinct(node)
    separator = arguments[1].copy() if len(arguments) > 1 else text("")
    name = "listagg_distinct" if distinct else "listagg"
    return ours(name, [_values(node, arguments[0], within_group(node)), separator])


def _median(node: exp.Anonymous) -> exp.Expr:
    return ours("percentile_cont", [exp.Literal.number("0.5"), _values(node, node.expressions[0], None)])


def _percentile(name: str) -> Callable[[exp.Anonymous], exp.Expr]:
    def handler(node: exp.Anonymous) -> exp.Expr:
        order = within_group(node)
        if order is None or len(order.expressions) != 1:
            raise Refused('syntax error at or near ")"', "42601")
        ordered = order.expressions[0]
        fraction = node.expressions[0].copy()
        if not (isinstance(fraction, exp.Literal) and not fraction.is_string and 0 <= float(fraction.this) <= 1):
            raise Refused("percentile value must be a constant between 0 and 1", "22003")
        down = exp.true() if ordered.args.get("desc") else exp.false()
        return ours(name, [fraction, _values(node, ordered.this, None), down])

    return handler


def _approximate_count(node: exp.Anonymous) -> exp.Expr:
    distinct, _ = _distinct(node)
    if not distinct:
        raise Refused("APPROXIMATE needs COUNT(DISTINCT expression)", "42601")
    return _over(call("count", *(part.copy() for part in node.expressions)), node)


def _hll(node: exp.Anonymous) -> exp.Expr:
    """HLL(value): how many different ones there are, counted exactly where Redshift estimates (AWS r_HLL_function)."""
    distinct, arguments = _distinct(node)
    if distinct or len(arguments) != 1:
        raise Refused("function hll() takes one expression", "42883")
    return _over(call("count", exp.Distinct(expressions=[arguments[0].copy()])), node)


def _ratio_to_report(node: exp.Anonymous) -> exp.Expr:
    found = window(node)
    if found is None or found.args.get("order") or found.args.get("spec"):
        raise Refused("RATIO_TO_REPORT is a window function without ORDER BY and frame", "42601")
    value = exp.cast(node.expressions[0].copy(), "double precision")
    return ours("ratio_to_report", [value, _over(call("sum", value.copy()), node)])


def _skipping_nulls(node: exp.Anonymous) -> exp.Expr:
    """FIRST_VALUE, LAST_VALUE, NTH_VALUE, LAG and LEAD: with IGNORE NULLS they pick from the frame's array."""
    name = node.name.lower()
    found = outermost(node)
    ignoring = node.find(exp.IgnoreNulls) or (node.parent if isinstance(node.parent, exp.IgnoreNulls) else None)
    arguments = [part.this.copy() if isinstance(part, exp.IgnoreNulls | exp.RespectNulls) else part.copy()
                 for part in node.expressions]  # fmt: skip
    if ignoring is None:
        return _over(call(name, *arguments), node) if isinstance(found, exp.Window) else call(name, *arguments)
    spec = None
    if name == "lag":
        spec = _rows("UNBOUNDED", "PRECEDING", "1", "PRECEDING")
    elif name == "lead":
        spec = _rows("1", "FOLLOWING", "UNBOUNDED", "FOLLOWING")
    nth = arguments[1] if len(arguments) > 1 else exp.Literal.number(1)
    values = _over(call("array_agg", arguments[0]), node, spec=spec)
    return ours("nth_present", [values, nth, exp.true() if name in ("last_value", "lag") else exp.false()])


HANDLERS: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "sum": _sum,
    **dict.fromkeys(
        ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"),
        lambda node: _spread(node),
    ),
    "avg": _avg,
    "listagg": _listagg,
    "median": _median,
    "percentile_cont": _percentile("percentile_cont"),
    "percentile_disc": _percentile("percentile_disc"),
    "approximate_percentile_disc": _percentile("percentile_disc"),
    "approximate_count": _approximate_count,
    "hll": _hll,
    "ratio_to_report": _ratio_to_report,
    **dict.fromkeys(("first_value", "last_value", "nth_value", "lag", "lead"), _skipping_nulls),
}
