"""The plans of AWS's examples come out as they are printed, given their numbers of rows (query_plan.py)."""

from __future__ import annotations

import re

import pytest

from warehouse.local.translate.query_plan import lines

KEY, ALL = 1, 8
DESIGNS = {
    "listing": (KEY, "listid", ["listid"], 192497),
    "sales": (KEY, "listid", ["listid", "sellerid"], 172456),
    "event": (KEY, "eventid", ["eventid"], 8798),
    "venue": (KEY, "venueid", ["venueid"], 202),
}


def tables(**changed):
    return {
        f"public.{name}": dict(zip(("style", "key", "sorted", "rows"), design, strict=True))
        for name, design in {**DESIGNS, **changed}.items()
    }


def scan(name, rows, width, **more):
    return {
        "Node Type": "Seq Scan", "Relation Name": name, "Schema": "public", "Alias": name, "Plan Rows": rows,
        "Plan Width": width, **more,
    }  # fmt: skip


def over(kind, *below, rows, width, **more):
    return {"Node Type": kind, "Plans": list(below), "Plan Rows": rows, "Plan Width": width, **more}


def hashed(outer, inner, condition, rows, width):
    inner = over("Hash", inner, rows=inner["Plan Rows"], width=inner["Plan Width"])
    return over("Hash Join", outer, inner, rows=rows, width=width, **{"Hash Cond": condition, "Join Type": "Inner"})


LISTING, SALES = scan("listing", 192497, 44), scan("sales", 172456, 53)
BY_LISTING = hashed(LISTING, SALES, "(listing.listid = sales.listid)", 172456, 97)
NARROW = hashed(
    scan("listing", 192497, 14), scan("sales", 172456, 24), "(listing.listid = sales.listid)", 172456, 30
)  # fmt: skip
BY_EVENT = hashed(NARROW, scan("event", 8798, 25), "(sales.eventid = event.eventid)", 172456, 47)
BY_VENUE = hashed(BY_EVENT, scan("venue", 202, 41), "(event.venueid = venue.venueid)", 170771, 84)
GROUPED = over(
    "Aggregate",
    hashed(scan("sales", 172456, 14), scan("event", 8798, 21), "(sales.eventid = event.eventid)", 172456, 27),
    rows=576, width=45,
    **{"Strategy": "Hashed", "Group Key": ["event.eventname"], "Output": ["event.eventname", "sum(sales.pricepaid)"]},
)  # fmt: skip
OF_SALES = scan("sales", 172456, 8)


@pytest.mark.parametrize(
    ("plan", "designs", "stored", "printed"),
    [
        pytest.param(
            BY_LISTING, {}, False, """
XN Merge Join DS_DIST_NONE  (cost=0.00..6285.93 rows=172456 width=97)
  Merge Cond: ("outer".listid = "inner".listid)
  ->  XN Seq Scan on listing  (cost=0.00..1924.97 rows=192497 width=44)
  ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=53)""",
            id="c-the-query-plan: merge join",
        ),
        pytest.param(
            hashed(BY_LISTING, scan("event", 8798, 35), "(sales.eventid = event.eventid)", 172456, 132),
            {"event": (0, None, [], 8798)}, False, """
XN Hash Join DS_BCAST_INNER  (cost=109.98..3871130276.17 rows=172456 width=132)
  Hash Cond: ("outer".eventid = "inner".eventid)
  ->  XN Merge Join DS_DIST_NONE  (cost=0.00..6285.93 rows=172456 width=97)
        Merge Cond: ("outer".listid = "inner".listid)
        ->  XN Seq Scan on listing  (cost=0.00..1924.97 rows=192497 width=44)
        ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=53)
  ->  XN Hash  (cost=87.98..87.98 rows=8798 width=35)
        ->  XN Seq Scan on event  (cost=0.00..87.98 rows=8798 width=35)""",
            id="c-the-query-plan: broadcast",
        ),
        pytest.param(
            over("Sort", GROUPED, rows=576, width=45, **{"Sort Key": ["(sum(sales.pricepaid)) DESC"]}),
            {"event": (0, None, [], 8798)}, False, """
XN Merge  (cost=1002815366604.92..1002815366606.36 rows=576 width=27)
  Merge Key: sum(sales.pricepaid)
  ->  XN Network  (cost=1002815366604.92..1002815366606.36 rows=576 width=27)
        Send to leader
        ->  XN Sort  (cost=1002815366604.92..1002815366606.36 rows=576 width=27)
              Sort Key: sum(sales.pricepaid)
              ->  XN HashAggregate  (cost=2815366577.07..2815366578.51 rows=576 width=27)
                    ->  XN Hash Join DS_BCAST_INNER  (cost=109.98..2815365714.80 rows=172456 width=27)
                          Hash Cond: ("outer".eventid = "inner".eventid)
                          ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=14)
                          ->  XN Hash  (cost=87.98..87.98 rows=8798 width=21)
                                ->  XN Seq Scan on event  (cost=0.00..87.98 rows=8798 width=21)""",
            id="c-the-query-plan: join, aggregate and sort",
        ),
        pytest.param(
            BY_VENUE, {"event": (ALL, None, [], 8798), "venue": (ALL, None, [], 202)}, False, """
XN Hash Join DS_DIST_ALL_NONE  (cost=112.50..14142.59 rows=170771 width=84)
  Hash Cond: ("outer".venueid = "inner".venueid)
  ->  XN Hash Join DS_DIST_ALL_NONE  (cost=109.98..10276.71 rows=172456 width=47)
        Hash Cond: ("outer".eventid = "inner".eventid)
        ->  XN Merge Join DS_DIST_NONE  (cost=0.00..6286.47 rows=172456 width=30)
              Merge Cond: ("outer".listid = "inner".listid)
              ->  XN Seq Scan on listing  (cost=0.00..1924.97 rows=192497 width=14)
              ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=24)
        ->  XN Hash  (cost=87.98..87.98 rows=8798 width=25)
              ->  XN Seq Scan on event  (cost=0.00..87.98 rows=8798 width=25)
  ->  XN Hash  (cost=2.02..2.02 rows=202 width=41)
        ->  XN Seq Scan on venue  (cost=0.00..2.02 rows=202 width=41)""",
            id="c_data_redistribution: dimensions on every node",
        ),
        pytest.param(
            over("Limit", OF_SALES, rows=100, width=8), {}, True, """
XN Limit  (cost=0.00..1.00 rows=100 width=8)
  ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=8)""",
            id="r_CTAS_usage_notes: LIMIT",
        ),
        pytest.param(
            over("Sort", OF_SALES, rows=172456, width=8, **{"Sort Key": ["sales.listid"]}), {}, True, """
XN Sort  (cost=1000000016724.67..1000000017155.81 rows=172456 width=8)
  Sort Key: listid
  ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=8)""",
            id="r_CTAS_usage_notes: ORDER BY",
        ),
        pytest.param(
            over(
                "Aggregate", OF_SALES, rows=83509, width=14,
                **{"Strategy": "Hashed", "Group Key": ["sales.listid", "sales.dateid"], "Output": ["a", "b", "sum(c)"]},
            ), {}, True, """
XN HashAggregate  (cost=3017.98..3226.75 rows=83509 width=8)
  ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=8)""",
            id="r_CTAS_usage_notes: GROUP BY",
        ),
        pytest.param(
            scan("sales", 86228, 53, Filter="(sales.salesid = ANY ('{1,2,3,4,5,6,7,8,9,10,11}'::integer[]))"),
            {}, False, """
XN Seq Scan on sales  (cost=0.00..6035.96 rows=86228 width=53)
  Filter: (salesid = ANY ('{1,2,3,4,5,6,7,8,9,10,11}'::integer[]))""",
            id="r_in_condition: a long list",
        ),
    ],
)  # fmt: skip
def test_a_plan_of_aws(plan, designs, stored, printed):
    found, wanted = lines(plan, tables(**designs), stored=stored), printed.strip("\n").split("\n")
    figures = re.compile(r"\d+\.\d\d")
    # AWS's numbers of rows are rounded, so that costs differ in their last figures: by less than one in 10⁷.
    assert [figures.sub("", line) for line in found] == [figures.sub("", line) for line in wanted]
    for line, other in zip(found, wanted, strict=True):
        costs = [float(figure) for figure in figures.findall(other)]
        assert [float(figure) for figure in figures.findall(line)] == pytest.approx(costs, rel=1e-7, abs=0.6)


@pytest.mark.parametrize(
    ("told", "postgresql"),
    [
        ("(NOT (hashed subplan))", "(NOT (ANY (event.venueid = (hashed SubPlan 1).col1)))"),
        ("((subplan) OR (a = '(ANY ('))", "((ALL (event.a > (SubPlan 1).col1)) OR (event.a = '(ANY ('))"),
        ("(a > $0)", "(event.a > (InitPlan 1).col1)"),
        ("(a = 'event.b')", "(event.a = 'event.b')"),
    ],
)
def test_a_condition_is_told_in_the_words_of_a_cluster(told, postgresql):
    [line, detail] = lines(scan("event", 1, 4, Filter=postgresql), tables())
    assert line.startswith("XN Seq Scan on event  (cost=0.00..")
    assert detail == f"  Filter: {told}"
