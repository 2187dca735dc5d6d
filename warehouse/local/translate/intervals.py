"""Interval literals with a qualifier: INTERVAL '1-2' YEAR TO MONTH, INTERVAL '2:2' MINUTE TO SECOND.

They are of two types in Redshift, which PostgreSQL keeps as one (AWS r_interval_data_types): months, and microseconds.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from warehouse.local.translate.shapes import OPERATOR, ours

# What may follow which unit behind TO.
_FINER = {
    "YEAR": ("MONTH",), "MONTH": (), "DAY": ("HOUR", "MINUTE", "SECOND"), "HOUR": ("MINUTE", "SECOND"),
    "MINUTE": ("SECOND",), "SECOND": (),
}  # fmt: skip
_MONTHS = ("YEAR", "MONTH")
_MORE_DIGITS = re.compile(r"(\.[0-9]{6})[0-9]+")
# Marks what is of one of the two types, with the name that Redshift gives a column of it.
MARK = "interval"


def read_qualifier(parser: Any) -> str:
    """The qualifier that comes next, "" for none: unit [TO finer unit] [(digits)]."""
    first = parser._curr.text.upper() if parser._curr else ""
    if first not in _FINER:
        return ""
    found = last = first
    parser._advance()
    if (
        parser._curr
        and parser._curr.text.upper() == "TO"
        and parser._next
        and parser._next.text.upper() in _FINER[first]
    ):
        last = parser._next.text.upper()
        found += f" TO {last}"
        parser._advance(2)
    if last == "SECOND" and parser._match(TokenType.L_PAREN):
        found += f"({parser._parse_number().this})"
        parser._match_r_paren()
    return found


def qualify_intervals(tree: exp.Expr) -> None:
    """Put PostgreSQL's literals, cut to their qualifiers, in the place of Redshift's."""
    for node in list(tree.find_all(exp.Interval)):
        qualifier = node.args.get("unit")
        if not isinstance(qualifier, exp.Var) or not isinstance(node.this, exp.Literal):
            continue
        months = qualifier.name.split()[0] in _MONTHS
        kind = exp.DataType(this=exp.DType.USERDEFINED, kind=f"interval {qualifier.name.lower()}")
        if "(" not in qualifier.name:  # six digits of a second, cut off
            node.this.set("this", _MORE_DIGITS.sub(r"\1", node.this.this))
        value = ours("year_to_month" if months else "day_to_second", [exp.Cast(this=node.this.copy(), to=kind)])
        value.meta[MARK] = "intervaly2m" if months else "intervald2s"
        parent = node.parent
        if months and isinstance(parent, exp.Add | exp.Sub) and node.arg_key == "expression":
            # A DATE stays a DATE.
            signed = exp.Neg(this=value) if isinstance(parent, exp.Sub) else value
            added = ours("months_added", [parent.this.copy(), signed])
            added.meta[OPERATOR] = True
            parent.replace(added)
        else:
            node.replace(value)


def show_intervals(tree: exp.Expr) -> None:
    """Let a query that is answered to the client print such values as Redshift does."""
    if not isinstance(tree, exp.Select):
        return
    for item in list(tree.expressions):
        value = item.this if isinstance(item, exp.Alias) else item
        if label := value.meta.get(MARK):
            name = item.alias if isinstance(item, exp.Alias) else label
            item.replace(exp.alias_(ours(f"shown_{label}", [value.copy()]), name, quoted=True))
