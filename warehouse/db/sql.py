"""Names and literals as Redshift reads them: the only two ways in which text of a caller enters a statement.

A backslash is an escape inside '…' (there is no standard_conforming_strings), so that doubling quotes alone could be
broken out of: both are escaped. Statements built here are complete; run them with `no_parameters`, because the
parameter scanner of redshift_connector does not know that rule.

https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import iterate

from warehouse.db.dialect import adapt
from warehouse.errors import WarehouseError
from warehouse.schema.design import literal_dialect

_DIALECT = adapt(literal_dialect())
# For statements that a dialect's preparer is handed to.
preparer = _DIALECT.identifier_preparer


def name(identifier: str) -> str:
    """One identifier, quoted when it has to be."""
    if not identifier or "\0" in identifier:
        raise WarehouseError(f"{identifier!r} cannot be a name in SQL.")
    return str(preparer.quote(identifier))


def qualified(table: str, schema: str | None = None) -> str:
    """A table's name, with its schema when it has one."""
    return f"{name(schema)}.{name(table)}" if schema else name(table)


def names(identifiers: Iterable[str], *, of: str = "") -> str:
    """A comma-separated list of columns, each qualified by the alias `of` when given."""
    prefix = f"{name(of)}." if of else ""
    return ", ".join(prefix + name(identifier) for identifier in identifiers)


def literal(text: str) -> str:
    """A string literal that stays one literal whatever the text is."""
    if "\0" in text:
        raise WarehouseError("A NUL character cannot be part of a SQL literal.")
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def equal(left: str, right: str, columns: Sequence[str]) -> str:
    """`left.a = right.a AND …` for the named columns."""
    return " AND ".join(f"{name(left)}.{name(column)} = {name(right)}.{name(column)}" for column in columns)


def compiled(query: sa.Select[Any] | sa.CompoundSelect[Any] | sa.TextClause) -> str:
    """A select() or a text() as text, its values as literals. Raises WarehouseError for a parameter without a value,
    which would become NULL."""
    without = sorted(
        {
            str(one.key)
            for one in iterate(query)
            if isinstance(one, sa.BindParameter) and one.required and one.value is None and one.callable is None
        }
    )
    if without:
        raise WarehouseError(
            f"The query has no value for the parameter {', '.join(without)}.",
            next_step=f"Give it one: .params({without[0]}=…) of a select(), .bindparams({without[0]}=…) of a text(), "
            r"in which a colon that begins no parameter is written \:.",
        )
    try:
        return str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
    except sa.exc.CompileError as error:
        raise WarehouseError(f"The query cannot be written out as text: {error}.") from error
