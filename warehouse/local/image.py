"""The data directory that a first start begins with: made once on a machine, copied from then on.

initdb and our catalog are four fifths of a first start, and always come to the same. So what they made is kept among
the user's caches, without a password or anything of a project, under a name that says what it was made from. It is
whole or it is not there: a copy gets its name when all of it is on disk. Whoever cannot keep one does without.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path

from warehouse.settings import cache_folder

log = logging.getLogger(__name__)

# Of other versions; an upgrade leaves them behind.
_OTHERS = 3


def place(*made_from: str) -> Path:
    """Where the image made from this is, or would be."""
    name = hashlib.sha256("\0".join(made_from).encode()).hexdigest()[:16]
    return cache_folder() / "postgres" / name


def keep(data: Path, image: Path) -> None:
    """Copy the data directory `data`, whose server is stopped, and make the copy `image` once it is on disk."""
    try:
        image.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".making-", dir=image.parent))
        shutil.copytree(data, part, dirs_exist_ok=True)
    except OSError as error:
        log.warning("no copy of a new data directory is kept in %s: %s", image.parent, error)
        return
    # Clients need not wait for the disk; the end of the process does.
    threading.Thread(target=_finish, args=(part, image), name="keep image").start()


def _finish(part: Path, image: Path) -> None:
    try:
        for path in part.rglob("*"):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        with contextlib.suppress(FileExistsError):
            part.rename(image)
        others = [path for path in image.parent.iterdir() if path not in (image, part)]
        for path in sorted(others, key=lambda one: one.stat().st_mtime)[:-_OTHERS]:
            shutil.rmtree(path, ignore_errors=True)
    except OSError as error:
        log.warning("no copy of a new data directory is kept as %s: %s", image, error)
    finally:
        shutil.rmtree(part, ignore_errors=True)
