"""Installs the catalog into a database, from the .sql files beside this module, and tells what is in them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib.resources import files

from warehouse.local.catalog.upgrade import Database, replace

SCHEMA = "pg_redshift"

_SOURCES = {
    entry.name: entry.read_text(encoding="utf-8")
    for entry in files(__package__).iterdir()
    if entry.name.endswith(".sql")
}


def _listed() -> str:
    """SQL for the views of views.toml: those that are empty, and those whose reading is refused."""
    document = tomllib.loads(files(__package__).joinpath("views.toml").read_text(encoding="utf-8"))
    found = []
    for kind, source in (("empty", " WHERE false"), ("unrecorded", " FROM pg_redshift.not_emulated('{}')")):
        for name, listed in document[kind].items():
            columns = listed.replace("@step", document["parts"]["step"])
            values = ", ".join(
                f'NULL::{type_} AS "{column}"'
                for column, type_ in (one.split(" ", 1) for one in re.split(r", (?=[a-z])", columns))
            )
            found.append(f"CREATE VIEW pg_redshift.{name} AS\nSELECT {values}{source.format(name)};")
    return "\n".join(found)


_ALL = "\n".join([*(_SOURCES[name] for name in sorted(_SOURCES)), _listed()])
# Of all that is installed.
VERSION = hashlib.sha256(_ALL.encode()).hexdigest()[:16]

_VIEWS = frozenset(re.findall(r"^CREATE VIEW pg_redshift\.(\w+)", _ALL, re.MULTILINE))
# Views that only serve other views.
_INNER = {
    "identity_column", "user_table", "any_schema", "any_table", "any_column", "key_column", "column_blocks", "lock",
    "query_log", "log_text", "connection_log",
    "show_databases", "show_tables", "show_columns", "show_primary_keys", "show_foreign_keys",
    "show_grants", "show_column_grants", "show_routines", "show_procedures", "show_functions", "append_column",
    "unload_seen", "load_seen", "load_error_seen", "replacement_told", "pg_class_of_psql", "pg_type_of_psql",
    "pg_database_of_psql", "pg_attribute_of_psql", "pg_proc_of_psql",
}  # fmt: skip
# "Visible only to superusers": a GRANT opens them to others (AWS c_visibility-of-data).
_SUPERUSERS_ONLY = (
    "svv_table_info", "stv_blocklist", "stv_tbl_perm", "svv_diskusage", "stv_locks", "pg_user_info", "stv_partitions",
    "stv_node_storage_capacity", "stv_wlm_service_class_state", "stv_wlm_classification_config", "pg_shadow",
)  # fmt: skip

# Relations that a client names as `pg_catalog.x` or plain `x`, and finds in our schema.
RELATIONS = frozenset(view for view in _VIEWS if view not in _INNER and not view.startswith("is_"))
# information_schema.x -> pg_redshift.is_x
INFORMATION_SCHEMA = frozenset(view.removeprefix("is_") for view in _VIEWS if view.startswith("is_"))
# Functions likewise; those that only serve this catalog are not reachable by name.
FUNCTIONS = frozenset(files(__package__).joinpath("functions.txt").read_text(encoding="utf-8").split())

# Designs of tables that vanished without an event (temporary ones of a session that was killed).
_SWEEP = """
DELETE FROM pg_redshift.table_design d WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.relid);
DELETE FROM pg_redshift.column_design d WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.relid);
DELETE FROM pg_redshift.key_constraint d WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = d.conrelid);
"""


_GRANTS = f"""
GRANT USAGE ON SCHEMA pg_redshift TO PUBLIC;
-- Whoever makes a table records its design; nothing that a client says can name this schema.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pg_redshift TO PUBLIC;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA pg_redshift TO PUBLIC;
REVOKE SELECT ON {", ".join(f"pg_redshift.{view}" for view in _SUPERUSERS_ONLY)} FROM PUBLIC;
COMMENT ON SCHEMA pg_redshift IS '{VERSION}';
"""


def install(database: Database) -> bool:
    """Bring the catalog of `database` up to this version; True when something was done.

    Needs a superuser's connection.
    """
    # Only system schemas may be called pg_…; this is one.
    present = database.rows(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = 'pg_redshift'"
    )
    if present and present[0][0] == VERSION:
        database.run(_SWEEP)
        return False
    database.run("BEGIN")
    try:
        database.run("SET LOCAL allow_system_table_mods = on; SET LOCAL check_function_bodies = off")
        if present:
            replace(database, _ALL)
        else:
            # Every user may create in the schema public (AWS r_GRANT).
            database.run(f"CREATE SCHEMA pg_redshift; {_ALL}; GRANT CREATE ON SCHEMA public TO PUBLIC")
        database.run(_GRANTS)
    except BaseException:
        database.run("ROLLBACK")
        raise
    database.run("COMMIT")
    return True
