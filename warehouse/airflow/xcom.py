"""Reports as plain dictionaries: what JSON can carry from task to task and a person can read in Airflow's pages."""

from __future__ import annotations

from typing import Any

from warehouse.load import LoadReport
from warehouse.quality import Report

# A delivery may have thousands of files; XCom is kept in Airflow's own database.
_FILES = 20


def as_xcom(report: LoadReport | Report) -> dict[str, Any]:
    """A report as a dictionary of numbers, text and lists."""
    return _load(report) if isinstance(report, LoadReport) else _checks(report)


def _load(report: LoadReport) -> dict[str, Any]:
    return {
        "run_id": report.run_id,
        "table": report.table,
        "kind": report.kind,
        "files": [str(file) for file in report.files[:_FILES]],
        "file_count": len(report.files),
        "rows_read": report.rows_read,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "repeated": report.repeated,
        "rejected": report.rejected,
        "bytes": report.bytes,
        "seconds": round(report.total_seconds, 3),
    }


def _checks(report: Report) -> dict[str, Any]:
    return {
        "checks": len(report.results),
        "failures": len(report.failures),
        "findings": [
            {
                "table": result.table,
                "check": result.check,
                "columns": list(result.columns),
                "against": result.against,
                "violations": result.violations,
                "severity": result.severity,
            }
            for result in report.findings
        ],
    }
