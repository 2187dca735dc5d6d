"""Ask the questions of every check, one after the other, each in a transaction of its own that changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from warehouse.db.engine import connect
from warehouse.db.failures import server_error
from warehouse.errors import QualityError
from warehouse.quality.checks import Probe, checks
from warehouse.quality.report import Report, Result, Severity
from warehouse.schema import TableDesign
from warehouse.settings import Settings


def check(
    subject: Any,
    *,
    engine: sa.Engine | None = None,
    settings: Settings | None = None,
    severities: Mapping[str, Severity] | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Report:
    """Check what the models declare and Redshift does not enforce: keys unique and not null, references without
    orphans.

    `subject` is a MetaData, a table or model, or several of them. `severities` overrides the severity of checks by
    name. The report holds every result; `raise_if_failed()` makes it an error. Raises QualityError when a table
    cannot be asked.
    """
    asked = plan(_tables(subject), severities)
    results = []
    chosen = engine if engine is not None else connect(settings)
    try:
        with chosen.connect() as connection:
            for number, probe in enumerate(asked):
                if progress:
                    progress("check", number, len(asked))
                results.append(_ask(connection, probe))
    finally:
        if engine is None:
            chosen.dispose()
    if progress:
        progress("check", len(asked), len(asked))
    return Report(tuple(results))


def plan(tables: Iterable[sa.Table], severities: Mapping[str, Severity] | None = None) -> tuple[Probe, ...]:
    """The questions for these tables, table by table."""
    designs = {design.qualified_name: design for design in map(TableDesign.from_table, tables)}
    found = [probe for design in designs.values() for make in checks() for probe in make(design, designs)]
    chosen = severities or {}
    return tuple(replace(probe, severity=chosen.get(probe.check, probe.severity)) for probe in found)


def _tables(subject: Any) -> list[sa.Table]:
    if isinstance(subject, sa.MetaData):
        return sorted(subject.tables.values(), key=lambda table: table.fullname)
    table = getattr(subject, "__table__", subject)
    if isinstance(table, sa.Table):
        return [table]
    return [one for item in subject for one in _tables(item)]


def _ask(connection: sa.Connection, probe: Probe) -> Result:
    started = time.monotonic()
    violations, examples = 0, []
    try:
        violations = int(_run(connection, probe.count).scalar_one())
        if violations:
            examples = [tuple(row) for row in _run(connection, probe.examples)]
        connection.rollback()
    except sa.exc.DBAPIError as error:
        raise QualityError(
            f"{probe.table}: the check {probe.check} could not be asked: {server_error(error)}.",
            next_step='Is the warehouse migrated? "alembic upgrade head" brings it to the models.',
        ) from error
    return Result(
        check=probe.check,
        table=probe.table,
        columns=probe.columns,
        violations=violations,
        examples=tuple(examples),
        severity=probe.severity,
        seconds=time.monotonic() - started,
        against=probe.against,
    )


def _run(connection: sa.Connection, statement: str) -> sa.CursorResult[Any]:
    # Complete statements: without parameters the driver does not look for placeholders in them.
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
