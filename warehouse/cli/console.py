"""What every command prints with: one console, tables, and the way to fail with one paragraph."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

# Where there is no terminal (a log, a pipe), 80 columns would fold most tables.
_WIDTH, _HEIGHT = shutil.get_terminal_size((110, 40))

# Both must be said: with TERM=dumb, as in most CI, rich takes 80 columns unless it is told a whole size.
console = Console(highlight=False, width=_WIDTH, height=_HEIGHT)
errors = Console(stderr=True, highlight=False, width=_WIDTH, height=_HEIGHT)


def may_ask() -> bool:
    """Whether somebody is there to answer a question: both ends are a terminal."""
    return errors.is_terminal and sys.stdin.isatty()


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Print one paragraph to stderr and leave with a non-zero exit code."""
    errors.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    raise click.exceptions.Exit(code)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: Sequence[str] = ()) -> None:
    """Print rows as a table; the columns named in `numeric` align right, and integers get thousands separators."""
    # Above the table and not of it: rich would fold the title to the table's width.
    if title:
        console.print(f"[bold]{title}[/]", soft_wrap=True)
    view = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(columns))
    for name in columns:
        view.add_column(name, justify="right" if name in numeric else "left", overflow="fold")
    for row in rows:
        view.add_row(*(_cell(value) for value in row))
    console.print(view)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return escape(str(value))
