"""The rules over designs and changes: one set, asked by the model linter, by autogenerate and by the upgrade.

subject.py   what rules look at: designs and neutral Change values
finding.py   what rules say
registry.py  the rules, found by scanning rules/
engine.py    run them: check, lint, refuse
rules/       one file per rule: code, check, page with examples
"""

from warehouse.discipline.engine import Config, check, lint, refuse
from warehouse.discipline.finding import Fault, Finding, Severity
from warehouse.discipline.registry import Rule, all_rules, rule
from warehouse.discipline.subject import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterDistribution,
    AlterSortKey,
    Change,
    ColumnSubject,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropTable,
    RenameColumn,
    RenameTable,
    RunSQL,
    SetTableComment,
    Subject,
    TableChange,
    WaiverUse,
)

__all__ = [
    "AddColumn",
    "AddConstraint",
    "AlterColumn",
    "AlterDistribution",
    "AlterSortKey",
    "Change",
    "ColumnSubject",
    "Config",
    "CreateTable",
    "DropColumn",
    "DropConstraint",
    "DropTable",
    "Fault",
    "Finding",
    "RenameColumn",
    "RenameTable",
    "Rule",
    "RunSQL",
    "SetTableComment",
    "Severity",
    "Subject",
    "TableChange",
    "WaiverUse",
    "all_rules",
    "check",
    "lint",
    "refuse",
    "rule",
]
