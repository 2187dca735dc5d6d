"""A manifest as a source: the objects that it names, each of them there and as long as it says.

UNLOAD writes one beside what it has written, COPY takes one for what it reads. To COPY an entry is optional unless it
says `mandatory`; here it must be there unless it says that it need not, since what is missing would be missed in
silence. A manifest is known by its content: one JSON object with `entries` that have a `url`.

https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html
"""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from warehouse.errors import SourceError
from warehouse.objectstore import ObjectInfo, ObjectStore

# A hundred thousand entries; a larger object that begins with a brace is data.
_LARGEST = 32 << 20


def named_by(store: ObjectStore, info: ObjectInfo) -> list[ObjectInfo] | None:
    """The objects that a manifest names, in its order; None when the object is no manifest.

    Raises SourceError for one that names nothing, or an object that is missing or of another length.
    """
    entries = _entries(store, info)
    if entries is None:
        return None
    with ThreadPoolExecutor(max_workers=16) as pool:
        there = list(pool.map(lambda entry: store.head(str(entry["url"])), entries))
    found = []
    for entry, one in zip(entries, there, strict=True):
        if one is None and entry.get("mandatory") is False:
            continue
        length = (entry.get("meta") or {}).get("content_length")
        if one is None or length not in (None, one.size):
            wrong = "is not there" if one is None else f"has {one.size:,} bytes instead of {length:,}"
            raise SourceError(
                f"{info.uri} names {entry['url']}, which {wrong}.",
                source=info.uri,
                next_step="Nothing was loaded. Unload it again, or correct the manifest.",
            )
        found.append(one)
    if not found:
        raise SourceError(f"{info.uri} is a manifest without files.", source=info.uri, next_step="Check who wrote it.")
    return found


def _entries(store: ObjectStore, info: ObjectInfo) -> list[dict[str, Any]] | None:
    if info.size > _LARGEST:
        return None
    with contextlib.closing(store.open(info.uri)) as stream:
        start = stream.read(1024)
        if not start.lstrip().startswith(b"{"):
            return None
        try:
            found = json.loads(start + stream.read())
        except ValueError:
            return None
    entries = found.get("entries")
    if not isinstance(entries, list) or not all(isinstance(one, dict) and "url" in one for one in entries):
        return None
    for one in entries:
        if not str(one["url"]).startswith("s3://"):
            raise SourceError(
                f"{info.uri} names {one['url']}, which is no object in S3.",
                source=info.uri,
                next_step="Correct the manifest: COPY reads s3:// only.",
            )
    return entries
