"""SHOW: settings, the DDL of a table or view, and the lists of databases, schemas, tables, columns, keys and grants.

Sources: AWS r_SHOW, r_SHOW_TABLE, r_SHOW_VIEW, r_SHOW_DATABASES; the lists are newer than the guide of 2023 and follow
what AWS's drivers ask and read (redshift_connector, metadataAPIHelper). Drivers pass names as parameters (`FROM SCHEMA
$1.$2`), so a name may be one.
"""

from __future__ import annotations

from warehouse.local.translate import routines
from warehouse.local.translate.plan import Pass, Plan, Refused, not_emulated
from warehouse.local.translate.settings import REAL, REMEMBERED, remembered
from warehouse.local.translate.tokens import Stream, literal, path, quote

# name -> (view, column that LIKE filters)
_LISTS = {"TABLES": "table_name", "PROCEDURES": "procedure_name", "FUNCTIONS": "function_name"}


def show(stream: Stream) -> Plan:
    """SHOW …; the stream stands behind SHOW."""
    word = stream.peek().word
    if word == "TABLE":
        stream.next()
        return _ddl(stream, "show_table", "Show Table DDL statement")
    if word == "PROCEDURE":
        stream.next()
        return _procedure(stream)
    if word == "VIEW":
        stream.next()
        return _ddl(stream, "show_view", "Show View DDL statement")
    if stream.accept("DATABASES"):
        if stream.sees("FROM"):
            raise not_emulated("SHOW DATABASES FROM DATA CATALOG")
        return _list(stream, "*", "show_databases", "true", "database_name")
    if stream.accept("SCHEMAS"):
        stream.expect("FROM", "DATABASE")
        database = f"database_name = pg_redshift.this_database({_name(stream)})"
        return _list(stream, "*", "svv_all_schemas", database, "schema_name")
    if word in _LISTS:
        stream.next()
        stream.expect("FROM", "SCHEMA")
        schema = f"schema_name = pg_redshift.this_schema({_names(stream, 2)})"
        return _list(stream, "*", f"show_{word.lower()}", schema, _LISTS[word])
    if stream.accept("COLUMNS"):
        stream.expect("FROM", "TABLE")
        return _of_table(stream, "show_columns", _COLUMNS, "oid", "ordinal_position", like="column_name")
    if stream.accept("CONSTRAINTS"):
        return _constraints(stream)
    if stream.accept("GRANTS", "ON", "TABLE"):
        return _of_table(stream, "show_grants", _GRANTS, "oid", "privilege_type")
    if stream.accept("COLUMN", "GRANTS", "ON", "TABLE"):
        return _of_table(stream, "show_column_grants", _COLUMN_GRANTS, "oid", "column_name", like="column_name")
    return _setting(stream)


_COLUMNS = (
    "database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type, "
    "character_maximum_length, numeric_precision, numeric_scale, remarks, sort_key_type, sort_key, dist_key, "
    'encoding, "collation"'
)
_PRIMARY = "database_name, schema_name, table_name, column_name, key_seq, pk_name"
_FOREIGN = (
    "pk_database_name, pk_schema_name, pk_table_name, pk_column_name, fk_database_name, fk_schema_name, "
    "fk_table_name, fk_column_name, key_seq, update_rule, delete_rule, fk_name, pk_name, deferrability"
)
_GRANTED = "privilege_type, identity_id, identity_name, identity_type, admin_option, privilege_scope, grantor_name"
_GRANTS = f"database_name, schema_name, object_name, object_type, {_GRANTED}"
_COLUMN_GRANTS = f"database_name, schema_name, table_name, column_name, object_type, {_GRANTED}"


def _ddl(stream: Stream, function: str, title: str) -> Plan:
    name = stream.qualified()
    stream.finish()
    return Pass(f"SELECT pg_redshift.{function}({literal(path(name))}) AS {quote(title)}")


def _procedure(stream: Stream) -> Plan:
    """SHOW PROCEDURE name [(arguments)]"""
    name = stream.qualified()
    types = literal(routines.signature(stream).strip("()")) if stream.sees("(") else "NULL"
    stream.finish()
    title = quote("Stored Procedure Definition")
    return Pass(f"SELECT pg_redshift.show_procedure({literal(path(name))}, {types}) AS {title}")


def _constraints(stream: Stream) -> Plan:
    if stream.accept("PRIMARY", "KEYS"):
        stream.expect("FROM", "TABLE")
        return _of_table(stream, "show_primary_keys", _PRIMARY, "conrelid", "key_seq", must_exist=False)
    stream.expect("FOREIGN", "KEYS")
    which = "confrelid" if stream.accept("EXPORTED") else "conrelid"
    stream.expect("FROM", "TABLE")
    order = "fk_schema_name, fk_table_name, fk_name, key_seq"
    return _of_table(stream, "show_foreign_keys", _FOREIGN, which, order, must_exist=False)


def _of_table(
    stream: Stream, view: str, columns: str, key: str, order: str, *, like: str = "", must_exist: bool = True
) -> Plan:
    found = "this_table" if must_exist else "this_table_if_any"
    condition = f"{key} = pg_redshift.{found}({_names(stream, 3)})"
    return _list(stream, columns, view, condition, like, order=order)


def _list(stream: Stream, columns: str, view: str, condition: str, like: str, *, order: str = "") -> Plan:
    """[LIKE 'pattern'] [LIMIT n], and the end."""
    if like and stream.accept("LIKE"):
        condition += f" AND {like} LIKE {_value(stream)}"
    limit = f" LIMIT {stream.integer()}" if stream.accept("LIMIT") else ""
    stream.finish()
    return Pass(f"SELECT {columns} FROM pg_redshift.{view} WHERE {condition} ORDER BY {order or like}{limit}")


def _names(stream: Stream, most: int) -> str:
    """[database.]schema[.table], as arguments: the database is the session's when it is not named."""
    parts = [_name(stream)]
    while stream.accept("."):
        parts.append(_name(stream))
    if len(parts) == most - 1:
        parts.insert(0, "current_database()")
    if len(parts) != most:
        raise stream.syntax_error()
    return ", ".join(parts)


def _name(stream: Stream) -> str:
    return _parameter(stream) or literal(stream.name())


def _value(stream: Stream) -> str:
    return _parameter(stream) or literal(stream.string())


def _parameter(stream: Stream) -> str:
    if stream.sees("$") and stream.peek(1).kind == "number":
        stream.next()
        return f"(${stream.next().text})::text"
    return ""


def _setting(stream: Stream) -> Plan:
    """SHOW name | ALL"""
    if stream.accept("TRANSACTION", "ISOLATION", "LEVEL"):
        return Pass("SELECT 'SERIALIZABLE'::text AS transaction_isolation")
    if stream.accept("TIME", "ZONE"):
        return Pass("SHOW timezone")
    name = stream.name()
    if not stream.done:
        raise not_emulated(f"SHOW {name.upper()}")
    if name == "all":
        listed = " UNION ALL ".join(
            f"SELECT {literal(one)}::text AS name, {_current(one)} AS setting"
            for one in sorted(_ALL | REMEMBERED.keys())
        )
        return Pass(listed)
    if name == "server_version":
        return Pass("SELECT '8.0.2'::text AS server_version")
    if name == "standard_conforming_strings":
        raise Refused(f'unrecognized configuration parameter "{name}"', "42704")
    if name == "transaction_isolation":
        return Pass("SELECT 'SERIALIZABLE'::text AS transaction_isolation")
    if name not in REMEMBERED and name not in REAL:
        raise not_emulated(f"SHOW {name} (a setting)")
    if name == "search_path" or name in REMEMBERED:
        return Pass(f"SELECT {_current(name)} AS {quote(name)}")
    return Pass(f"SHOW {name}")


# Of the settings that PostgreSQL behind us keeps, those that SHOW ALL lists (r_SHOW, cm_chap_ConfigurationRef).
_ALL = {"datestyle", "extra_float_digits", "search_path", "statement_timeout", "timezone"}


def _current(name: str) -> str:
    if name == "search_path":
        return "replace(current_setting('search_path'), '\"', '')"
    return remembered(name) if name in REMEMBERED else f"current_setting({literal(name)})"
