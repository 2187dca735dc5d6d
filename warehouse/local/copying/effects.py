"""What a COPY does to a table besides loading it: defaults, encodings, statistics.

Source: AWS c_loading_default_values (one value for all rows), copy-parameters-data-load (COMPUPDATE, STATUPDATE).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.options import CopyOptions
from warehouse.local.copying.target import Target
from warehouse.local.translate.tokens import literal, quote
from warehouse.local.wire.upstream import Upstream, UpstreamError

# Rows that ANALYZE looks at are 300 times this; PostgreSQL's own default would cost a tenth of a load of a million.
_STATISTICS = 10

# Defaults of the columns that are not loaded which call a volatile function.
_VOLATILE = """
SELECT a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = {oid} AND a.attidentity = '' AND a.attname <> ALL (ARRAY[{names}]::name[]) AND EXISTS (
    SELECT FROM pg_catalog.regexp_matches(d.adbin::text, ':(?:op)?funcid ([0-9]+)', 'g') AS called
    JOIN pg_catalog.pg_proc p ON p.oid = called[1]::oid WHERE p.provolatile = 'v')
"""


@contextlib.contextmanager
def effects(target: Target, options: CopyOptions, database: Upstream) -> Iterator[None]:
    """Load within this. Raises CopyError for what the user may not have done."""
    if options.statistics:
        _must_own(target, database)
    was_empty = database.rows(f"SELECT pg_catalog.pg_relation_size({target.oid}) = 0")[0][0] == "t"
    volatile = [] if options.no_load else _fix_defaults(target, database)
    yield
    if options.no_load:
        return
    for name, default in volatile:
        database.run(f"ALTER TABLE {target.path} ALTER COLUMN {quote(name)} SET DEFAULT {default}")
    if was_empty and options.encodings != "OFF":
        how = literal(options.encodings)
        database.run(f"SELECT pg_redshift.choose_encodings({target.oid}, {how}, {options.sample})")
    if options.statistics == "ON" or (was_empty and not options.statistics):
        database.run(
            f"SET LOCAL default_statistics_target = {_STATISTICS}; ANALYZE {target.path}; "
            "SET LOCAL default_statistics_target TO DEFAULT"
        )


def _must_own(target: Target, database: Upstream) -> None:
    ((owns,),) = database.rows(
        "SELECT pg_catalog.pg_has_role(relowner, 'USAGE') OR pg_redshift.is_superuser() FROM pg_catalog.pg_class "
        f"WHERE oid = {target.oid}"
    )
    if owns != "t":
        raise CopyError(f"must be owner of relation {target.name}", "42501")


def _fix_defaults(target: Target, database: Upstream) -> list[tuple[str, str]]:
    """Give volatile defaults their value for this load. Returns what they are."""
    names = ", ".join(literal(column.name) for column in target.columns)
    found = [
        (str(name), str(default)) for name, default in database.rows(_VOLATILE.format(oid=target.oid, names=names))
    ]
    for name, default in found:
        ((value,),) = database.rows(f"SELECT ({default})::text")
        constant = "NULL" if value is None else literal(value)
        try:
            database.run(f"ALTER TABLE {target.path} ALTER COLUMN {quote(name)} SET DEFAULT {constant}")
        except UpstreamError as error:
            if error.notice.sqlstate != "42501":
                raise
            what = f'not emulated: the volatile default of column "{name}" in a COPY by who does not own the table'
            raise CopyError(what, "0A000") from error
    return found
