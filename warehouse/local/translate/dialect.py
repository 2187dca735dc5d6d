"""Redshift's dialect as this server reads it: sqlglot's, with functions left as they were written.

sqlglot rewrites many functions while it parses (GETDATE becomes CURRENT_TIMESTAMP, LEN becomes LENGTH, …), for the sake of other
dialects. Here a function's name decides what is done with it, so those that differ are kept as they came.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp, tokens
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.redshift import Redshift

# Functions whose parsing sqlglot bends; they arrive as exp.Anonymous instead.
_KEEP = {
    "GETDATE", "SYSDATE", "LEN", "DATEADD", "DATE_ADD", "DATEDIFF", "DATE_DIFF", "ADD_MONTHS", "STRTOL", "LISTAGG", "CONVERT_TIMEZONE",
    "DATE_PART", "TO_TIMESTAMP", "TO_DATE", "JSON_EXTRACT_PATH_TEXT", "JSON_PARSE", "SPLIT_TO_ARRAY", "APPROXIMATE", "FORMAT_TYPE",
    "VERSION", "GENERATE_SERIES", "ARRAY_AGG", "STRING_AGG", "MEDIAN",
}  # fmt: skip


class LocalRedshift(Redshift):
    """sqlglot's Redshift, read strictly."""

    class Tokenizer(Redshift.Tokenizer):
        # SHOW, EXECUTE and friends would swallow the rest of their statement as one string.
        COMMANDS: set[tokens.TokenType] = set()
        # `($1,$2)` must not begin a dollar quote with the tag "1,": of dollar quotes only $$…$$ is read.
        HEREDOC_STRINGS: list[str] = []
        RAW_STRINGS = [("$$", "$$")]
        SINGLE_TOKENS = {**Redshift.Tokenizer.SINGLE_TOKENS, "$": tokens.TokenType.PARAMETER}

    class Parser(Redshift.Parser):
        FUNCTIONS = {name: build for name, build in Redshift.Parser.FUNCTIONS.items() if name not in _KEEP}
        # SYSDATE, GETDATE() and friends are mapped by name.
        NO_PAREN_FUNCTIONS = {kind: node for kind, node in Redshift.Parser.NO_PAREN_FUNCTIONS.items()}
        FUNCTION_PARSERS = {name: parse for name, parse in Redshift.Parser.FUNCTION_PARSERS.items() if name not in _KEEP}


class Behind(Postgres):
    """PostgreSQL as it is written to the server behind us."""

    class Generator(Postgres.Generator):
        # Placeholders stay as drivers sent them.
        PARAMETER_TOKEN = "$"


def parse(text: str) -> exp.Expression:
    """One statement. Raises sqlglot.errors.ParseError."""
    from sqlglot import parse_one

    found: Any = parse_one(text, dialect=LocalRedshift)
    return found


def generate(node: exp.Expression) -> str:
    """PostgreSQL's text of a statement."""
    return node.sql(dialect=Behind, unsupported_level=None, comments=False)
