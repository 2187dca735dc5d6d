"""What a running procedure needs of the session that it runs in, and what they tell one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Thrown(Exception):
    """An error inside a procedure: SQLSTATE, message, and where it was, innermost first."""

    def __init__(self, sqlstate: str, message: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.sqlstate, self.message, self.detail, self.hint = sqlstate, message, detail, hint
        self.context: list[str] = []


@dataclass(frozen=True)
class Answer:
    """What a statement came to: columns as (name, type), rows as text, the command tag."""

    columns: tuple[tuple[str, str], ...] = ()
    rows: Sequence[Sequence[str | None]] = ()
    tag: str = ""

    @property
    def count(self) -> int:
        """Rows processed, as ROW_COUNT tells them."""
        last = self.tag.rpartition(" ")[2]
        return int(last) if last.isdigit() else len(self.rows)

    @property
    def first(self) -> Sequence[str | None] | None:
        return self.rows[0] if self.rows else None


@dataclass(frozen=True)
class Procedure:
    """A procedure as the catalog has it. `arguments` are (name, mode, type), mode one of i, o, b."""

    oid: int
    name: str
    source: str
    arguments: tuple[tuple[str, str, str], ...]
    nonatomic: bool = False
    definer: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


class Host(Protocol):
    """A session. All of it raises Thrown."""

    @property
    def outside(self) -> bool:
        """True when no transaction is open."""

    def sql(self, text: str, constants: Sequence[str]) -> Answer:
        """Run one statement of Redshift's SQL, whose `$n` stand for `constants`."""

    def text(self, query: str, constants: Sequence[str]) -> str:
        """PostgreSQL's text of a SELECT, with `constants` in the place of `$n`."""

    def behind(self, sql: str) -> Answer:
        """Run what is PostgreSQL's already."""

    def resolve(self, name: str, arguments: Sequence[str]) -> tuple[Procedure, list[str | None]]:
        """The procedure that a call means, and the values of its arguments; `arguments` are PostgreSQL's text."""

    def say(self, level: str, text: str) -> None:
        """A message of RAISE."""

    def begin(self) -> None:
        """Begin a transaction."""

    def commit(self) -> None:
        """Commit the transaction that is open."""

    def rollback(self) -> None:
        """Roll the transaction back that is open."""

    def enter(self, procedure: Procedure) -> Callable[[], None]:
        """Take on the procedure's settings and rights; returns what gives them back."""
