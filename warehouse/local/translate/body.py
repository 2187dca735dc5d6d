"""What a PL/pgSQL body consists of (AWS c_PLpgSQL-structure, c_PLpgSQL-statements). Expressions and SQL stay text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cursor:
    """A bound cursor: its query, and (name, type) of each argument."""

    query: str
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Declaration:
    """name [CONSTANT] type [NOT NULL] [DEFAULT expression]; `name ALIAS FOR $n`; `name CURSOR … FOR query`.

    `type` is PostgreSQL's spelling, "record", "refcursor", "table.column%type" or "table%rowtype".
    """

    name: str
    type: str = ""
    default: str = ""
    constant: bool = False
    not_null: bool = False
    alias: int = 0
    cursor: Cursor | None = None


@dataclass(frozen=True)
class Statement:
    """`line` counts from the first line of the body, as errors tell it."""

    line: int


@dataclass(frozen=True)
class Block(Statement):
    body: tuple[Statement, ...]
    declarations: tuple[Declaration, ...] = ()
    # The statements behind EXCEPTION WHEN OTHERS THEN; None when there are none.
    handler: tuple[Statement, ...] | None = None
    label: str = ""


@dataclass(frozen=True)
class Assign(Statement):
    """`target` is a variable, or a record and its field."""

    target: tuple[str, ...]
    expression: str


@dataclass(frozen=True)
class If(Statement):
    branches: tuple[tuple[str, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Case(Statement):
    """With an `operand`, each branch lists values; without, one condition. `otherwise` is None without ELSE."""

    operand: str
    branches: tuple[tuple[str, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] | None


@dataclass(frozen=True)
class Loop(Statement):
    """LOOP, or WHILE when there is a condition."""

    body: tuple[Statement, ...]
    condition: str = ""
    label: str = ""


@dataclass(frozen=True)
class ForRange(Statement):
    variable: str
    first: str
    last: str
    reverse: bool
    body: tuple[Statement, ...]
    label: str = ""


@dataclass(frozen=True)
class ForQuery(Statement):
    """`query` is SQL, or with `dynamic` an expression that yields it."""

    targets: tuple[tuple[str, ...], ...]
    query: str
    dynamic: bool
    body: tuple[Statement, ...]
    label: str = ""


@dataclass(frozen=True)
class Exit(Statement):
    """EXIT, or CONTINUE."""

    label: str
    condition: str
    again: bool


@dataclass(frozen=True)
class Return(Statement):
    pass


@dataclass(frozen=True)
class Raise(Statement):
    """`level` is "" for the RAISE that throws what was caught."""

    level: str
    format: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sql(Statement):
    """A statement of SQL; `into` are the targets of SELECT INTO."""

    text: str
    into: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Execute(Statement):
    expression: str
    into: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Perform(Statement):
    query: str


@dataclass(frozen=True)
class Call(Statement):
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Open(Statement):
    cursor: str
    query: str = ""
    dynamic: bool = False
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetch(Statement):
    cursor: str
    into: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Close(Statement):
    cursor: str


@dataclass(frozen=True)
class Diagnostics(Statement):
    """GET DIAGNOSTICS variable := ROW_COUNT"""

    target: str


@dataclass(frozen=True)
class Control(Statement):
    """COMMIT, ROLLBACK or START."""

    word: str


@dataclass(frozen=True)
class Nothing(Statement):
    """NULL;"""
