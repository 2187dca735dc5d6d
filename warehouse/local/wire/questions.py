"""What a plan wants to know of the catalog before it is a plan (translate/questions.py)."""

from __future__ import annotations

from warehouse.local.translate import Ask, Plan, Refuse, answered
from warehouse.local.wire.upstream import Upstream, UpstreamError


def decide(plan: Plan, upstream: Upstream) -> Plan:
    """The plan that follows from what the catalog holds; a plan without questions as it is.

    A question that fails, since what the statement reads is not there, is the statement's own failure.
    """
    while isinstance(plan, Ask):
        if upstream.status == b"E":  # nothing can be asked, and nothing will be answered
            return plan.plain or answered(plan, ("",) * len(plan.questions))
        try:
            [row] = upstream.rows(f"SELECT {', '.join(plan.questions)}")
        except UpstreamError as error:
            return Refuse(error.notice.text, error.notice.sqlstate, said=True)
        plan = answered(plan, tuple(value or "" for value in row))
    return plan
