"""What PostgreSQL has and Redshift refuses, as data: the feature, and what to do instead.

https://docs.aws.amazon.com/redshift/latest/dg/c_unsupported-postgresql-features.html
https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-sql-implementated-differently.html
https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Refusal:
    """One feature that Redshift has not."""

    feature: str
    instead: str


# By the word that a table's definition or a statement would use for it.
REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        "index": Refusal("indexes", "Drop it; what it should speed up, a sort key does."),
        "check": Refusal("CHECK constraints", "Drop it, and check the data after each load."),
        "exclude": Refusal("EXCLUDE constraints", "Drop it, and check the data after each load."),
        "sequence": Refusal("sequences", "Say identity=(seed, step)."),
        "computed": Refusal("generated columns", "Compute it in the load or in a view; drop sa.Computed."),
        "trigger": Refusal("triggers", "Do it in the load."),
        "partition": Refusal(
            "partitions of its own tables", "Sort by the column; blocks outside the range are skipped."
        ),
        "inherits": Refusal("table inheritance", "Write a table of its own, or a view over both."),
        "tablespace": Refusal("tablespaces", "Drop it."),
        "returning": Refusal("RETURNING", "Read the rows back by their key."),
        "on conflict": Refusal("ON CONFLICT", "Upsert through a staging table: warehouse.load.upsert."),
        "savepoint": Refusal("savepoints", "Use one transaction, or several."),
        "distinct on": Refusal("DISTINCT ON", "Number the rows with ROW_NUMBER() and keep the first."),
        "for update": Refusal("SELECT … FOR UPDATE", "LOCK the table as the transaction's first statement."),
    }
)

# What a foreign key may not say; its grammar is REFERENCES table (columns), nothing more.
# https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
FOREIGN_KEY_EXTRAS = ("ondelete", "onupdate", "deferrable", "initially", "match")

# Statements that cannot run between BEGIN and COMMIT, by how they begin or what they hold.
# https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html ("can't run inside a transaction block")
NOT_IN_TRANSACTION = (
    "ALTER COLUMN … TYPE",
    "ALTER TABLE … APPEND",
    "VACUUM",
    "CREATE DATABASE",
    "DROP DATABASE",
    "CREATE LIBRARY",
    "DROP LIBRARY",
    "CREATE EXTERNAL TABLE",
    "ALTER EXTERNAL TABLE",
    "DROP EXTERNAL TABLE",
)
