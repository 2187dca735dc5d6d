"""Progress bars for loads: renders the callback (phase, done, total) of warehouse.load with rich."""

from __future__ import annotations

from typing import Self

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from warehouse.cli.console import errors

# What the phases are called while they run.
_LABELS = {
    "describe": "reading the header",
    "stage": "staging",
    "lock": "waiting for the table",
    "wait": "waiting to try again",
    "copy": "COPY",
    "merge": "merging",
    "prove": "proving the counts",
    "swap": "taking its name",
    "upkeep": "VACUUM and ANALYZE",
    "commit": "committing",
    "clean": "cleaning up",
    "unload": "UNLOAD",
    "check": "checking",
}


class Bars:
    """A context manager to pass as `progress`: one line for the phase that runs; nothing when stderr is no terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            # On stderr, so that tables on stdout can be piped.
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        self._task = self._bars.add_task(self._title, total=None)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._bars.stop()

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if self._task is not None:
            word, _, whom = phase.partition(": ")
            label = f"{self._title}: {_LABELS.get(word, word)}{f', held by {whom}' if whom else ''}"
            self._bars.update(self._task, description=label, completed=done, total=total)
