"""What Redshift has and this server has not, by the words that name it in a statement: each is refused under its name.

Sources: AWS "SQL commands" (c_SQL_commands), r_GRANT.
"""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.local.translate.tokens import Token

# Objects by the words behind CREATE, ALTER, DROP and their like.
_OBJECTS = {
    ("EXTERNAL", "SCHEMA"): "external schemas",
    ("EXTERNAL", "TABLE"): "external tables",
    ("EXTERNAL", "VIEW"): "external views",
    ("EXTERNAL", "FUNCTION"): "external functions (AWS Lambda)",
    ("EXTERNAL", "MODEL"): "machine learning models",
    ("DATASHARE",): "datashares",
    ("DATASHARES",): "datashares",
    ("MODEL",): "machine learning models",
    ("RLS", "POLICY"): "row-level security policies",
    ("MASKING", "POLICY"): "dynamic data masking policies",
    ("IDENTITY", "PROVIDER"): "identity providers",
    ("LIBRARY",): "Python libraries",
}
_VERBS = {"CREATE", "ALTER", "DROP", "SHOW", "DESC", "ATTACH", "DETACH", "GRANT", "REVOKE"}
# What a privilege may be on, or be.
_GRANTED = {
    ("ON", "DATASHARE"): "datashares",
    ("ON", "MODEL"): "machine learning models",
    ("ON", "EXTERNAL"): "external tables",
    ("CREATE", "MODEL"): "machine learning models",
    ("IGNORE", "RLS"): "row-level security policies",
    ("EXPLAIN", "RLS"): "row-level security policies",
    ("EXPLAIN", "MASKING"): "dynamic data masking policies",
    ("ASSUMEROLE",): "who may assume which IAM role",
}


def named(tokens: Sequence[Token]) -> str:
    """The name of what the statement is about, and the command that says so; "" when this server has it."""
    verb = tokens[0].word if tokens else ""
    if verb not in _VERBS:
        return ""
    words = [token.word for token in tokens]
    if verb in ("GRANT", "REVOKE"):
        for at in range(1, len(words)):
            for said, name in _GRANTED.items():
                end = at + len(said)
                of_that_name = said[0] == "ON" and words[end : end + 1] in (["TO"], ["FROM"])  # a table
                if tuple(words[at:end]) == said and not of_that_name:
                    return f"{name} ({words[0]} {' '.join(said)})"
        return ""
    if words[:1] == ["ALTER"] and _follows(words, ("ROW", "LEVEL", "SECURITY")):
        return "row-level security policies (ALTER TABLE … ROW LEVEL SECURITY)"
    if words[:2] == ["CREATE", "DATABASE"] and _follows(words, ("FROM", "DATASHARE")):
        return "databases from datashares (CREATE DATABASE … FROM DATASHARE)"
    behind = words[3:] if words[1:3] == ["OR", "REPLACE"] else words[1:]
    for said, name in _OBJECTS.items():
        if tuple(behind[: len(said)]) == said:
            return f"{name} ({words[0]} {' '.join(said)})"
    return ""


def _follows(words: Sequence[str], said: tuple[str, ...]) -> bool:
    return any(tuple(words[at : at + len(said)]) == said for at in range(len(words)))
