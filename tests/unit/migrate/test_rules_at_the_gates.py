"""Every rule of severity error stops a hand-edited revision before anything runs, with --sql too; and what autogenerate
finds, before a file is written."""

from __future__ import annotations

import sys
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy.orm import Mapped, registry

import warehouse.schema
import warehouse.schema.types
from warehouse import migrate
from warehouse.discipline import (
    ColumnSubject,
    Link,
    Rule,
    all_rules,
    rule,
)
from warehouse.errors import DisciplineError, MigrationError, WarehouseError
from warehouse.migrate import plugin
from warehouse.migrate.gate import refuse_revision
from warehouse.migrate.render import render_item
from warehouse.schema import NAMING, Base
from warehouse.schema.design import TableDesign
from warehouse.schema.views import view_designs

ERRORS = [one for one in all_rules() if one.severity == "error"]
# Rules that need what no running migration has: all models, a live warehouse, a file of SQL, a view's query.
ELSEWHERE = {"WH009", "WH014", "WH214", "WH302", "WH409", "WH414", "WH415"}


def base() -> type[Base]:
    tables = sa.MetaData(naming_convention=NAMING)

    class Fresh(Base):
        __abstract__ = True
        metadata = tables
        registry = _sa_registry = registry(metadata=tables)

    return Fresh


def declared(code: str) -> sa.MetaData:
    """The tables that an example's models declare."""
    fresh = base()
    module = ModuleType(f"gate_example_{abs(hash(code))}")
    space: dict[str, Any] = vars(module)
    space |= {word: getattr(warehouse.schema, word) for word in warehouse.schema.__all__}
    space |= {word: getattr(warehouse.schema.types, word) for word in warehouse.schema.types.__all__}
    space |= {"Base": fresh, "Mapped": Mapped, "sa": sa, "datetime": __import__("datetime").datetime}
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, module.__name__, "exec"), space)
    finally:
        del sys.modules[module.__name__]
    return fresh.metadata


def created(metadata: sa.MetaData) -> tuple[str, str]:
    """op.create_table calls for tables, and the imports that they need."""
    plugin.register()
    context = MigrationContext.configure(dialect_name="redshift+redshift_connector")
    imports: set[str] = {"import sqlalchemy as sa", "from sqlalchemy.dialects import postgresql"}

    def hook(kind: str, item: Any, autogen: Any) -> Any:
        answer = render_item(kind, item, autogen)
        imports.update(autogen.imports)
        return answer

    operations = [ops.CreateTableOp.from_table(one) for one in metadata.sorted_tables]
    text = render_python_code(ops.UpgradeOps(operations), migration_context=context, render_item=hook, imports=())
    # Alembic indents what it renders, but for the first line.
    return dedent(f"    {text}"), "\n".join(sorted(imports))


def parts(one: Rule) -> tuple[str, str]:
    """The models of a rule's bad example, and its `op.` calls and SQL."""
    language, code = one.bad
    if language == "sql":
        return "", "\n".join(f"op.execute({statement!r})" for statement in [code])
    if code.startswith(("def upgrade", "waive", "op.")) or "\n\n\nop." in code:
        blocks = code.split("\n\n\n")
        models = [block for block in blocks if not block.startswith(("op.", "waive", "def "))]
        return "\n\n\n".join(models), "\n".join(block for block in blocks if block.startswith("op."))
    return code, ""


@pytest.mark.parametrize("one", [one for one in ERRORS if one.code not in ELSEWHERE], ids=lambda one: one.code)
def test_an_upgrade_is_refused_with_its_line_and_prints_nothing_of_it(project, one: Rule) -> None:
    models, operations = parts(one)
    metadata = declared(models) if models else sa.MetaData()
    calls, imports = created(metadata) if metadata.tables else ("", "import sqlalchemy as sa")
    waived = 'waive = {"WH220": "counted", "WH202": "moved", "WH201": "moved"}'
    views = [f"op.execute({design.query!r})" for design in view_designs(metadata)]
    assert calls or operations or views
    body = "\n".join(text for text in (calls, operations) if text)
    project.revision(body, imports=f"{imports}\n{waived}\nfrom warehouse.schema.types import SUPER")
    with pytest.raises(WarehouseError, match=r"migrations/versions/r1\.py:\d+") as refused:
        migrate.script(target=project.settings)
    if isinstance(refused.value, DisciplineError):
        assert one.code in [finding.code for finding in refused.value.findings if finding.severity == "error"]
    else:
        # What Redshift has no statement for is refused in the words of the migration.
        assert isinstance(refused.value, MigrationError) or one.code == "WH223"


def test_a_revision_may_waive_what_it_names(project) -> None:
    project.revision('op.execute("DELETE FROM sale")', imports='waive = {"WH402": "a table of scratch rows"}')
    assert "DELETE FROM sale;" in migrate.script(target=project.settings)
    project.revision('op.execute("DELETE FROM sale")')
    with pytest.raises(DisciplineError, match=r"r2\.py:\d+: .*WH402 sale"):
        migrate.script(target=project.settings)


def test_pyproject_configures_the_gates(project) -> None:
    (project.home / "pyproject.toml").write_text('[tool.warehouse.discipline]\nseverity = { WH402 = "off" }\n')
    project.revision('op.execute("DELETE FROM sale")')
    assert "DELETE FROM sale;" in migrate.script(target=project.settings)


DESIGNS = [one for one in ERRORS if one.code not in ELSEWHERE and set(one.judges) <= {TableDesign, ColumnSubject, Link}]


@pytest.mark.parametrize("one", DESIGNS, ids=lambda one: one.code)
def test_autogenerate_writes_no_revision_for_it(one: Rule) -> None:
    metadata = declared(parts(one)[0])
    context = MigrationContext.configure(dialect_name="redshift+redshift_connector", opts={"target_metadata": metadata})
    operations = [ops.CreateTableOp.from_table(table) for table in metadata.sorted_tables]
    directives = [ops.MigrationScript("r1", ops.UpgradeOps(operations), ops.DowngradeOps([]))]
    with pytest.raises(DisciplineError, match=rf"No revision was written: .*{one.code} ") as refused:
        refuse_revision(context, None, directives)
    assert one.code in [finding.code for finding in refused.value.findings]


def test_what_the_gates_leave_to_the_linter_is_little() -> None:
    assert {rule(code).code for code in ELSEWHERE} == ELSEWHERE
    assert Link in rule("WH015").judges
    assert TableDesign in rule("WH014").judges
