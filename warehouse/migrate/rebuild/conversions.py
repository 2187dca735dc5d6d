"""How a value gets from one column type to another, and the question whether each value survives it.

https://docs.aws.amazon.com/redshift/latest/dg/r_CAST_function.html
https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html (Type compatibility and conversion)
"""

from __future__ import annotations

from warehouse.redshift.types import INTEGERS, NUMBERS, RedshiftType

_NUMBERS = frozenset(NUMBERS)
_TEXTS = frozenset({"character", "character varying"})
_MOMENTS = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_CLOCKS = frozenset({"time without time zone", "time with time zone"})
# Types whose text may be cut without a trace.
_CUT = _CLOCKS | {"super", "boolean"}


def convert(expression: str, old: RedshiftType, new: RedshiftType) -> str | None:
    """SQL that turns a value of type `old` into `new`; None when Redshift has no conversion."""
    if old == new:
        return expression
    cast = f"CAST({expression} AS {spelled(new)})"
    if old.name == new.name and old.name not in ("geometry", "geography", "hllsketch"):
        return cast
    if old.name == "boolean":
        if new.name in _TEXTS:
            return f"CAST({_boolean_text(expression)} AS {spelled(new)})"
        return f"CAST({_boolean_number(expression)} AS {spelled(new)})" if new.name in _NUMBERS else None
    if new.name == "boolean":
        # The way back of the two above, so that a downgrade has one; no other value is taken for a truth.
        if old.name in _TEXTS:
            return f"CASE {expression} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
        return f"CASE {expression} WHEN 1 THEN TRUE WHEN 0 THEN FALSE END" if old.name in _NUMBERS else None
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
    """SQL that is true for a value that comes back changed, and that fails for one that cannot be converted; None when
    every value survives. Asked of types that `convert` knows a way between.
    """
    there = convert(expression, old, new)
    if there is None or _always(old, new):
        return None
    if old.name in _TEXTS and new.name not in _TEXTS:
        changed = _from_text(expression, there, new)
    elif new.name in _TEXTS and old.name in _CUT:
        # The way back is missing, or takes '10:' for 10:00:00; but what is cut is shorter than what it was.
        wholes = {"super": f"JSON_SERIALIZE({expression})", "boolean": _boolean_text(expression)}
        whole = wholes.get(old.name, f"CAST({expression} AS VARCHAR)")
        changed = f"{there} IS NULL OR OCTET_LENGTH({whole}) > {new.arguments[0]}"
    else:
        # Another type than these has a way back.
        back = convert(there, new, old)
        changed = f"{back} IS NULL OR {back} <> {expression}"
    return f"{expression} IS NOT NULL AND ({changed})"


def _boolean_text(expression: str) -> str:
    # There is no cast from BOOLEAN to text.
    return f"CASE WHEN {expression} THEN 'true' WHEN NOT {expression} THEN 'false' END"


def _boolean_number(expression: str) -> str:
    return f"CASE WHEN {expression} THEN 1 WHEN NOT {expression} THEN 0 END"


# What a text must look like to mean exactly what the type makes of it. Zeros or a plus in front mean that it is no
# number (a postcode, a telephone number); an offset or a date is not kept by a type that has none; 'now' and 'today'
# are another moment each day.
_WHOLE = "-?(0|[1-9][0-9]*)"
_PLAIN = f"({_WHOLE}([.][0-9]*)?|-?[.][0-9]+)"
_DAY = "([0-9]{8}|([0-9]{1,4}|[A-Za-z]{3,9})([-/., ]+([0-9]{1,4}|[A-Za-z]{3,9})){2})"
_CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?( *[AaPp][Mm])?"
_OFFSET = "[-+][0-9]{1,2}(:?[0-9]{2})?"
_PATTERNS = {
    "real": f"({_PLAIN}([eE][-+]?[0-9]+)?|NaN|-?Infinity)",
    "double precision": f"({_PLAIN}([eE][-+]?[0-9]+)?|NaN|-?Infinity)",
    "date": f"{_DAY}([T ] *{_CLOCK})?",
    "timestamp without time zone": f"{_DAY}([T ] *{_CLOCK})?",
    "timestamp with time zone": f"{_DAY}([T ] *{_CLOCK}( *({_OFFSET}|[A-Za-z][A-Za-z_/]*))?)?",
    "time without time zone": _CLOCK,
    "time with time zone": f"{_CLOCK}( *({_OFFSET}|[Zz]))?",
}
# How many digits a binary number keeps whatever they are, and below what it keeps fewer.
# https://docs.aws.amazon.com/redshift/latest/dg/r_Numeric_types201.html
_DIGITS = {"real": (6, "1.2E-38"), "double precision": (15, "2.3E-308")}


def _from_text(expression: str, there: str, new: RedshiftType) -> str:
    """A text is another text when it comes back ('1.50' from 1.5), so what it means is compared."""
    if new.name == "boolean":
        return f"{there} IS NULL"
    if new.name == "super":
        # Blanks between the parts mean nothing; a name that is said twice, or a number that is rounded, does.
        bare = "REGEXP_REPLACE({}, '[[:space:]]+', '')"
        return f"{bare.format(f'JSON_SERIALIZE({there})')} <> {bare.format(expression)}"
    if new.name in (*INTEGERS, "numeric"):
        scale = new.arguments[1] if new.arguments else 0
        # Digits behind the scale are rounded, unless they are zeros. More digits in front fail in the cast.
        pattern = f"({_WHOLE}([.][0-9]{{0,{scale}}}0*)?|-?[.][0-9]{{1,{scale}}}0*)" if scale else f"{_WHOLE}([.]0*)?"
    else:
        pattern = _PATTERNS[new.name]
    changed = f"{expression} !~ '^[[:space:]]*{pattern}[[:space:]]*$' OR {there} IS NULL"
    if new.name in _DIGITS:
        most, least = _DIGITS[new.name]
        digits = f"TRIM('0' FROM REGEXP_REPLACE({expression}, '[eE].*|[^0-9]', ''))"
        if new.name == "real":
            as_double = f"CAST({expression} AS DOUBLE PRECISION)"
            exact = f"(LEN({digits}) <= 15 AND CAST({there} AS DOUBLE PRECISION) = {as_double})"
        else:
            exact = f"CAST({there} AS VARCHAR) = TRIM({expression})"
        changed += (
            f" OR (LEN({digits}) > {most} AND NOT {exact})"
            f" OR ({digits} <> '' AND ABS({there}) < CAST('{least}' AS DOUBLE PRECISION))"
        )
    if new.name == "date":
        changed += f" OR CAST({expression} AS TIMESTAMP) <> CAST({there} AS TIMESTAMP)"
    return changed


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
