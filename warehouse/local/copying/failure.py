"""What can go wrong in a COPY: a rejected record with its place and reason, and the error that the client sees.

Codes and reasons: AWS "Load error reference" (r_Load_Error_Reference); texts as seen on clusters, REDSHIFT.md section
6, and on AWS's pages (tutorial-loading-run-copy, multi-byte-character-load-errors).
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = 1200
TOO_MANY_COLUMNS = 1202
OUT_OF_RANGE = 1204
BAD_DATE = 1205
BAD_TIMESTAMP = 1206
BAD_DIGIT = 1207
BAD_FLOAT = 1208
BAD_DECIMAL = 1209
BAD_BOOLEAN = 1210
MISSING_NOT_NULL = 1213
DELIMITER_NOT_FOUND = 1214
INVALID_LINE = 1216
NUL_BESIDE = 1218
BAD_UTF8 = 1220
WRONG_ENCODING = 1221
INTEGER_OVERFLOW = 1222
BAD_SUPER = 1224

# The load-error views keep this much of a line and of a value.
KEPT = 1024
# So many rejected records are told; the rest is counted (AWS copy-parameters-data-load: the limit of MAXERROR).
_TOLD = 100_000
# Records with replaced characters that are told for a file; the view tells as many for a slice (r_STL_REPLACEMENTS).
_REPLACED_TOLD = 100


@dataclass(eq=False)  # not frozen: an exception's traceback is assigned to it
class Rejected(Exception):
    """One record that COPY rejects.

    `position` is the offset of the field in the raw line, in bytes; `fields` are the columns up to the bad one, each
    (name, type, length, value), for stl_loaderror_detail.
    """

    code: int
    reason: str
    line: int = -1
    column: str = ""
    type: str = ""
    length: str = ""
    position: int = 0
    value: str = ""
    raw_line: str = ""
    fields: tuple[tuple[str, str, str, str | None], ...] = ()


class CopyError(Exception):
    """COPY or UNLOAD cannot go on, for a reason that is not a row's: an S3 error, a parameter, a file's form."""

    def __init__(self, message: str, sqlstate: str = "XX000", *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint


class TooManyErrors(Exception):
    """So many records were rejected that the load fails. What they are stands in the Findings."""


class Findings:
    """What was wrong with the records of a load, file by file: the rejected ones, and those with replaced bytes."""

    def __init__(self, most_errors: int | None) -> None:
        """The load fails with `most_errors` rejected records; None never fails it."""
        self._most = most_errors
        self.rejected: list[tuple[str, Rejected]] = []
        self.rejected_count = 0
        # (file, line, column, raw line) of the first replacement in a record.
        self.replaced: list[tuple[str, int, str, str]] = []
        self.replaced_count = 0

    def reject(self, uri: str, record: Rejected) -> None:
        """Note a rejected record. Raises TooManyErrors when the load cannot go on."""
        self.rejected_count += 1
        if len(self.rejected) < _TOLD:
            self.rejected.append((uri, record))
        if self._most is not None and self.rejected_count >= self._most:
            raise TooManyErrors

    def replace(self, uri: str, line: int, column: str, raw: str) -> None:
        """Note a record in which bytes were replaced."""
        self.replaced_count += 1
        if len(self.replaced) < _REPLACED_TOLD or self.replaced[-_REPLACED_TOLD][0] != uri:
            self.replaced.append((uri, line, column, raw.rstrip("\r\n")[:KEPT]))

    def mark(self) -> tuple[int, int, int, int]:
        return len(self.rejected), self.rejected_count, len(self.replaced), self.replaced_count

    def forget(self, since: tuple[int, int, int, int]) -> None:
        """Forget what was found after `since` was marked: the file is read again."""
        del self.rejected[since[0] :], self.replaced[since[2] :]
        self.rejected_count, self.replaced_count = since[1], since[3]
