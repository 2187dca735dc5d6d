"""What a plan wants to know of the catalog before it is a plan (translate/questions.py)."""

from __future__ import annotations

from warehouse.local.translate import Ask, Plan, answered
from warehouse.local.wire.upstream import Upstream


def decide(plan: Plan, upstream: Upstream) -> Plan:
    """The plan that follows from what the catalog holds; a plan without questions as it is."""
    while isinstance(plan, Ask):
        if upstream.status == b"E":  # nothing can be asked, and nothing will be answered
            return plan.plain or answered(plan, ("",) * len(plan.questions))
        [row] = upstream.rows(f"SELECT {', '.join(plan.questions)}")
        plan = answered(plan, tuple(value or "" for value in row))
    return plan
