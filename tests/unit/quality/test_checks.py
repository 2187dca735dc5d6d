"""The questions and the report, without a warehouse."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from warehouse.errors import QualityError
from warehouse.models import Flight, metadata
from warehouse.quality import Report, Result, plan


def test_the_questions_for_a_table() -> None:
    probes = plan([Flight.__table__])
    assert [(probe.check, probe.columns, probe.severity) for probe in probes if probe.check != "no_orphans"] == [
        ("unique_keys", ("carrier", "flight", "time_hour"), "error"),
        ("not_null_keys", ("carrier", "flight", "time_hour"), "error"),
    ]
    orphans = [probe for probe in probes if probe.check == "no_orphans"]
    assert {probe.against for probe in orphans} >= {"airline (carrier)", "weather (origin, time_hour)"}
    assert {probe.severity for probe in orphans} == {"warning"}


def test_the_text_of_the_questions() -> None:
    table = sa.Table(
        "order", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("shop.order.id")), sa.Column("code", sa.String(3), unique=True),
        schema="shop",
    )  # fmt: skip
    found = {(probe.check, probe.columns): probe.count for probe in plan([table])}
    assert found == {
        ("unique_keys", ("id",)): (
            'SELECT COUNT(*) FROM (SELECT id FROM shop."order" WHERE id IS NOT NULL GROUP BY id HAVING COUNT(*) > 1) '
            "AS repeated"
        ),
        ("unique_keys", ("code",)): (
            'SELECT COUNT(*) FROM (SELECT code FROM shop."order" WHERE code IS NOT NULL GROUP BY code '
            "HAVING COUNT(*) > 1) AS repeated"
        ),
        ("not_null_keys", ("id",)): 'SELECT COUNT(*) FROM shop."order" WHERE id IS NULL',
        ("no_orphans", ("parent",)): (
            'SELECT COUNT(*) FROM shop."order" AS child WHERE child.parent IS NOT NULL AND NOT EXISTS '
            '(SELECT 1 FROM shop."order" AS parent WHERE parent.id = child.parent)'
        ),
    }


def test_every_model_is_asked_about() -> None:
    tables = {probe.table for probe in plan(metadata.sorted_tables)}
    assert tables == set(metadata.tables)


def test_severities_are_overridden() -> None:
    probes = plan([Flight.__table__], {"no_orphans": "error"})
    assert {probe.severity for probe in probes} == {"error"}


def result(violations: int, severity: str) -> Result:
    return Result("unique_keys", "t", ("a", "b"), violations, ((1, "x"),) if violations else (), severity)  # type: ignore[arg-type]


def test_a_report_fails_by_errors_only() -> None:
    good, warned, failed = result(0, "error"), result(2, "warning"), result(3, "error")
    report = Report((good, warned))
    assert report.ok
    assert report.raise_if_failed() is report
    assert report.findings == (warned,)
    report = Report((good, warned, failed))
    assert not report.ok
    assert report.failures == (failed,)
    with pytest.raises(
        QualityError, match=r"1 of 3 checks failed: unique_keys t \(a, b\): 3 violations, such as \(1, x\)"
    ) as c:
        report.raise_if_failed()
    assert c.value.report is report
    assert str(good) == "unique_keys t (a, b): ok"
