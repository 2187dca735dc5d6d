"""Questions asked before anything runs: each answer that would lose something is refused, with the next step.

Pure: what the warehouse holds comes in as values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError

from warehouse.errors import MigrationError
from warehouse.migrate.execution.fingerprint import fingerprint
from warehouse.migrate.execution.history import Direction, Entry


def one_row(versions: Sequence[str], script: ScriptDirectory, table: str = "alembic_version") -> None:
    """Raise MigrationError unless the version table holds at most one row, or one for each branch that is not joined
    yet; nothing in Redshift keeps it to that."""
    if len(versions) > 1 and not _branches(versions, script):
        raise MigrationError(
            f"{table} holds {len(versions)} rows ({', '.join(sorted(versions))}) and must hold one: two deploys have "
            "migrated at once, or somebody wrote into it.",
            next_step='See which revision the tables are at, then "alembic stamp --purge REVISION".',
        )


def _branches(versions: Sequence[str], script: ScriptDirectory) -> bool:
    """Whether these are different revisions of which none comes before another."""
    if len(set(versions)) < len(versions) or any(_file(script, version) is None for version in versions):
        return False
    before = {
        version: {one.revision for one in script.iterate_revisions(version, "base")} - {version} for version in versions
    }
    return not any(version in before[other] for version in versions for other in versions)


def known(versions: Iterable[str], script: ScriptDirectory) -> None:
    """Raise MigrationError when the warehouse is at a revision that no file has."""
    for version in versions:
        try:
            script.get_revision(version)
        except Exception as error:
            if not isinstance(error, ResolutionError) and not isinstance(error.__cause__, ResolutionError):
                raise
            raise MigrationError(
                f"The warehouse is at revision {version!r}, which no file in {_short(Path(script.dir))}/versions has.",
                next_step="Take the branch that has it; when it is lost for good, bring the tables to a known revision "
                'and say "alembic stamp --purge REVISION".',
            ) from error


def one_head(script: ScriptDirectory) -> None:
    """Raise MigrationError when two revisions follow the same one."""
    heads = sorted(script.get_heads())
    if len(heads) > 1:
        told = ", ".join(f"{head} ({_title(script, head)})" for head in heads)
        raise MigrationError(
            f"The migrations have {len(heads)} heads: {told}. Nobody can know which comes first.",
            next_step="Let one follow the other (down_revision), or join them: "
            f'alembic merge -m "Join" {" ".join(heads)}.',
        )


def unedited(entries: Iterable[Entry], script: ScriptDirectory, accepted: Collection[str]) -> list[Entry]:
    """Raise MigrationError for a revision whose file says something else than when it ran.

    Returns the entries of the revisions that `accepted` names although they were edited.
    """
    edited = []
    for entry in entries:
        file = _file(script, entry.revision)
        if file is None or fingerprint(file) == entry.fingerprint:
            continue
        if entry.revision not in accepted:
            raise _edited(entry, file)
        edited.append(entry)
    return edited


def has_file(entries: Iterable[Entry], script: ScriptDirectory) -> None:
    """Raise MigrationError when a revision that ran in part has no file any more, so that nothing can finish it."""
    for entry in entries:
        if entry.state == "running" and _file(script, entry.revision) is None:
            raise MigrationError(
                f"Revision {entry.revision} ran in part, and no file in {_short(Path(script.dir))}/versions has it.",
                next_step="Take the branch that has it; when it is lost for good, undo by hand what it has done and "
                'say "alembic stamp --purge REVISION" with the one that the tables are at.',
            )


def goes_on(running: Entry | None, revision: str, direction: Direction) -> None:
    """Raise MigrationError when a revision that ran in part is not the one that comes next, in the same direction."""
    if running is None or (running.revision, running.direction) == (revision, direction):
        return
    done = "run" if running.direction == "upgrade" else "undone"
    raise MigrationError(
        f"Revision {running.revision} was {done} in part and must be finished first.",
        next_step=f'"alembic {running.direction} '
        + (f'{running.revision}".' if running.direction == "upgrade" else '-1".'),
    )


def _edited(entry: Entry, file: Path) -> MigrationError:
    if entry.state == "running":
        return MigrationError(
            f"{_short(file)} was edited after it ran in part.",
            next_step="Put it back (see the file's history). When only later statements were mended, say "
            f"-x edited={entry.revision} with the same command.",
        )
    return MigrationError(
        f"{_short(file)} was edited after it ran, so it no longer says what is in the warehouse.",
        next_step="Put it back (see the file's history) and write a new revision for the change. When the edit changes "
        f"nothing in the warehouse, say -x edited={entry.revision} with the same command.",
    )


def _file(script: ScriptDirectory, revision: str) -> Path | None:
    try:
        found = script.get_revision(revision)
    except Exception:  # noqa: BLE001 - a revision that left the files: whether that matters, others judge
        return None
    return Path(found.path) if found is not None else None


def _title(script: ScriptDirectory, revision: str) -> str:
    found = script.get_revision(revision)
    return (found.doc or "").rstrip(".") if found is not None else ""


def _short(path: Path) -> str:
    resolved = path.resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else str(path)
