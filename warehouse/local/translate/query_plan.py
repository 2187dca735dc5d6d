"""A plan of PostgreSQL, told as EXPLAIN of a cluster tells it: where rows go from slice to slice, and what that costs.

The shape is PostgreSQL's; each join is labelled by the distribution of its two sides, a sort ends in a merge on the
leader. Given the numbers of rows, the plans of AWS's examples come out as they are printed (plan_nodes.py has the
costs); how many rows there are, PostgreSQL estimates.

Sources: AWS r_EXPLAIN, c-the-query-plan, c_data_redistribution, t_explain_plan_example, r_CTAS_usage_notes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.local.translate import plan_conditions
from warehouse.local.translate.plan_nodes import (
    OPERATION,
    ROW,
    SORT,
    Distribution,
    Node,
    Spread,
    distribution,
    smaller_inside,
)

_KEY, _ALL, _AUTO = 1, 8, 9
# A cluster joins, and keeps what has no partner, where PostgreSQL says Anti.
_JOINS = {"Left": "Left ", "Right": "Right ", "Full": "Full ", "Semi": "IN ", "Right Semi": "IN ",
          "Anti": "Left ", "Right Anti": "Right "}  # fmt: skip
_VALUES = ("InitPlan", "SubPlan")  # plans that are run for a value
_MISSING = (
    "----- Tables missing statistics: {} -----",
    "----- Update statistics by running the ANALYZE command on these tables -----",
)
_CARTESIAN = "----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian products -----"

Plan = Mapping[str, Any]


def lines(plan: Plan, tables: Mapping[str, Plan], *, stored: bool = False) -> list[str]:
    """The lines of EXPLAIN.

    `plan` is PostgreSQL's (VERBOSE, as JSON); `tables` are designs by schema.name; `stored` rows make a table, so that
    they go to no leader.
    """
    scanned = [one for one in _all(plan) if "Relation Name" in one]
    known = any(f"{one.get('Schema')}.{one['Relation Name']}" in tables for one in scanned)
    aliases = {one["Alias"] for one in _all(plan) if "Alias" in one}
    leader = not known and plan["Node Type"] != "ModifyTable"
    reader = _Reader(tables, leader=leader, only=aliases.pop() if len(aliases) == 1 else "")
    found = list(reader.node(plan, top=not stored).lines())
    if reader.missing:
        found += [_MISSING[0].format(", ".join(dict.fromkeys(reader.missing))), _MISSING[1]]
    if reader.nested and not leader:
        found.append(_CARTESIAN)
    return found


def _all(plan: Plan) -> Iterator[Plan]:
    yield plan
    for one in plan.get("Plans", []):
        yield from _all(one)


@dataclass
class _Reader:
    """Reads nodes. `leader`: no table of the cluster is read; `only` is the one alias that there is."""

    tables: Mapping[str, Plan]
    leader: bool
    only: str
    missing: list[str] = field(default_factory=list)
    nested: bool = False
    queries: dict[str, Plan] = field(default_factory=dict)  # of WITH

    def node(self, plan: Plan, *, top: bool = False) -> Node:
        """`top`: what this node gives goes to the client."""
        kind = plan["Node Type"]
        below = [one for one in plan.get("Plans", []) if one.get("Parent Relationship") not in _VALUES]
        values = [one for one in plan.get("Plans", []) if one.get("Parent Relationship") in _VALUES]
        for one in values:
            if one.get("Subplan Name", "").startswith("CTE "):
                self.queries[one["Subplan Name"][4:]] = one
        made = self._made(kind, plan, below, top=top)
        for one in values:
            if not one.get("Subplan Name", "").startswith("CTE "):
                (made.first if one["Parent Relationship"] == "InitPlan" else made.last).append(self.node(one))
        return made

    def _made(self, kind: str, plan: Plan, below: list[Plan], *, top: bool) -> Node:
        if kind == "ModifyTable":
            return self.node(below[0])
        if kind in ("Hash Join", "Nested Loop", "Merge Join"):
            return self._join(plan, below)
        if kind in ("Subquery Scan", "CTE Scan"):
            return self._subquery(plan, below)
        if kind.endswith(" Scan") and ("Alias" in plan):
            return self._scan(plan)
        if kind == "Sort":
            return self._sort(plan, below[0], top=top)
        if kind == "Limit":
            return self._limit(plan, below[0], top=top)
        if kind in ("Aggregate", "Group"):
            return self._aggregate(plan, below[0])
        if kind == "WindowAgg":
            return self._window(plan, below[0])
        if kind == "Hash":
            return self._hash(self.node(below[0]))
        if kind == "Result" and not below:
            made = Node(self._title("Result"), 0, ROW, max(plan["Plan Rows"], 1), 0)
            return self._conditions(made, plan)
        return self._other(kind, plan, below)

    def _title(self, words: str) -> str:
        return words if self.leader else f"XN {words}"

    def _text(self, text: str) -> str:
        return plan_conditions.without(plan_conditions.condition(text), self.only)

    def _keys(self, keys: list[str]) -> str:
        return ", ".join(plan_conditions.without(plan_conditions.key(one), self.only) for one in keys)

    def _conditions(self, made: Node, plan: Plan) -> Node:
        made.details += [
            f"{label}: {self._text(plan[label])}" for label in ("One-Time Filter", "Filter") if label in plan
        ]
        return made

    def _scan(self, plan: Plan) -> Node:
        alias = plan["Alias"]
        name = plan.get("Relation Name") or plan.get("Function Name") or alias
        design = self.tables.get(f"{plan.get('Schema', '')}.{name}")
        rows, text = max(plan["Plan Rows"], 1), plan.get("Filter", "")
        # PostgreSQL estimates what is left; a cluster's cost is that of all rows, with each comparison.
        scanned = max(design["rows"], rows) if design and text else rows
        total = scanned * (ROW + OPERATION * plan_conditions.operations(plan_conditions.condition(text)))
        # PostgreSQL numbers the aliases of a table that is read twice.
        shown = name if re.fullmatch(rf"{re.escape(name)}(_\d+)?", alias) else f"{name} {alias}"
        kind = "Seq Scan" if "Relation Name" in plan else plan["Node Type"]
        made = Node(self._title(f"{kind} on {shown}"), 0, total, rows, plan["Plan Width"], aliases=frozenset({alias}))
        if text:
            made.details.append(f"Filter: {plan_conditions.without(plan_conditions.condition(text), alias)}")
        if design:
            if design["rows"] < 0:
                self.missing.append(name)
            if design["style"] in (_ALL, _AUTO):
                made.spread = "all"
            elif design["style"] == _KEY:
                made.spread = frozenset({f"{alias}.{design['key']}"})
            made.sorted_by = tuple(f"{alias}.{one}" for one in design["sorted"] or ())
        return made

    def _hash(self, child: Node) -> Node:
        made = child.over(self._title("Hash"))
        made.startup = child.total
        return made

    def _join(self, plan: Plan, below: list[Plan]) -> Node:
        outer, inner = self.node(below[0]), self.node(below[1])
        source = inner.below[0] if below[1]["Node Type"] == "Hash" else inner
        way, text = plan.get("Join Type", "Inner"), plan.get("Hash Cond") or plan.get("Merge Cond") or ""
        if not text and way == "Inner":
            outer, source = smaller_inside(outer, source)
        rows, pairs = max(plan["Plan Rows"], 1), plan_conditions.equalities(text, source.aliases)
        kept = way in ("Right", "Full", "Right Semi", "Right Anti")
        moves = distribution(outer, source, pairs, kept=kept)
        if self.leader:
            moves = Distribution("", 0, "")
        joined, label, details = _JOINS.get(way, ""), moves.label, [*moves.keys]
        sorted_alike = any((outer.sorted_by[:1], source.sorted_by[:1]) == ((a,), (b,)) for a, b in pairs)
        if not text:
            self.nested = True
            title, sides = f"Nested Loop {joined}{'Join ' if joined else ''}{label}", [outer, source]
            startup, total = 0.0, outer.total + outer.rows * (source.total + ROW * source.rows) + moves.cost
        elif label == "DS_DIST_NONE" and not kept and sorted_alike:
            title, sides, startup = f"Merge {joined}Join {label}", [outer, source], 0.0
            total = outer.total + source.total + OPERATION * (outer.rows + source.rows) + ROW * rows
            details += [f"Merge Cond: {plan_conditions.by_side(text, outer.aliases, source.aliases)}"]
        else:
            title, sides = f"Hash {joined}Join {label}", [outer, self._hash(source)]
            startup = outer.startup + source.total + OPERATION * source.rows
            total = startup - outer.startup + outer.total + (OPERATION + ROW) * outer.rows + ROW * rows + moves.cost
            details += [f"Hash Cond: {plan_conditions.by_side(text, outer.aliases, source.aliases)}"]
        made = Node(self._title(title.rstrip()), startup, total, rows, plan["Plan Width"], details, sides, moves.spread)
        made.sorted_by, made.aliases = outer.sorted_by, outer.aliases | source.aliases
        if other := plan.get("Join Filter"):
            made.details.append(f"Join Filter: {plan_conditions.by_side(other, outer.aliases, source.aliases)}")
        if way.endswith("Anti") and pairs:
            missing = f"({pairs[0][0 if kept else 1]} IS NULL)"
            made.details.append(f"Filter: {plan_conditions.by_side(missing, outer.aliases, source.aliases)}")
        return self._conditions(made, plan)

    def _above(self, plan: Plan, child: Node, words: str, cost: float = 0) -> Node:
        """A node with one below it, whose rows it hands on."""
        made = child.over(self._title(words), cost=cost)
        made.rows, made.width = max(plan["Plan Rows"], 1), plan["Plan Width"]
        return self._conditions(made, plan)

    def _sort(self, plan: Plan, below: Plan, *, top: bool) -> Node:
        keys = self._keys(plan["Sort Key"])
        made = self._above(plan, self.node(below), "Sort")
        made.width = made.below[0].width
        base = 0.0 if made.below[0].total >= SORT or self.leader else SORT
        made.startup = base + made.below[0].total + 2 * OPERATION * made.rows * math.log2(max(made.rows, 2))
        made.total = made.startup + OPERATION * made.rows
        made.details = [f"Sort Key: {keys}"]
        if self.leader or not top:
            return made
        network = made.over(self._title("Network"), details=("Send to leader",))
        return network.over(self._title("Merge"), details=(f"Merge Key: {keys}",))

    def _limit(self, plan: Plan, below: Plan, *, top: bool) -> Node:
        child = self.node(below, top=top)
        made = self._above(plan, child, "Limit")
        made.width = child.width
        made.total = child.startup + (child.total - child.startup) * min(made.rows / child.rows, 1)
        return made

    def _aggregate(self, plan: Plan, below: Plan) -> Node:
        keys = plan.get("Group Key", [])
        # A cluster hashes where PostgreSQL sorts to group.
        sorts = plan.get("Strategy") == "Sorted" or plan["Node Type"] == "Group"
        child = self.node(below["Plans"][0] if sorts and below["Node Type"] == "Sort" else below)
        words = "HashAggregate" if keys or "Grouping Sets" in plan else "Aggregate"
        lies = isinstance(child.spread, frozenset) and bool(child.spread & set(keys))
        if lies and set(keys) == set(child.sorted_by[: len(keys)]):
            words = "GroupAggregate"
        made = self._above(plan, child, words)
        made.startup = child.total + OPERATION * max(len(plan.get("Output", [])), 1) * child.rows
        made.total = made.startup + OPERATION * made.rows
        made.width = child.width  # what is counted or summed adds none in AWS's examples
        made.spread = child.spread if lies else ""
        return made

    def _window(self, plan: Plan, below: Plan) -> Node:
        if below["Node Type"] == "Sort" and not self.leader:
            child = self.node(below["Plans"][0]).over(self._title("Network"), details=("Distribute",))
            sort = child.over(self._title("Sort"), details=(f"Sort Key: {self._keys(below['Sort Key'])}",))
            sort.startup = sort.total = (0.0 if child.total >= SORT else SORT) + child.total
            sort.spread = ""
        else:
            sort = self.node(below)
        made = self._above(plan, sort, "Window", OPERATION * sort.rows)
        for label, pattern in (
            ("Partition", r"PARTITION BY (.*?)(?: ORDER BY .*| ROWS .*| RANGE .*)?\)$"),
            ("Order", r"ORDER BY (.*?)(?: ROWS .*| RANGE .*)?\)$"),
        ):
            if found := re.search(pattern, plan.get("Window", "")):
                made.details.append(f"{label}: {self._text(found[1])}")
        return made

    def _subquery(self, plan: Plan, below: list[Plan]) -> Node:
        if plan["Node Type"] == "CTE Scan" and plan["CTE Name"] in self.queries:
            below = [self.queries[plan["CTE Name"]]]
        words = f"Subquery Scan {plan['Alias']}"
        rows, width = max(plan["Plan Rows"], 1), plan["Plan Width"]
        if below:
            made = self._above(plan, self.node(below[0]), words, ROW * rows)
        else:
            made = self._conditions(Node(self._title(words), 0, ROW * rows, rows, width), plan)
        made.aliases, made.spread, made.sorted_by = frozenset({plan["Alias"]}), "", ()
        return made

    def _other(self, kind: str, plan: Plan, below: list[Plan]) -> Node:
        """What has no shape of its own: Append, SetOp, Unique, Result."""
        children = [self.node(one) for one in below]
        spread: Spread = children[0].spread if len(children) == 1 else ""
        if kind in ("Append", "SetOp"):
            children = [self._part(child, place) for place, child in enumerate(children, 1)]
        if kind == "SetOp":
            command = plan.get("Command", "")
            every = "All" if command.endswith(" All") else "Distinct"
            kind = f"Hash Intersect {every}" if command.startswith("Intersect") else f"SetOp {command}"
        total = sum(child.total for child in children) + OPERATION * plan["Plan Rows"]
        startup = children[0].startup if children else 0.0
        made = Node(
            self._title(kind), startup, total, max(plan["Plan Rows"], 1), plan["Plan Width"], [], children, spread
        )
        made.aliases = frozenset().union(*(child.aliases for child in children))
        return self._conditions(made, plan)

    def _part(self, child: Node, place: int) -> Node:
        """A part of a UNION, INTERSECT or EXCEPT."""
        return child.over(self._title(f'Subquery Scan "*SELECT* {place}"'), cost=ROW * child.rows)
