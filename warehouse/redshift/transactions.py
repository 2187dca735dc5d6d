"""Which statements cannot share a transaction with others, told by their text.

    boundary("VACUUM sale")                        "alone"      Redshift refuses it inside BEGIN … END
    boundary("TRUNCATE sale")                      "commits"    it commits whatever came before it
    boundary("ALTER TABLE sale ALTER DISTKEY k")   "rewrites"   the table is rewritten in the background
    boundary("CREATE TABLE …")                     None         an ordinary part of a transaction

AWS documents no ban for the third kind; they take an exclusive lock that would last until the end of the transaction,
and some cluster versions refuse them there, so they are kept apart as well.

https://docs.aws.amazon.com/redshift/latest/dg/r_SVL_MULTI_STATEMENT_VIOLATIONS.html
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE_APPEND.html
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_DATABASE.html
https://docs.aws.amazon.com/redshift/latest/dg/r_VACUUM_command.html
https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html
"""

from __future__ import annotations

import re
from typing import Literal

Boundary = Literal["alone", "commits", "rewrites"]

_NAME = r'(?:"(?:[^"]|"")*"|[^\s".(]+)'
_TABLE = rf"ALTER\s+TABLE\s+{_NAME}(?:\s*\.\s*{_NAME})*\s+"
_COLUMN = rf"{_TABLE}ALTER\s+(?:COLUMN\s+)?{_NAME}\s+"
# In this order; the first that fits says what kind it is.
_PATTERNS: tuple[tuple[str, Boundary], ...] = (
    (r"VACUUM\b", "alone"),
    (r"(?:CREATE|DROP)\s+DATABASE\b", "alone"),
    (r"ALTER\s+DATABASE\b.*\bISOLATION\b", "alone"),
    (r"(?:CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?LIBRARY\b", "alone"),
    (r"(?:CREATE|ALTER|DROP)\s+EXTERNAL\s+TABLE\b", "alone"),
    (rf"{_TABLE}APPEND\b", "alone"),
    (rf"{_COLUMN}TYPE\b", "alone"),
    (r"TRUNCATE\b", "commits"),
    (rf"{_COLUMN}ENCODE\b", "rewrites"),
    (rf"{_TABLE}ALTER\s+(?:DISTSTYLE|DISTKEY|SORTKEY|(?:COMPOUND|INTERLEAVED)\s+SORTKEY|ENCODE)\b", "rewrites"),
)
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _PATTERNS)
# Blanks and comments that a statement may begin with.
_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
# Whatever they did the first time, doing them again does no more.
_REPEATABLE = re.compile(r"(?:VACUUM|ANALYZE|TRUNCATE|SET|RESET)\b", re.IGNORECASE)
# Statements that begin or end a transaction themselves.
_CONTROL = re.compile(r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT)\b", re.IGNORECASE)


def boundary(statement: str) -> Boundary | None:
    """Why this statement must run in autocommit, or None when it can share a transaction. Reads one statement."""
    text = _plain(statement)
    return next((kind for pattern, kind in _KINDS if pattern.match(text)), None)


def is_repeatable(statement: str) -> bool:
    """May a statement that has perhaps run already be run again without harm?"""
    return _REPEATABLE.match(_plain(statement)) is not None


def is_control(statement: str) -> bool:
    """Does the statement begin or end a transaction?"""
    return _CONTROL.match(_plain(statement)) is not None


def _plain(statement: str) -> str:
    return statement[_LEADING.match(statement).end() :]  # type: ignore[union-attr]
