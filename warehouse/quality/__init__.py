"""Check what Redshift takes on trust: keys unique and not null, references without orphans. The answer is a report."""

from warehouse.quality.report import Report, Result
from warehouse.quality.runner import check, plan

__all__ = ["Report", "Result", "check", "plan"]
