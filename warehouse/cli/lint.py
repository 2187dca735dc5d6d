"""`warehouse lint`: hold models, revisions and SQL files against the rules.

Exit code 0: no rule of severity error is broken. 1: one is (with --strict, a warning as well). 2: something could not
be looked at. Needs no database, unless --live asks it.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse.cli.console import fail
from warehouse.discipline import Config, Finding, Place, SchemaDesign, check, declared, hygiene, lint, statements
from warehouse.discipline.history import history, revisions_of
from warehouse.discipline.revision import is_revision
from warehouse.errors import WarehouseError
from warehouse.schema import views_of
from warehouse.schema.places import lines_of
from warehouse.settings import find_home, load_settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from warehouse.schema.facts import TableFacts

DEFAULT_MODELS = "warehouse.models"
FORMATS = ("text", "json", "github", "sarif")


@click.command("lint")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--models",
    default=DEFAULT_MODELS,
    show_default=True,
    metavar="PACKAGE",
    help="Python package or module that declares the tables.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--live", is_flag=True, help="Ask the warehouse as well: its tables and their statistics.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def command(paths: tuple[Path, ...], models: str, form: str, live: bool, strict: bool) -> None:
    """Hold models, and the revisions and .sql files in PATHS, against the rules; "warehouse rule" lists them.

    Without PATHS: the models. Exit code 0: no error; 1: a rule is broken; 2: something could not be looked at.
    """
    from warehouse.cli.report import Report, write

    try:
        config = Config.load(find_home())
        metadata = metadata_of(models)
        facts = _live_facts() if live else []
        designs = declared(metadata, config)
        findings = list[Finding]()
        if not paths:
            findings += _placed(lint(metadata, config, facts=facts), metadata)
        if live:
            findings += _placed(hygiene(designs, facts, config), metadata)
        revisions, sql = _files(paths)
        known = SchemaDesign.of(designs, facts, complete=True)
        findings += _of_revisions(revisions, config, known)
        findings += _of_sql(sql, config, known)
        looked_at = {"tables": len(metadata.tables) if not paths else 0, "revisions": len(revisions), "files": len(sql)}
        write(form, Report(tuple(findings), looked_at))
    except WarehouseError as error:
        fail(str(error), code=2)
    if any(finding.severity == "error" or strict for finding in findings):
        raise click.exceptions.Exit(1)


def metadata_of(models: str) -> sa.MetaData:
    """The tables that a package declares: its `metadata`, or that of its `Base`. Raises WarehouseError."""
    import sqlalchemy as sa

    # As Python itself does for a script: packages beside it are found.
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(models)
    except ImportError as error:
        raise WarehouseError(
            f"{models} cannot be imported: {error}.",
            next_step="Say --models with a package that this Python finds, such as warehouse.models.",
        ) from error
    except WarehouseError as error:
        raise type(error)(f"{_place(error, models)}: {error.message}", next_step=error.next_step) from error
    except (TypeError, ValueError, AttributeError, NameError, sa.exc.SQLAlchemyError) as error:
        raise WarehouseError(f"{_place(error, models)}: {error}.", next_step="Mend the model.") from error
    for holder in (module, getattr(module, "Base", None)):
        found = getattr(holder, "metadata", None)
        if isinstance(found, sa.MetaData):
            return found
    raise WarehouseError(
        f"{models} declares no tables: it has neither `metadata` nor `Base`.",
        next_step="Let it hold one of the two, as warehouse.models does.",
    )


def _place(error: BaseException, models: str) -> str:
    """`file:line` of the last line of the models' own that led to the error; their name when there is none."""
    library = Path(__file__).parents[1]
    found = models
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        theirs = file.is_file() and "site-packages" not in file.parts
        if theirs and (library not in file.parents or library / "models" in file.parents):
            found = f"{_shown(file)}:{line}"
    return found


def _live_facts() -> list[TableFacts]:
    import sqlalchemy as sa

    from warehouse.db.engine import connect
    from warehouse.db.facts import table_facts
    from warehouse.db.failures import refused

    engine = connect(load_settings())
    try:
        with engine.connect() as connection:
            return table_facts(connection)
    except sa.exc.DBAPIError as error:
        raise refused(error) from error
    finally:
        engine.dispose()


def _files(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The revisions and the SQL files among paths; folders are searched. Raises WarehouseError for another file."""
    revisions, sql = list[Path](), list[Path]()
    for path in map(_shown, paths):
        if path.is_dir():
            sql += sorted(path.rglob("*.sql"))
            for folder in sorted({one.parent for one in path.rglob("*.py")}):
                revisions += revisions_of(folder)
        elif path.suffix == ".sql":
            sql.append(path)
        elif path.suffix == ".py" and is_revision(path.read_text(encoding="utf-8")):
            revisions.append(path)
        else:
            raise WarehouseError(
                f"{path} is neither a revision nor a .sql file.",
                next_step="Models are named with --models; name revisions, .sql files, or folders that hold them.",
            )
    return revisions, sql


def _shown(path: Path) -> Path:
    """The path as findings show it, and as waivers of pyproject.toml name it: relative to the working directory."""
    absolute = path.resolve()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else path


def _of_revisions(files: Sequence[Path], config: Config, models: SchemaDesign) -> list[Finding]:
    wanted = {file.resolve() for file in files}
    findings = list[Finding]()
    # The views of the models are there at any time, as far as the revisions can tell.
    start = SchemaDesign(views=models.views, facts=models.facts)
    for folder in sorted({file.parent for file in files}):
        for one, known in history(revisions_of(folder), start):
            place = one.revision.place
            if place is not None and Path(place.file).resolve() in wanted:
                findings += check(one.subjects, config, waivers=one.waivers, known=known)
    # What a model waives holds for the revision that makes its table.
    waived = {name: set(one.waivers) for name, one in models.tables.items()}
    waived |= {name: set(one.waivers) for name, one in models.views.items()}
    return [one for one in findings if one.code not in waived.get(one.table, ())]


def _of_sql(files: Iterable[Path], config: Config, known: SchemaDesign) -> list[Finding]:
    findings = list[Finding]()
    for file in files:
        try:
            # Editors of Windows begin a file with a byte order mark.
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise WarehouseError(f"{file} is not UTF-8: {error}.", next_step="Save it as UTF-8.") from error
        findings += check(statements(text, place=Place(str(file))), config, known=known)
    return findings


def _placed(findings: Iterable[Finding], metadata: sa.MetaData) -> list[Finding]:
    """The same findings, with the file and the line of the model that each is about."""
    from warehouse.schema.design import qualified

    declared_here = (*metadata.tables.values(), *views_of(metadata).tables.values())
    by_name = {qualified(one.schema, one.name): one for one in declared_here}
    found = []
    for one in findings:
        table = by_name.get(one.table)
        column = one.subject.removeprefix(f"{one.table}.") if one.subject != one.table else ""
        at = lines_of(table, column) if table is not None and one.place is None else None
        found.append(replace(one, place=Place(*at)) if at else one)
    return found
