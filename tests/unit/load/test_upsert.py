"""The plan of an upsert, as text: what it says is what will run."""

from __future__ import annotations

import pytest

from warehouse.errors import LoadError
from warehouse.load.copy import CopyOptions
from warehouse.load.stage import Staged
from warehouse.load.upsert import UpsertPlan, plan_upsert
from warehouse.models import Customer, Flight
from warehouse.schema import ColumnDesign, Distribution, TableDesign

TABLE = TableDesign(
    "order",
    schema="shop",
    columns=(
        ColumnDesign("id", "integer", nullable=False),
        ColumnDesign("region", "character varying(8)"),
        ColumnDesign("total", "numeric(8,2)", nullable=False),
    ),
    primary_key=("id",),
    dist=Distribution("key", "region"),
)


def planned(
    design: TableDesign = TABLE, columns: tuple[str, ...] = ("id", "region", "total"), **more: object
) -> UpsertPlan:
    staged = Staged("s3://b/run/manifest", (), columns, "text", "gzip", CopyOptions(ignoreheader=0))
    return plan_upsert(design, staged, iam_role="default", **more)  # type: ignore[arg-type]


def test_replace_is_delete_and_insert_by_name() -> None:
    plan = planned()
    assert plan.method == "replace"
    assert plan.create == (
        "CREATE TEMP TABLE order__stage (id integer, region character varying(8), total numeric(8,2) NOT NULL) "
        "DISTSTYLE KEY DISTKEY (region)"
    )
    assert plan.fill.sql().endswith("COMPUPDATE OFF STATUPDATE OFF")
    assert plan.change == (
        'DELETE FROM shop."order" USING order__stage WHERE "order".id = order__stage.id '
        'AND "order".region = order__stage.region'
    )
    assert plan.change_moved == 'DELETE FROM shop."order" USING order__stage WHERE "order".id = order__stage.id'
    assert plan.insert == 'INSERT INTO shop."order" (id, region, total) SELECT id, region, total FROM order__stage'
    assert plan.matched == (
        'SELECT COUNT(*), COALESCE(SUM(row_count), 0) FROM (SELECT COUNT(*) AS row_count FROM shop."order" '
        'JOIN order__stage ON "order".id = order__stage.id GROUP BY order__stage.id) AS known'
    )


def test_the_steps_in_their_order() -> None:
    steps = planned().steps()
    always = [step.name for step in steps if not step.when]
    assert always == [
        "create", "fill", "count", "repeats", "target_rows", "matched", "change", "insert", "drop",
        "target_rows",
    ]  # fmt: skip
    (analyze,) = [step for step in steps if step.name == "analyze"]
    assert (analyze.sql, analyze.when) == ("ANALYZE order__stage (id)", "500,000 rows or more are delivered")
    assert all(step.sql for step in steps)
    assert not any(word in step.sql for step in steps for word in ("TRUNCATE", "LIKE", "SELECT *"))


def test_the_distkey_equality_is_not_repeated_when_it_is_a_key() -> None:
    design = TableDesign.from_table(Flight.__table__)
    columns = tuple(column.name for column in design.columns)
    plan = planned(design, columns)
    assert plan.keys == ("carrier", "flight", "time_hour")
    assert plan.change_moved == ""
    assert plan.change.count("time_hour") == 2


def test_what_is_not_delivered_keeps_its_value() -> None:
    plan = planned(columns=("id", "total"))
    assert plan.method == "update"
    assert plan.change == (
        'UPDATE shop."order" SET total = order__stage.total FROM order__stage WHERE "order".id = order__stage.id'
    )
    assert plan.insert == (
        'INSERT INTO shop."order" (id, total) SELECT id, total FROM order__stage '
        'WHERE NOT EXISTS (SELECT 1 FROM shop."order" WHERE "order".id = order__stage.id)'
    )
    assert planned(columns=("id",)).change == ""


def test_identity_numbers_stay() -> None:
    design = TableDesign.from_table(Customer.__table__)
    columns = ("customer_uuid", "customer_home_base", "customer_home_base_key")
    plan = planned(design, columns, keys=("customer_uuid",))
    assert plan.method == "update"
    assert "customer_key" not in " ".join(step.sql for step in plan.steps())
    with pytest.raises(LoadError, match=r"no column customer_key, by which rows are matched.*keys="):
        planned(design, columns)


def test_repeated_keys_collapse_to_the_latest() -> None:
    plan = planned(latest_by=("total", "region"))
    repeats = "SELECT id FROM order__stage GROUP BY id HAVING COUNT(*) > 1"
    assert plan.collapse[1] == (
        "INSERT INTO order__again (id, region, total) SELECT DISTINCT id, region, total FROM "
        "(SELECT order__stage.id, order__stage.region, order__stage.total, RANK() OVER (PARTITION BY order__stage.id "
        "ORDER BY order__stage.total DESC NULLS LAST, order__stage.region DESC NULLS LAST) AS warehouse_place "
        f"FROM order__stage JOIN ({repeats}) AS repeats ON repeats.id = order__stage.id) AS placed "
        "WHERE warehouse_place = 1"
    )
    assert "RANK" not in planned().collapse[1]


def test_keys_and_order_must_be_delivered() -> None:
    with pytest.raises(LoadError, match="no column id"):
        planned(columns=("region", "total"))
    with pytest.raises(LoadError, match="latest_by names at"):
        planned(latest_by=("at",))
    with pytest.raises(LoadError, match="no primary key"):
        planned(TableDesign("t", columns=TABLE.columns), ("id",))


@pytest.mark.parametrize(
    ("dist", "said"),
    [(None, "DISTSTYLE EVEN"), (Distribution("all"), "DISTSTYLE ALL"), (Distribution("auto"), "DISTSTYLE EVEN")],
)
def test_the_stage_is_spread_like_the_target(dist: Distribution | None, said: str) -> None:
    design = TableDesign("t", columns=TABLE.columns, primary_key=("id",), dist=dist)
    assert planned(design).create.endswith(f") {said}")


def test_long_names_are_cut_and_stay_apart() -> None:
    design = TableDesign("é" * 60, columns=TABLE.columns, primary_key=("id",))
    plan = planned(design)
    names = {plan.create.split('"')[1], plan.collapse[0].split('"')[1]}
    assert len(names) == 2
    assert all(len(name.encode()) <= 127 for name in names)
