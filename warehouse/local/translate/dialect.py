"""Redshift's dialect as this server reads it: sqlglot's, with functions left as they were written.

sqlglot rewrites many functions while it parses (GETDATE becomes CURRENT_TIMESTAMP, LEN becomes LENGTH, …), for the
sake of other dialects. Here a function's name decides what is done with it, so those that differ are kept as they came.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.redshift import Redshift
from sqlglot.tokenizer_core import TokenType

# Functions whose parsing sqlglot bends; they arrive as exp.Anonymous instead.
_KEEP = {
    "GETDATE", "SYSDATE", "LEN", "DATEADD", "DATE_ADD", "DATEDIFF", "DATE_DIFF", "ADD_MONTHS", "STRTOL", "LISTAGG",
    "CONVERT_TIMEZONE", "DATE_PART", "TO_TIMESTAMP", "TO_DATE", "JSON_EXTRACT_PATH_TEXT", "JSON_PARSE",
    "SPLIT_TO_ARRAY", "APPROXIMATE", "FORMAT_TYPE", "VERSION", "GENERATE_SERIES", "ARRAY_AGG", "STRING_AGG", "MEDIAN",
}  # fmt: skip

# sqlglot makes its dialects' inner classes in a way that mypy cannot follow.
_Parser: Any = Redshift.Parser
_Tokenizer: Any = Redshift.Tokenizer


class LocalRedshift(Redshift):
    """sqlglot's Redshift, read strictly."""

    class Tokenizer(_Tokenizer):  # type: ignore[misc]
        # SHOW, EXECUTE and friends would swallow the rest of their statement as one string.
        COMMANDS: ClassVar[set[TokenType]] = set()
        # `($1,$2)` must not begin a dollar quote with the tag "1,": of dollar quotes only $$…$$ is read.
        HEREDOC_STRINGS: ClassVar[list[str]] = []
        RAW_STRINGS: ClassVar[list[tuple[str, str]]] = [("$$", "$$")]
        SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = {**Redshift.Tokenizer.SINGLE_TOKENS, "$": TokenType.PARAMETER}

    class Parser(_Parser):  # type: ignore[misc]
        FUNCTIONS: ClassVar[dict[str, Any]] = {k: v for k, v in _Parser.FUNCTIONS.items() if k not in _KEEP}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse for name, parse in _Parser.FUNCTION_PARSERS.items() if name not in _KEEP
        }


def parse(text: str) -> exp.Expression:
    """One statement. Raises sqlglot.errors.ParseError."""
    found: Any = parse_one(text, dialect=LocalRedshift)
    return found  # type: ignore[no-any-return]


def generate(node: exp.Expression) -> str:
    """PostgreSQL's text of a statement."""
    return node.sql(dialect=Postgres, unsupported_level=ErrorLevel.RAISE, comments=False)
