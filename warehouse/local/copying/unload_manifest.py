"""The manifest of an UNLOAD.

VERBOSE adds how many rows each file holds (a header counts as one), the columns, and the totals. AWS's page prints the
length of a string without a name, which is no JSON; `max_length` is the name here.
Source: AWS r_UNLOAD (MANIFEST), r_UNLOAD_command_examples, loading-data-files-using-manifest (meta.content_length).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from warehouse.local import long_names
from warehouse.local.copying.unload_files import Written
from warehouse.local.copying.unload_options import UnloadOptions
from warehouse.local.copying.unload_query import Column


def manifest(written: Sequence[Written], columns: Sequence[Column], options: UnloadOptions) -> bytes:
    """The bytes of the manifest."""
    if not options.verbose:
        entries = [{"url": one.uri, "meta": {"content_length": one.size}} for one in written]
        return json.dumps({"entries": entries}, indent=2, ensure_ascii=False).encode("utf-8")
    counts = [one.rows + options.header for one in written]
    document = {
        "entries": [
            {"url": one.uri, "meta": {"content_length": one.size, "record_count": count}}
            for one, count in zip(written, counts, strict=True)
        ],
        "schema": {"elements": [{"name": long_names.shown(column.name), "type": _type(column)} for column in columns]},
        "meta": {"content_length": sum(one.size for one in written), "record_count": sum(counts)},
        "author": {"name": "Amazon Redshift", "version": "1.0.0"},
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8")


def _type(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {"base": column.type}
    if column.length:
        found["max_length"] = column.length
    if column.precision:
        found |= {"precision": column.precision, "scale": column.scale}
    return found
