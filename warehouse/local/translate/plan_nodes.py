"""Lines of a plan, how their rows lie on the slices, and what it costs to bring two sides of a join together.

Costs follow the figures in AWS's examples: 0.01 a row, 0.0025 an operation, 10,000 a byte that is broadcast, 208⅓ a
byte that is redistributed, 10¹² for a sort. What it costs to redistribute both sides they do not print: four times as
much a byte keeps their choices. Sources: AWS c_data_redistribution, t_explain_plan_example.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

ROW, OPERATION, SORT = 0.01, 0.0025, 1e12
_BROADCAST, _MOVED = 10_000.0, 10_000 / 48
_MOVED_BOTH = 4 * _MOVED

# How rows lie: "all" when each node has all of them, the columns by whose hash they lie, or "" for anywhere.
Spread = str | frozenset[str]


@dataclass
class Node:
    """A line of the plan, what stands below it, and how its rows lie.

    `sorted_by` are the columns that rows come sorted by; `aliases` are the tables below. `first` and `last` are plans
    that are run for a value (InitPlan, SubPlan), told before and after what stands below.
    """

    title: str
    startup: float
    total: float
    rows: int
    width: int
    details: list[str] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)
    spread: Spread = ""
    sorted_by: tuple[str, ...] = ()
    aliases: frozenset[str] = frozenset()
    first: list[Node] = field(default_factory=list)
    last: list[Node] = field(default_factory=list)

    def lines(self, indent: int = 0) -> Iterator[str]:
        """The text of this node and of all below it, which begin `indent` columns to the right."""
        yield f"{self.title}  (cost={self.startup:.2f}..{self.total:.2f} rows={self.rows} width={self.width})"
        margin = " " * (indent + 2)
        for detail in self.details:
            yield margin + detail
        for label, nodes, deeper in (("InitPlan", self.first, 2), ("", self.below, 0), ("SubPlan", self.last, 2)):
            if nodes and label:
                yield margin + label
            for node in nodes:
                head, *rest = node.lines(indent + 6 + deeper)
                yield f"{margin}{' ' * deeper}->  {head}"
                yield from rest

    def over(self, title: str, *, cost: float = 0, details: tuple[str, ...] = ()) -> Node:
        """A node above this one, which hands on its rows."""
        return Node(
            title, self.startup, self.total + cost, self.rows, self.width, [*details], [self],
            self.spread, self.sorted_by, self.aliases,
        )  # fmt: skip


def _bytes(node: Node) -> float:
    return node.rows * ((node.width + 3) // 4 * 4 + 8)


def smaller_inside(outer: Node, inner: Node) -> tuple[Node, Node]:
    """The two sides of a join that may be told either way: the larger outside."""
    return (inner, outer) if _bytes(inner) > _bytes(outer) else (outer, inner)


@dataclass(frozen=True)
class Distribution:
    """How the sides of a join come together: its label, what moving rows costs, how the result lies, sent by what."""

    label: str
    cost: float
    spread: Spread
    keys: tuple[str, ...] = ()


def distribution(outer: Node, inner: Node, pairs: list[tuple[str, str]], *, kept: bool) -> Distribution:
    """The cheapest way to join two sides.

    `pairs` are its equalities as (outer column, inner column); `kept`: the inner side loses no row.
    """
    if inner.spread == "all" and (outer.spread == "all" or not kept):
        return Distribution("DS_DIST_ALL_NONE", 0, outer.spread)
    if outer.spread == "all":
        return Distribution("DS_DIST_ALL_INNER", _bytes(inner) * _MOVED, "")
    ways = [] if kept and pairs else [Distribution("DS_BCAST_INNER", _bytes(inner) * _BROADCAST, outer.spread)]
    for a, b in pairs:
        by_a, by_b = f"Outer Dist Key: {a}", f"Inner Dist Key: {b}"
        if _lies_by(outer, a) and _lies_by(inner, b):
            return Distribution("DS_DIST_NONE", 0, frozenset({*outer.spread, *inner.spread}))
        if _lies_by(outer, a):
            ways.append(Distribution("DS_DIST_INNER", _bytes(inner) * _MOVED, outer.spread, (by_b,)))
        if _lies_by(inner, b):
            ways.append(Distribution("DS_DIST_OUTER", _bytes(outer) * _MOVED, inner.spread, (by_a,)))
        both = (_bytes(outer) + _bytes(inner)) * _MOVED_BOTH
        ways.append(Distribution("DS_DIST_BOTH", both, frozenset({a, b}), (by_a, by_b)))
    return min(ways, key=lambda way: way.cost)


def _lies_by(node: Node, column: str) -> bool:
    return isinstance(node.spread, frozenset) and column in node.spread
