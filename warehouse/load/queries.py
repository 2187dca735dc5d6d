"""SQL of the caller's own, looked at before anything is sent: a query is one SELECT, a condition is one expression.

What sqlglot cannot read is not refused for that, since it does not know all of Redshift: then the warehouse is asked,
over no rows.
"""

from __future__ import annotations

from warehouse.discipline.statement import Statement, statements, tokens
from warehouse.errors import LoadError

_EXAMPLE = 'Say one SELECT, such as "SELECT id FROM sale".'
# Words that begin what changes something.
_CHANGES = frozenset(
    ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "UNLOAD", "CREATE", "ALTER", "DROP", "TRUNCATE", "GRANT", "REVOKE"]
)


def one_query(text: str, *, unloaded: bool = False) -> str:
    """The text of one SELECT, without a semicolon. Raises LoadError for what is no such, with `unloaded` also for what
    UNLOAD does not take. https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
    """
    found = list(statements(text))
    if len(found) != 1:
        what = f"holds {len(found)} statements" if found else "is empty"
        raise LoadError(f"{_shown(text)}: the query {what}.", next_step=_EXAMPLE)
    (query,) = found
    if why := _broken(query.words):
        raise LoadError(f"{_shown(text)}: the query cannot be read: {why}.", next_step=f"Correct it. {_EXAMPLE}")
    if query.verb not in ("SELECT", "WITH"):
        raise LoadError(
            f"{_shown(text)}: this is no query but {query.verb}, which is not run here.", next_step=_EXAMPLE
        )
    if _makes_table(query):
        raise LoadError(f"{_shown(text)}: SELECT INTO makes a table.", next_step="Leave INTO out.")
    if unloaded and query.outer_clauses("limit"):
        raise LoadError(
            f"{_shown(text)}: UNLOAD takes no LIMIT in the outermost SELECT.",
            next_step="Put it into an inner one: SELECT * FROM (SELECT … LIMIT 10).",
        )
    return query.text


def no_condition(text: str) -> str:
    """Why a text is no single condition; "" when it is one, as far as can be said before the warehouse is asked."""
    within = f"({text})"
    found = tokens(within)
    words = tuple(word.text for word in found)
    if words == ("(", ")"):
        return "it is empty"
    if ";" in words:
        return "it holds a semicolon"
    if "" not in words and found[-1].end < len(within) - 1:
        return "a comment swallows what follows it"
    if why := _broken(words[1:-1] if "" not in words else words):
        return why
    first = words[1]
    if first in _CHANGES and Statement(f"SELECT 1 WHERE ({text})").tree is None:
        return f"it is a statement, {first}"
    return ""


def no_expression(text: str) -> str:
    """Why a text is no single expression of a select list; "" when it is one, as far as can be said here."""
    if why := no_condition(text):
        return why
    depth = 0
    for word in (token.text for token in tokens(text)):
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            return "a comma divides it in two"
    return ""


def _broken(words: tuple[str, ...]) -> str:
    """What keeps a text from being SQL of any kind."""
    if "" in words:
        return "a quote or a comment does not end"
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth < 0:
            break
    return "its brackets do not match" if depth else ""


def _makes_table(query: Statement) -> bool:
    return query.tree is not None and bool(query.tree.args.get("into"))


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line if len(line) <= 100 else f'{line[:97]}...'}'"
