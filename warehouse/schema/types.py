"""The column types that a model may use: Redshift's, and nothing that Redshift has not.

SQLAlchemy's own for the common ones; sqlalchemy-redshift's for the rest. Lengths are bytes: `VARCHAR(20)` holds 20
ASCII letters or five emoji. https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BIGINT, BOOLEAN, CHAR, DATE, DECIMAL, INTEGER, REAL, SMALLINT, TIME, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.types import UserDefinedType
from sqlalchemy_redshift.dialect import GEOMETRY, HLLSKETCH, SUPER, TIMESTAMPTZ, TIMETZ

__all__ = [
    "BIGINT",
    "BOOLEAN",
    "CHAR",
    "DATE",
    "DECIMAL",
    "DOUBLE_PRECISION",
    "GEOGRAPHY",
    "GEOMETRY",
    "HLLSKETCH",
    "INTEGER",
    "INTERVAL_DAY_TO_SECOND",
    "INTERVAL_YEAR_TO_MONTH",
    "REAL",
    "SMALLINT",
    "SUPER",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TIMETZ",
    "VARBYTE",
    "VARCHAR",
]


class VARBYTE(UserDefinedType[bytes]):
    """Bytes up to a length. https://docs.aws.amazon.com/redshift/latest/dg/r_VARBYTE_type.html"""

    cache_ok = True

    def __init__(self, length: int = 64_000) -> None:
        self.length = length

    def get_col_spec(self, **_: Any) -> str:
        return f"VARBYTE({self.length})"


class GEOGRAPHY(UserDefinedType[str]):
    """Points, lines and areas on the globe. https://docs.aws.amazon.com/redshift/latest/dg/geospatial-overview.html"""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "GEOGRAPHY"


class INTERVAL_YEAR_TO_MONTH(UserDefinedType[str]):
    """A duration in years and months. https://docs.aws.amazon.com/redshift/latest/dg/r_interval_data_types.html"""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "INTERVAL YEAR TO MONTH"


class INTERVAL_DAY_TO_SECOND(UserDefinedType[str]):
    """A duration in days to microseconds. https://docs.aws.amazon.com/redshift/latest/dg/r_interval_data_types.html"""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "INTERVAL DAY TO SECOND"
