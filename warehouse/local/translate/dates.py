"""Date functions: their parts may be bare words, in many spellings; they become one spelling, as a string.

Source: AWS "Date parts for date or timestamp functions" (r_Dateparts_for_datetime_functions).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from warehouse.local.translate.plan import Refused
from warehouse.local.translate.shapes import call, ours, text

_SPELLINGS = {
    "millennium": "mil mils millennium millennia", "century": "c cent cents century centuries",
    "decade": "dec decs decade decades", "epoch": "epoch", "year": "y yr yrs year years",
    "quarter": "qtr qtrs quarter quarters", "month": "mon mons month months", "week": "w week weeks",
    "dow": "dayofweek dow dw weekday", "doy": "dayofyear doy dy yearday", "day": "d day days",
    "hour": "h hr hrs hour hours", "minute": "m min mins minute minutes", "second": "s sec secs second seconds",
    "millisecond": "ms msec msecs msecond mseconds millisec millisecs millisecon millisecond milliseconds",
    "microsecond": "microsec microsecs microsecond usecond useconds us usec usecs microseconds",
    "timezone": "timezone", "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
}  # fmt: skip
_PARTS = {spelling: part for part, spellings in _SPELLINGS.items() for spelling in spellings.split()}


def date_part(node: exp.Expr) -> exp.Expr:
    """A part of a date, named by a bare word or a string, as a string."""
    spelled = node.name.lower() if isinstance(node, exp.Column | exp.Literal | exp.Var | exp.Identifier) else ""
    if spelled not in _PARTS:
        raise Refused(f'timestamp units "{spelled or node.sql()}" not recognized', "22023")
    return text(_PARTS[spelled])


# Functions whose first argument is a part, which may be a bare word.
_OF_PARTS = {"dateadd", "date_add", "datediff", "date_diff", "date_part", "pgdate_part", "date_trunc"}


def name_parts(tree: exp.Expr) -> None:
    """Make strings of the bare words that are parts, before anything takes them for columns."""
    for node in tree.find_all(exp.Anonymous):
        first = node.expressions[0] if node.expressions else None
        bare = isinstance(first, exp.Column) and not first.table and first.name in _PARTS
        if bare and first is not None and node.name.lower() in _OF_PARTS:
            first.replace(text(first.name))


def _with_part(name: str, count: int) -> Callable[[exp.Anonymous], exp.Expr]:
    def handler(node: exp.Anonymous) -> exp.Expr:
        if len(node.expressions) != count:
            raise Refused(f"function {node.name.lower()} takes {count} arguments", "42883")
        return ours(name, [date_part(node.expressions[0]), *(part.copy() for part in node.expressions[1:])])

    return handler


def extract(node: exp.Extract) -> exp.Expr:
    """EXTRACT(part FROM value)."""
    return ours("date_part", [date_part(node.this), node.expression.copy()])


def _date_cast(node: exp.Anonymous) -> exp.Expr:
    """DATE(value)."""
    return exp.cast(node.expressions[0].copy(), "date")


HANDLERS: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "dateadd": _with_part("dateadd", 3),
    "date_add": _with_part("dateadd", 3),
    "datediff": _with_part("datediff", 3),
    "date_diff": _with_part("datediff", 3),
    "date_part": _with_part("pgdate_part", 2),
    "datepart": _with_part("pgdate_part", 2),
    "date_trunc": _with_part("date_trunc", 2),
    "date": _date_cast,
    "timeofday": lambda node: call("timeofday"),
}
