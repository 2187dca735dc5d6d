"""The rules over designs, changes, SQL and the live warehouse: one set, asked by the linter, by autogenerate and by the
upgrade.

subject.py, changes.py, statement.py   what rules look at: frozen values
revision.py                            a revision's file as changes, read and not run
finding.py                             what rules say
registry.py                            the rules, found by scanning rules/
config.py                              what to look away from: pyproject.toml
engine.py                              run them: check, lint, hygiene, refuse
rules/                                 one file per rule: check, page with examples
"""

from warehouse.discipline.changes import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterDistribution,
    AlterSortKey,
    Change,
    CreateTable,
    CreateView,
    DropColumn,
    DropConstraint,
    DropTable,
    DropView,
    GrantPrivileges,
    RebuildTable,
    RenameColumn,
    RenameTable,
    RunSQL,
    SetTableComment,
    TableChange,
)
from warehouse.discipline.config import Config
from warehouse.discipline.engine import check, declared, hygiene, lint, refuse
from warehouse.discipline.finding import Fault, Finding, Place, Severity
from warehouse.discipline.registry import Rule, all_rules, rule
from warehouse.discipline.revision import read_revision
from warehouse.discipline.statement import Statement, statements
from warehouse.discipline.subject import (
    ColumnSubject,
    Link,
    LiveTable,
    MissingTable,
    Revision,
    SchemaDesign,
    Subject,
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
    "CreateView",
    "DropColumn",
    "DropConstraint",
    "DropTable",
    "DropView",
    "Fault",
    "Finding",
    "GrantPrivileges",
    "Link",
    "LiveTable",
    "MissingTable",
    "Place",
    "RebuildTable",
    "RenameColumn",
    "RenameTable",
    "Revision",
    "Rule",
    "RunSQL",
    "SchemaDesign",
    "SetTableComment",
    "Severity",
    "Statement",
    "Subject",
    "TableChange",
    "WaiverUse",
    "all_rules",
    "check",
    "declared",
    "hygiene",
    "lint",
    "read_revision",
    "refuse",
    "rule",
    "statements",
]
