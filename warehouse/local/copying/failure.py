"""What can go wrong in a COPY: a rejected row with its place and reason, and the error that the client sees.

Codes and reasons: AWS "Load error reference" (r_Load_Error_Reference); texts as seen on clusters, REDSHIFT.md section
6.
"""

from __future__ import annotations

from dataclasses import dataclass

DELIMITER_NOT_FOUND = 1201
TOO_MANY_COLUMNS = 1202
TOO_FEW_COLUMNS = 1203
OUT_OF_RANGE = 1204
BAD_DATE = 1205
BAD_TIMESTAMP = 1206
BAD_DIGIT = 1207
BAD_FLOAT = 1208
BAD_DECIMAL = 1209
BAD_BOOLEAN = 1210
MISSING_NOT_NULL = 1213
BAD_CHAR = 1215
INVALID_LINE = 1216
BAD_UTF8 = 1220
INTEGER_OVERFLOW = 1222
UNKNOWN = 1200


@dataclass(eq=False)  # not frozen: an exception's traceback is assigned to it
class Rejected(Exception):
    """One row that COPY rejects. `position` is the offset of the field in the raw line, in bytes."""

    code: int
    reason: str
    line: int = -1
    column: str = ""
    type: str = ""
    length: str = ""
    position: int = 0
    value: str = ""
    raw_line: str = ""


class CopyError(Exception):
    """COPY or UNLOAD cannot go on, for a reason that is not a row's: an S3 error, a parameter, a file's form."""

    def __init__(self, message: str, sqlstate: str = "XX000", *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint
