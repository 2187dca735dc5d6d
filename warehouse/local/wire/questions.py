"""What a plan wants to know of the catalog before it is a plan (translate/aliases.py)."""

from __future__ import annotations

from warehouse.local.translate import Ask, Plan, answered
from warehouse.local.translate.tokens import literal
from warehouse.local.wire.upstream import Upstream


def decide(plan: Plan, upstream: Upstream) -> Plan:
    """The plan that follows from what the catalog holds; a plan without questions as it is."""
    if not isinstance(plan, Ask):
        return plan
    if upstream.status == b"E":  # nothing can be asked, and nothing will be answered
        return answered(plan, tuple(False for _ in plan.questions))
    calls = ", ".join(f"pg_redshift.runs({literal(question)})" for question in plan.questions)
    [row] = upstream.rows(f"SELECT {calls}")
    return answered(plan, tuple(value == "t" for value in row))
