"""Which of COPY's options a kind of source hears; the others are refused, before anything is sent."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from warehouse.errors import SourceError
from warehouse.load.copy import CopyOptions

if TYPE_CHECKING:
    from warehouse.load.source import Source

# What COPY takes with JSON and Avro. https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-format.html
_RECORD_OPTIONS = frozenset({"emptyasnull", "blanksasnull", "dateformat", "timeformat", "maxerror", "region"})


def refuse_unheard(source: Source, options: CopyOptions) -> None:
    """An option that nothing hears would be a promise: the values would arrive otherwise than it says."""
    heard, what = frozenset({"region"}), "a frame holds values, not text"
    if source.kind == "query":
        heard, what = frozenset(), "the rows are in the warehouse already"
    elif source.format == "text":
        return
    elif source.kind == "objects":
        heard, what = _RECORD_OPTIONS, f"COPY takes no such option with {source.format}"
        if source.format == "parquet":
            heard = frozenset()
    elif source.records:
        heard, what = frozenset({"emptyasnull", "blanksasnull", "timeformat", "region"}), "its fields are read here"
    elif source.pieces:
        what = "Parquet holds values, not text"
    said = [
        f"{one.name}={value!r}"
        for one in fields(options)
        if one.name not in heard and (value := getattr(options, one.name)) != one.default
    ]
    if source.records and options.timeformat not in ("auto", "epochsecs", "epochmillisecs"):
        said.append(f"timeformat={options.timeformat!r}")
        what = "dates and times are read in the form 2024-01-31 12:00:00, or as an epoch"
    if said:
        raise SourceError(
            f"{source.label}: nothing is done with {', '.join(said)}: {what}.",
            source=source.label,
            next_step="Nothing was sent. Leave it out, and convert the values before they are delivered where they "
            "need it.",
        )
