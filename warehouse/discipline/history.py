"""A folder of revisions as one history: each revision with what is known of the warehouse when it begins.

The rules about changes ask what a table was like before (is the dropped column its sort key?). The models say what it
is like after the newest revision; so the revisions before are read, in the order of their `down_revision`, and their
changes applied one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from warehouse.discipline.revision import RevisionFile, is_revision, read_revision
from warehouse.discipline.subject import NOTHING_KNOWN, SchemaDesign


def revisions_of(folder: Path) -> list[Path]:
    """The revisions in a folder, by name."""
    return [file for file in sorted(folder.glob("*.py")) if is_revision(file.read_text(encoding="utf-8"))]


def history(files: Iterable[Path], start: SchemaDesign = NOTHING_KNOWN) -> Iterator[tuple[RevisionFile, SchemaDesign]]:
    """Each revision, oldest first, with what is known before it. Raises DisciplineError for one that is no Python."""
    known = start
    for one in in_order([read_revision(file) for file in files]):
        yield one, known
        for change in one.revision.changes:
            known = known.after(change)


def in_order(revisions: list[RevisionFile]) -> list[RevisionFile]:
    """The revisions after the ones they follow; those whose predecessor is not here begin. Order stays otherwise."""
    left, found = list(revisions), list[RevisionFile]()
    waiting = {one.revision.name for one in revisions}
    while left:
        ready = [one for one in left if not waiting & set(one.follows)] or left[:1]
        found += ready
        waiting -= {one.revision.name for one in ready}
        left = [one for one in left if one not in ready]
    return found
