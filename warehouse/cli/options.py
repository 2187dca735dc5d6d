"""What the commands that read files share: finding a table by its name, and the options of COPY."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import click
import sqlalchemy as sa

from warehouse.errors import UnknownTable


def find_table(name: str) -> sa.Table:
    """The table of the models by its name, qualified when it is not in public. Raises UnknownTable."""
    from warehouse.models import metadata

    table = metadata.tables.get(name.lower().removeprefix("public."))
    if table is None:
        known = sorted(metadata.tables)
        near = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"The models have: {', '.join(known)}."
        raise UnknownTable(f"The models have no table {name!r}.", table=name, next_step=hint)
    return table


def copy_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options by which a command says how text is read; `read_options` makes CopyOptions of them."""
    decorators = [
        click.option("--null", "null_as", help="Text that stands for NULL, such as NA."),
        click.option("--delimiter", default=",", show_default=True, help="Character between fields."),
        click.option("--no-header", is_flag=True, help="The files have no header row."),
        click.option("--plain", is_flag=True, help="Delimited text without CSV quoting."),
        click.option("--remove-quotes", is_flag=True, help="Strip surrounding quotes (with --plain)."),
        click.option("--empty-as-null", is_flag=True, help="Empty text becomes NULL."),
        click.option("--blanks-as-null", is_flag=True, help="Text of blanks becomes NULL."),
        click.option("--date-format", default="auto", show_default=True),
        click.option("--time-format", default="auto", show_default=True),
        click.option("--region", default="", help="Region of the bucket, when it is not the warehouse's."),
        click.option("--columns", help="The table's columns in the order of the fields: a,b,c."),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def read_options(given: dict[str, Any]) -> tuple[Any, list[str] | None]:
    """CopyOptions and the column list from the command line."""
    from warehouse.load import CopyOptions

    options = CopyOptions(
        csv=not given["plain"],
        delimiter="\t" if given["delimiter"] == "\\t" else given["delimiter"],
        null_as=given["null_as"],
        emptyasnull=given["empty_as_null"],
        blanksasnull=given["blanks_as_null"],
        removequotes=given["remove_quotes"],
        ignoreheader=0 if given["no_header"] else 1,
        dateformat=given["date_format"],
        timeformat=given["time_format"],
        region=given["region"],
    )
    return options, names(given["columns"])


def names(text: str | None) -> list[str] | None:
    """`a,b,c` as a list; None when nothing was said."""
    return [name.strip() for name in text.split(",") if name.strip()] if text else None
