"""What a Redshift statement turns into: values that the session executes, never executed here.

Pass      one statement of PostgreSQL; its answer goes to the client as it is
Steps     several statements of PostgreSQL of which the client sees one
Refuse    an error, in Redshift's words where they are known
Copy      COPY … FROM 's3://…'
Unload    UNLOAD ('…') TO 's3://…'
Call      CALL of a stored procedure
Commit    the end of a block, which a serializable database may refuse
Ask       questions first: what the catalog holds decides the translation (questions.py)
Fault     something that is to go wrong, for tests (faults.py)
Nothing   an empty statement
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Pass:
    """One statement that PostgreSQL executes for us.

    `control` marks BEGIN, COMMIT and the like; `leader` a query that touches catalogs at most; `reads` are the user's
    relations that it scans, by their quoted names.
    """

    sql: str
    control: bool = False
    leader: bool = False
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Steps:
    """Statements that belong together; the client sees the answer of `main`, under `tag` when one is given.

    `alone` names what may not run inside a transaction block, `inside` what runs only in one; `commits` commits a block
    that is open first; `apart` keeps the statements out of one transaction.
    """

    main: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    tag: str = ""
    alone: str = ""
    commits: bool = False
    apart: bool = False
    inside: str = ""
    reads: tuple[str, ...] = ()

    def sql(self) -> str:
        return ";\n".join((*self.before, self.main, *self.after))


@dataclass(frozen=True)
class Refuse:
    """What Redshift, or this server, does not do. SQLSTATE 0A000 unless Redshift says otherwise."""

    message: str
    sqlstate: str = "0A000"
    detail: str = ""
    hint: str = ""
    # Whether PostgreSQL has said it, so that an open transaction is aborted by this very error.
    said: bool = False


@dataclass(frozen=True)
class Copy:
    """COPY from S3. `parameters` maps upper-case option names to their arguments (None when it takes none)."""

    table: tuple[str, ...]
    columns: tuple[str, ...]
    source: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unload:
    """UNLOAD to S3. `query` is the translated SELECT."""

    query: str
    target: str
    parameters: dict[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """CALL. `name` and `arguments` are PostgreSQL's text; `bound` is what a Parse and a Bind message said of `$n`."""

    name: str
    arguments: tuple[str, ...]
    bound: tuple[bytes, bytes] | None = None

    def sql(self) -> str:
        """The query that notes the call (routines.py)."""
        return f"SELECT * FROM {self.name}({', '.join(self.arguments)})"


@dataclass(frozen=True)
class Commit:
    """COMMIT."""


@dataclass(frozen=True)
class Ask:
    """A statement that can be translated when `questions`, expressions of PostgreSQL that give texts, are answered.

    `known` are earlier answers; `plain`, when there is one, is the plan that holds if all answers are empty.
    """

    text: str
    questions: tuple[str, ...]
    known: tuple[tuple[str, str], ...] = ()
    plain: Plan | None = None


@dataclass(frozen=True)
class Fault:
    """SET warehouse.fault: `kind` is to go wrong `times` times; "" ends what was asked for before.

    `on` names the statements that it hits ("" for those that the kind hits by itself), `after` says that they are done
    first; `seconds` is how long "slow copy" takes, `under` the s3:// URI below which S3 fails.
    """

    kind: str = ""
    times: int = 1
    on: str = ""
    after: bool = False
    seconds: float = 5.0
    under: str = ""


@dataclass(frozen=True)
class Nothing:
    """An empty statement."""


Plan = Pass | Steps | Refuse | Copy | Unload | Call | Commit | Ask | Fault | Nothing


class Refused(Exception):
    """Raised while translating; carries the refusal that becomes the plan."""

    def __init__(self, message: str, sqlstate: str = "0A000", *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.plan = Refuse(message, sqlstate, detail, hint)


def not_emulated(what: str) -> Refused:
    """The answer to what is neither emulated nor known to be refused by Redshift."""
    return Refused(f"not emulated: {what}", hint="The embedded Redshift does not know this; a cluster may.")
