"""Load, upsert, unload: files and frames into Redshift and back, in one transaction, with counts proved before the
commit."""

from warehouse.load.copy import CopyOptions, CopyStatement
from warehouse.load.report import LoadReport, Progress
from warehouse.load.run import load, unload, upsert

__all__ = ["CopyOptions", "CopyStatement", "LoadReport", "Progress", "load", "unload", "upsert"]
