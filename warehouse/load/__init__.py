"""Load, upsert, history, unload, read: files, frames and queries into Redshift and back, in one transaction, with
counts proved before the commit."""

from warehouse.load.append import Window
from warehouse.load.attempts import Retry
from warehouse.load.copy import CopyOptions, CopyStatement
from warehouse.load.guards import Guards
from warehouse.load.history import Versions
from warehouse.load.musts import Must
from warehouse.load.preview import Preview
from warehouse.load.reading import Reading, read
from warehouse.load.report import LoadReport, Progress, Upkeep
from warehouse.load.run import history, load, preview, preview_unload, runs, unload, upsert
from warehouse.load.sweep import sweep

__all__ = [
    "CopyOptions",
    "CopyStatement",
    "Guards",
    "LoadReport",
    "Must",
    "Preview",
    "Progress",
    "Reading",
    "Retry",
    "Upkeep",
    "Versions",
    "Window",
    "history",
    "load",
    "preview",
    "preview_unload",
    "read",
    "runs",
    "sweep",
    "unload",
    "upsert",
]
