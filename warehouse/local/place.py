"""Where an embedded Redshift listens and keeps its state. Light: whoever only asks for the server imports no more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from warehouse.settings import STATE_FOLDER

HOST = "127.0.0.1"
PORT = 5439
# Slices of a small provisioned cluster: two nodes of dc2.large have four.
SLICES = 4
# Folders of the state folder.
POSTGRES = "postgres"
S3 = "s3"
EPHEMERAL = "ephemeral"
# A file of it.
LONG_NAMES = "long_names"


@dataclass(frozen=True)
class Options:
    """How to run: the project's folder, the wanted port (0: any), whether to keep anything, how many slices to play."""

    home: Path
    port: int = PORT
    ephemeral: bool = False
    slices: int = SLICES

    @property
    def state(self) -> Path:
        return self.home / STATE_FOLDER
