"""The one tree of errors that the library raises.

    WarehouseError                  .next_step what to do; .retryable: the same call may succeed later
    ├── SettingsError               a setting is missing or malformed
    ├── ConnectionFailed            the warehouse cannot be reached or refuses the login
    ├── DesignError                 a table's physical design is impossible (raised when the class is defined)
    ├── DisciplineError             a rule of severity error was broken; .findings
    ├── MigrationError              a migration cannot run
    ├── ObjectStoreError            s3:// or file:// could not be read or written; .uri .status .code
    ├── LoadError                   a load, upsert or unload did not happen; nothing of it is in the target
    │   ├── SourceError             the source cannot be read or does not fit; .source .row .column .value .reason
    │   ├── UnknownTable            no such table in the warehouse; .table
    │   ├── CopyFailed              Redshift rejected rows; .file .line .row .column .value .reason
    │   ├── Conflict                another transaction was in the way; retryable
    │   ├── StoreUnavailable        S3 throttled COPY or UNLOAD, or had a bad moment; retryable
    │   ├── Cancelled               statement_timeout, or somebody, ended a statement
    │   ├── TooMuchRewritten        a guard refused it; .table .rows .of
    │   ├── ChecksFailed            delivered rows break a condition; .table .check .count .examples
    │   ├── NullKeys                a delivery holds rows without a key; .table .keys .count
    │   └── DuplicateKeys           a delivery holds differing rows for one key; .table .keys .count .examples
    ├── QualityError                checks failed; .report
    └── LocalServerError            the embedded Redshift cannot start, stop or be reached

A message says what happened, where, and the next step; it never holds a secret (`redaction`). The driver's own error
stays as `__cause__`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.redaction import redact


class WarehouseError(Exception):
    """Base of all errors of this library.

    `message` says what and where; `next_step` says how to go on. `str()` gives both, in one paragraph.
    """

    retryable: bool = False

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.message = redact(message)
        self.next_step = redact(next_step)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class SettingsError(WarehouseError):
    """A setting is missing or malformed."""


class ConnectionFailed(WarehouseError):
    """The warehouse cannot be reached, or it refuses the login."""

    retryable = True


class DesignError(WarehouseError):
    """A table's physical design is impossible in Redshift."""


class DisciplineError(WarehouseError):
    """At least one rule of severity error was broken. `.findings` holds them all."""

    def __init__(self, message: str, *, findings: Sequence[Any] = (), next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.findings = tuple(findings)


class MigrationError(WarehouseError):
    """A migration cannot run, or must not."""


class ObjectStoreError(WarehouseError):
    """An object could not be read or written."""

    def __init__(self, message: str, *, uri: str = "", status: int = 0, code: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.uri = redact(uri)
        self.status = status
        self.code = code
        self.retryable = status >= 500


class LoadError(WarehouseError):
    """A load, upsert or unload did not happen; the target holds nothing of it."""


class SourceError(LoadError):
    """The source cannot be read, or it does not fit the table. Where it is one value that does not fit, `row` is its
    place as the message counts it (None when it is not known), `value` None for a NULL."""

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        row: int | None = None,
        column: str = "",
        value: Any = None,
        reason: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.source = redact(source)
        self.row = row
        self.column = column
        self.value = value
        self.reason = reason


class UnknownTable(LoadError):
    """The target table does not exist in the warehouse."""

    def __init__(self, message: str, *, table: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.table = table


class CopyFailed(LoadError):
    """Redshift's COPY rejected a row; the load-error views say which and why, or the file itself does.

    `line` counts the lines of a text from 1, `row` the records of a file that has no lines (Parquet, Avro).
    """

    def __init__(
        self,
        message: str,
        *,
        table: str = "",
        file: str = "",
        line: int | None = None,
        row: int | None = None,
        column: str = "",
        value: str = "",
        reason: str = "",
        code: int | None = None,
        next_step: str = "",
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.table = table
        self.file = file
        self.line = line
        self.row = row
        self.column = column
        self.value = value
        self.reason = reason
        self.code = code


class Conflict(LoadError):
    """Another transaction was in the way (error 1023, a row conflict, a deadlock, a table made anew meanwhile)."""

    retryable = True


class StoreUnavailable(LoadError):
    """S3 throttled the warehouse's COPY or UNLOAD, or failed for a moment."""

    retryable = True


class Cancelled(LoadError):
    """A statement was cancelled: by statement_timeout, by a query monitoring rule, or by somebody."""


class TooMuchRewritten(LoadError):
    """The run would replace or delete a larger share of the table than its guard allows; `rows` of `of`."""

    def __init__(self, message: str, *, table: str = "", rows: int = 0, of: int = 0, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.table = table
        self.rows = rows
        self.of = of


class ChecksFailed(LoadError):
    """Delivered rows break a condition that they have to meet; `examples` are some of them."""

    def __init__(
        self,
        message: str,
        *,
        table: str = "",
        check: str = "",
        count: int = 0,
        examples: Sequence[Any] = (),
        next_step: str = "",
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.table = table
        self.check = check
        self.count = count
        self.examples = tuple(examples)


class _KeyError(LoadError):
    def __init__(
        self,
        message: str,
        *,
        table: str = "",
        keys: Sequence[str] = (),
        count: int = 0,
        examples: Sequence[Any] = (),
        next_step: str = "",
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.table = table
        self.keys = tuple(keys)
        self.count = count
        self.examples = tuple(examples)


class NullKeys(_KeyError):
    """A delivery holds rows whose key is null: they could never be matched again."""


class DuplicateKeys(_KeyError):
    """A delivery holds several differing rows for one key, and nothing says which one wins."""


class QualityError(WarehouseError):
    """Checks failed. `.report` holds every result."""

    def __init__(self, message: str, *, report: Any = None, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.report = report


class LocalServerError(WarehouseError):
    """The embedded Redshift cannot start, stop or be reached."""
