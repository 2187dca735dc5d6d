"""How a value gets from one column type to another, and the question whether each value survives it.

https://docs.aws.amazon.com/redshift/latest/dg/r_CAST_function.html
https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html (Type compatibility and conversion)
"""

from __future__ import annotations

from warehouse.redshift.types import RedshiftType

_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_TEXTS = frozenset({"character", "character varying"})
_MOMENTS = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_CLOCKS = frozenset({"time without time zone", "time with time zone"})


def convert(expression: str, old: RedshiftType, new: RedshiftType) -> str | None:
    """SQL that turns a value of type `old` into `new`; None when Redshift has no conversion."""
    if old == new:
        return expression
    cast = f"CAST({expression} AS {spelled(new)})"
    if old.name == new.name and old.name not in ("geometry", "geography", "hllsketch"):
        return cast
    if old.name == "boolean":
        # There is no cast from BOOLEAN to text.
        as_number = f"CASE WHEN {expression} THEN 1 WHEN NOT {expression} THEN 0 END"
        as_text = f"CASE WHEN {expression} THEN 'true' WHEN NOT {expression} THEN 'false' END"
        if new.name in _TEXTS:
            return f"CAST({as_text} AS {spelled(new)})"
        return f"CAST({as_number} AS {spelled(new)})" if new.name in _NUMBERS else None
    if new.name == "super":
        return f"JSON_PARSE({expression})" if old.name in _TEXTS else None
    if old.name == "super":
        return f"CAST(JSON_SERIALIZE({expression}) AS {spelled(new)})" if new.name in _TEXTS else None
    for kinds in (_NUMBERS, _TEXTS, _MOMENTS, _CLOCKS):
        if old.name in kinds and new.name in kinds:
            return cast
    if old.name in _TEXTS or new.name in _TEXTS:
        readable = _NUMBERS | _TEXTS | _MOMENTS | _CLOCKS
        return cast if {old.name, new.name} <= readable else None
    return None


def survives(expression: str, old: RedshiftType, new: RedshiftType) -> str | None:
    """SQL that is true for a value that comes back changed; None when every value survives, or it cannot be asked."""
    if _always(old, new):
        return None
    if old.name in _TEXTS and new.name not in _TEXTS:
        return _from_text(expression, new)
    there = convert(expression, old, new)
    back = None if there is None else convert(there, new, old)
    if there is None or back is None or "super" in (old.name, new.name):
        return None
    return f"{expression} IS NOT NULL AND ({back} IS NULL OR {back} <> {expression})"


def _from_text(expression: str, new: RedshiftType) -> str | None:
    """A text is another text when it comes back ('1' from 1.00), so what it means is compared: numbers as they are
    before they are rounded, moments before they lose their time. Leading zeros mean that it is no number.
    """
    if new.name in ("smallint", "integer", "bigint", "numeric"):
        scale = new.arguments[1] if new.arguments else 0
        exact = f"CAST({expression} AS DECIMAL(38,{min(scale + 10, 37)}))"
        padded = f"(TRIM({expression}) LIKE '0%' AND TRIM({expression}) NOT LIKE '0.%' AND LEN(TRIM({expression})) > 1)"
        return f"{expression} IS NOT NULL AND ({exact} <> CAST({expression} AS {spelled(new)}) OR {padded})"
    if new.name == "date":
        return f"CAST({expression} AS TIMESTAMP) <> CAST(CAST({expression} AS DATE) AS TIMESTAMP)"
    return None


def spelled(type_: RedshiftType) -> str:
    """The type as a cast writes it."""
    return str(type_).upper()


_WIDTH = {"smallint": 0, "integer": 1, "bigint": 2}


def _always(old: RedshiftType, new: RedshiftType) -> bool:
    """Does the new type hold every value of the old one?"""
    if old == new:
        return True
    if old.name in _WIDTH and new.name in _WIDTH:
        return _WIDTH[old.name] <= _WIDTH[new.name]
    if old.name == new.name == "numeric":
        (precision, scale), (new_precision, new_scale) = old.arguments, new.arguments
        return new_scale >= scale and new_precision - new_scale >= precision - scale
    if old.name in _TEXTS and new.name == "character varying":
        return new.arguments[0] >= old.arguments[0]
    if (old.name, new.name) == ("real", "double precision"):
        return True
    return (old.name, new.name) == ("date", "timestamp without time zone")
