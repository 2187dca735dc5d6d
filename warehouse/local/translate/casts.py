"""Casts: what a type means when no size is given.

NUMERIC is NUMERIC(18,0), VARCHAR and TEXT are VARCHAR(256), CHAR is CHAR(1) (r_Numeric_types201, r_Character_types).
"""

from __future__ import annotations

from sqlglot import exp

from warehouse.local.translate.names import names_catalog, on_leader
from warehouse.local.translate.plan import Refused, not_emulated
from warehouse.local.translate.shapes import ours, text

# What a value may be cast to (c_Supported_data_types), in sqlglot's names.
_TYPES = {
    "SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE", "BOOLEAN", "CHAR", "NCHAR", "BPCHAR", "VARCHAR",
    "NVARCHAR", "TEXT", "DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL", "SUPER", "VARBINARY",
}  # fmt: skip
_LATER = {"BINARY", "GEOMETRY", "GEOGRAPHY", "HLLSKETCH"}
_OF_STRINGS = {"SUPER": "to_super", "VARBINARY": "to_varbyte"}
# Types that only a translation writes.
_MADE_HERE = ("interval ", "super[]")
# Marks casts to a VARCHAR of so many bytes: PostgreSQL counts characters.
FITTED = "bytes"
# Marks casts to a DECIMAL with so many digits behind its point, of a value that comes from a table.
UNROUNDED = "digits"
# Types of a PostgreSQL younger than the leader's.
_UNKNOWN = {"UUID", "JSON", "JSONB", "XML", "HSTORE"}


def size_casts(tree: exp.Expr) -> None:
    """Give every cast the size that Redshift gives it. Raises Refused for types that Redshift has not."""
    for kind in list(tree.find_all(exp.DataType)):
        name = kind.this.value if isinstance(kind.this, exp.DType) else str(kind.this)
        if str(kind.args.get("kind") or "").startswith(_MADE_HERE):
            continue
        of_catalog = on_leader(kind) and names_catalog(kind)
        if name in _UNKNOWN:
            raise Refused(f'type "{name.lower()}" does not exist', "42704")
        if name in _LATER or (name not in _TYPES and not on_leader(kind)):
            raise not_emulated(f"type {name.lower()}")
        if not of_catalog or any(size.name.upper() == "MAX" for size in kind.expressions):
            _size(kind)
        made_by = _OF_STRINGS.get(name)
        if made_by and isinstance(cast := kind.parent, exp.Cast) and _is_string(cast.this):
            # PostgreSQL would take the string for the type's own text.
            cast.set("this", ours(made_by, [cast.this.copy()]))
            if isinstance(cast.parent, exp.Select) and cast.arg_key == "expressions":
                cast.replace(exp.alias_(cast.copy(), made_by.removeprefix("to_"), quoted=True))


def _size(kind: exp.DataType) -> None:
    found = kind.this
    given = kind.expressions
    if found == exp.DType.DECIMAL:
        if not given:
            kind.set("expressions", _numbers(18, 0))
        elif int(given[0].name) > 38:
            raise Refused(f"DECIMAL precision {given[0].name} must be between 1 and 38", "22023")
        cast = kind.parent
        if isinstance(cast, exp.Cast) and not isinstance(cast, exp.TryCast) and cast.this.find(exp.Column):
            cast.meta[UNROUNDED] = int(given[1].name) if len(given) > 1 else 0
    elif found in (exp.DType.VARCHAR, exp.DType.NVARCHAR, exp.DType.TEXT):
        size = given[0].name.upper() if given else "256"
        kind.set("this", exp.DType.VARCHAR)
        kind.set("expressions", _numbers(65535 if size == "MAX" else int(size)))
        cast = kind.parent
        # What fits into 256 bytes needs no look at each of them in practice.
        if isinstance(cast, exp.Cast) and size.isdigit() and int(size) < 256 and not isinstance(cast.this, exp.Literal):
            cast.meta[FITTED] = int(size)
    elif found == exp.DType.VARBINARY:
        kind.set("this", exp.DType.USERDEFINED)
        kind.set("kind", f"varbyte({given[0].name})" if given else "varbyte")
        kind.set("expressions", None)
    elif found in (exp.DType.CHAR, exp.DType.NCHAR, exp.DType.BPCHAR):
        default = 256 if found == exp.DType.BPCHAR else 1
        size = given[0].name.upper() if given else str(default)
        kind.set("this", exp.DType.CHAR)
        kind.set("expressions", _numbers(4096 if size == "MAX" else int(size)))


def _is_string(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _numbers(*values: int) -> list[exp.Expr]:
    return [exp.DataTypeParam(this=exp.Literal.number(value)) for value in values]


# The functions that try a cast, by sqlglot's names of types.
_TRIED = {
    "SMALLINT": "smallint", "INT": "integer", "BIGINT": "bigint", "DECIMAL": "numeric", "FLOAT": "real",
    "DOUBLE": "double_precision", "BOOLEAN": "boolean", "VARCHAR": "varchar", "CHAR": "bpchar", "DATE": "date",
    "TIME": "time", "TIMETZ": "timetz", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz", "SUPER": "super",
}  # fmt: skip


def try_cast(node: exp.TryCast) -> exp.Expr:
    """TRY_CAST(value AS type): the type has its size already (size_casts)."""
    name = node.to.this.value if isinstance(node.to.this, exp.DType) else ""
    if name not in _TRIED:
        raise not_emulated(f"TRY_CAST to {node.to.sql()}")
    value: exp.Expr = node.this.copy()
    if (isinstance(value, exp.Literal) and value.is_string) or isinstance(value, exp.Null):
        value = exp.Cast(this=value, to=exp.DataType(this=exp.DType.TEXT))
    return ours(f"try_cast_{_TRIED[name]}", [value, text(node.to.sql(dialect="postgres"))])


# What PostgreSQL, and Redshift, call a column of a type.
_LABELS = {
    "SMALLINT": "int2", "INT": "int4", "BIGINT": "int8", "DECIMAL": "numeric", "FLOAT": "float4", "DOUBLE": "float8",
    "BOOLEAN": "bool", "CHAR": "bpchar",
}  # fmt: skip


def type_label(node: exp.Cast) -> str:
    """The name of a result column that is a cast."""
    name = node.to.this.value if isinstance(node.to.this, exp.DType) else "varchar"
    return _LABELS.get(name, name.lower())
