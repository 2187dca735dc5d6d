"""Translation: Redshift's SQL to plans that PostgreSQL and this server can execute. Pure: text in, values out.

plan.py        what a statement turns into            tokens.py   words, and a reader for small grammars
statements.py  which family a statement belongs to    query.py    SELECT and DML with sqlglot (dialect.py)
create_table.py  alter_table.py  transfer.py  utility.py   one file a family
"""

from warehouse.local.translate.plan import (
    Ask,
    Call,
    Commit,
    Copy,
    Fault,
    Nothing,
    Pass,
    Plan,
    Refuse,
    Refused,
    Steps,
    Unload,
)
from warehouse.local.translate.statements import answered, split_texts, translate, translate_by_shape

__all__ = [
    "Ask",
    "Call",
    "Commit",
    "Copy",
    "Fault",
    "Nothing",
    "Pass",
    "Plan",
    "Refuse",
    "Refused",
    "Steps",
    "Unload",
    "answered",
    "split_texts",
    "translate",
    "translate_by_shape",
]
