"""Redshift's dialect as this server reads it: sqlglot's grammar, with functions left as they were written.

sqlglot turns many functions into classes of its own while it parses (GETDATE becomes CURRENT_TIMESTAMP, LEN becomes
LENGTH, …), for the sake of other dialects. Here a function's name decides what is done with it (functions.py), so every
call arrives as exp.Anonymous; only calls with a grammar of their own (CAST, EXTRACT, TRIM, …) have a class.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.redshift import Redshift
from sqlglot.tokenizer_core import TokenType

from warehouse.local.translate.intervals import read_qualifier

# Calls whose arguments are no plain list of expressions.
_OWN_GRAMMAR = {"CAST", "CONVERT", "DECODE", "EXTRACT", "OBJECT_TRANSFORM", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST"}

# sqlglot makes its dialects' inner classes in a way that mypy cannot follow.
_Parser: Any = Redshift.Parser
_Tokenizer: Any = Redshift.Tokenizer


def _approximate(parser: Any) -> exp.Expr | None:
    """APPROXIMATE COUNT(…), APPROXIMATE PERCENTILE_DISC(…): a function of that longer name."""
    called: exp.Expr | None = parser._parse_function()
    function = called.find(exp.Anonymous) if called else None
    if function is None:
        parser.raise_error("APPROXIMATE is followed by COUNT or PERCENTILE_DISC")
    else:
        function.set("this", f"approximate_{function.name}".lower())
    return called


# Functions that are called without parentheses.
_BARE = ("sysdate", "current_aws_account", "current_namespace", "current_user_id")


def _bare_call(name: str, parser: Any) -> exp.Expr:
    if parser._match(TokenType.L_PAREN):
        parser._match_r_paren()
    return parser.expression(exp.Anonymous(this=name))  # type: ignore[no-any-return]


def _prior(parser: Any) -> exp.Expr:
    return parser.expression(exp.Prior(this=parser._parse_bitwise()))  # type: ignore[no-any-return]


_NAMES = (TokenType.VAR, TokenType.IDENTIFIER)


def _is_path(parser: Any) -> bool:
    """True when a name with a subscript comes next: in FROM that is a path into a SUPER value."""
    at = parser._index
    tokens = parser._tokens
    depth = 0
    while at < len(tokens):
        kind = tokens[at].token_type
        if kind == TokenType.L_BRACKET:
            return bool(at > parser._index and not depth)
        if kind not in _NAMES and kind != TokenType.DOT and not tokens[at].text.isidentifier():
            return False
        if kind != TokenType.DOT and at > parser._index and tokens[at - 1].token_type != TokenType.DOT:
            return False
        at += 1
    return False


class LocalRedshift(Redshift):
    """sqlglot's Redshift, read strictly."""

    class Tokenizer(_Tokenizer):  # type: ignore[misc]
        # SHOW, EXECUTE and friends would swallow the rest of their statement as one string.
        COMMANDS: ClassVar[set[TokenType]] = set()
        # `($1,$2)` must not begin a dollar quote with the tag "1,": of dollar quotes only $$…$$ is read.
        HEREDOC_STRINGS: ClassVar[list[str]] = []
        RAW_STRINGS: ClassVar[list[tuple[str, str]]] = [("$$", "$$")]
        SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = {**Redshift.Tokenizer.SINGLE_TOKENS, "$": TokenType.PARAMETER}
        # FLOAT is DOUBLE PRECISION, not REAL (r_Numeric_types201).
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            **{word: kind for word, kind in Redshift.Tokenizer.KEYWORDS.items() if word != "CURRENT_USER_ID"},
            "FLOAT": TokenType.DOUBLE,
            "DEC": TokenType.DECIMAL,
        }

    class Parser(_Parser):  # type: ignore[misc]
        FUNCTIONS: ClassVar[dict[str, Any]] = {"ARRAY": _Parser.FUNCTIONS["ARRAY"]}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse for name, parse in _Parser.FUNCTION_PARSERS.items() if name in _OWN_GRAMMAR
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            "ANY": _Parser.NO_PAREN_FUNCTION_PARSERS["ANY"],
            "CASE": _Parser.NO_PAREN_FUNCTION_PARSERS["CASE"],
            "APPROXIMATE": _approximate,
            **{name.upper(): partial(_bare_call, name) for name in _BARE},
        }

        def _parse_interval(self, require_interval: bool = True, **rest: Any) -> exp.Expr | None:
            """INTERVAL 'value' [qualifier]: the text stays as it is written (intervals.py)."""
            if self._curr and self._curr.token_type == TokenType.INTERVAL and self._next.token_type == TokenType.STRING:
                self._advance()
                value = self._parse_string()
                qualifier = read_qualifier(self)
                return self.expression(  # type: ignore[no-any-return]
                    exp.Interval(this=value, unit=exp.Var(this=qualifier) if qualifier else None)
                )
            return super()._parse_interval(require_interval=require_interval, **rest)  # type: ignore[no-any-return]

        def _parse_star_op(self, *_: str) -> None:
            # EXCLUDE belongs to the whole select list.
            return None

        def _parse_object_transform(self) -> exp.Expr:
            """OBJECT_TRANSFORM(value [KEEP path, …] [SET path, value, …]); the words are no keywords elsewhere."""
            value = self._parse_bitwise()
            keep = self._parse_csv(self._parse_string) if self._match_text_seq("KEEP") else []
            changes = self._parse_csv(self._parse_disjunction) if self._match_text_seq("SET") else []
            return self.expression(exp.ObjectTransform(this=value, keep=keep, set_=changes))  # type: ignore[no-any-return]

        def _parse_connect_with_prior(self) -> exp.Expr | None:
            # sqlglot puts PRIOR into a dictionary that all threads share.
            own = {**type(self).NO_PAREN_FUNCTION_PARSERS, "PRIOR": _prior}
            self.NO_PAREN_FUNCTION_PARSERS = own  # type: ignore[misc]
            try:
                return self._parse_disjunction()  # type: ignore[no-any-return]
            finally:
                del self.NO_PAREN_FUNCTION_PARSERS

        # navigation.py tells relations from paths: it knows the names of a query.
        SUPPORTS_IMPLICIT_UNNEST = False

        def _parse_types(self, *given: Any, **named: Any) -> exp.Expr | None:
            """Adds `pg_catalog.` before a type."""
            if self._curr and self._curr.text.lower() == "pg_catalog" and self._next and self._next.text == ".":
                self._advance(2)
            if self._curr and self._curr.text.lower() == "aclitem":
                self._advance()
                array = "[]" if self._match(TokenType.L_BRACKET) and self._match(TokenType.R_BRACKET) else ""
                return exp.DataType(this=exp.DType.USERDEFINED, kind=f"aclitem{array}")
            found: exp.Expr | None = super()._parse_types(*given, **named)
            return found

        def _parse_table(self, schema: bool = False, joins: bool = False, **rest: Any) -> exp.Expr | None:
            """Adds `path [AS] value [AT place]` and `UNPIVOT path AS value AT name` (AWS query-super)."""
            unpivot = self._match(TokenType.UNPIVOT)
            if unpivot or (not schema and _is_path(self)):
                path = self._parse_column()
                alias = self._parse_table_alias(alias_tokens=rest.get("alias_tokens") or self.TABLE_ALIAS_TOKENS)
                found = self.expression(exp.Unnest(expressions=[path], alias=alias))
                found.set("unpivot", bool(unpivot))
                found.meta["path"] = True
                if self._match_text_seq("AT"):
                    found.set("offset", self._parse_id_var())
            else:
                found = super()._parse_table(schema=schema, joins=joins, **rest)
                if isinstance(found, exp.AtIndex):
                    path, place = found.this, found.expression
                    alias = path.args.get("alias") if isinstance(path, exp.Alias) else None
                    found = exp.Unnest(
                        expressions=[path.this if isinstance(path, exp.Alias) else path],
                        alias=exp.TableAlias(this=alias) if alias else None,
                        offset=place,
                    )
                    found.meta["path"] = True
                return found  # type: ignore[no-any-return]
            if joins:
                for join in self._parse_joins():
                    found.append("joins", join)
            return found  # type: ignore[no-any-return]


def parse(text: str) -> exp.Expr:
    """One statement. Raises sqlglot.errors.ParseError."""
    found: Any = parse_one(text, dialect=LocalRedshift)
    return found  # type: ignore[no-any-return]


def generate(node: exp.Expr) -> str:
    """PostgreSQL's text of a statement."""
    for literal in node.find_all(exp.Literal):
        if "\0" in literal.this:  # PostgreSQL's strings have no such character: they end before it, as C's do
            literal.set("this", literal.this.partition("\0")[0])
    return node.sql(dialect=Postgres, unsupported_level=ErrorLevel.RAISE, comments=False)
