"""SET and RESET: which settings a session has, what they may be set to.

Sources: AWS r_SET, r_RESET, "Modifying the server configuration" (cm_chap_ConfigurationRef).
"""

from __future__ import annotations

from warehouse.local.translate import faults
from warehouse.local.translate.plan import Fault, Pass, Plan, Refused, Steps, not_emulated
from warehouse.local.translate.tokens import Stream, fold, literal, quote

# What is to go wrong (faults.py): a setting of the embedded server's own.
FAULT = "warehouse.fault"
# What PostgreSQL behind us knows as it is.
REAL = {
    "search_path", "statement_timeout", "timezone", "datestyle", "extra_float_digits", "client_encoding",
    "application_name", "client_min_messages", "seed", "intervalstyle", "default_transaction_read_only",
}  # fmt: skip
# What is remembered for SHOW and for the query log, with its default.
REMEMBERED = {
    "query_group": "unset", "wlm_query_slot_count": "1", "enable_result_cache_for_session": "on",
    "analyze_threshold_percent": "10", "describe_field_name_in_uppercase": "off",
    "enable_case_sensitive_identifier": "off", "error_on_nondeterministic_update": "off",
    "json_serialization_enable": "off", "json_serialization_parse_nested_strings": "off",
    "navigate_super_null_on_error": "on", "parse_super_null_on_error": "off", "mv_enable_aqmv_for_session": "on",
    "enable_vacuum_boost": "off", "max_cursor_result_set_size": "0", "enable_case_sensitive_super_attribute": "off",
    "interval_forbid_composite_literals": "on", "default_array_search_null_handling": "on",
    "cast_super_null_on_error": "on", "json_parse_dedup_attributes": "off", "json_parse_truncate_strings": "off",
    "stored_proc_log_min_messages": "LOG", "default_transaction_isolation": "serializable",
}  # fmt: skip
# Of those, the ones whose other value would have to change answers, which this server does not do.
_FIXED = {
    "describe_field_name_in_uppercase", "enable_case_sensitive_identifier", "error_on_nondeterministic_update",
    "json_serialization_enable", "json_serialization_parse_nested_strings", "navigate_super_null_on_error",
    "cast_super_null_on_error", "json_parse_dedup_attributes", "json_parse_truncate_strings",
}  # fmt: skip
_SWITCH = {"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}
_NUMBERS = {
    "wlm_query_slot_count": (1, 50),
    "analyze_threshold_percent": (0, 100),
    "max_cursor_result_set_size": (0, 14400000),
}


def remembered(name: str) -> str:
    """SQL for the present value of a setting that is only remembered."""
    return f"coalesce(nullif(current_setting('redshift.{name}', true), ''), {literal(REMEMBERED[name])})"


def _checked(name: str, value: str) -> str:
    """The value as SHOW tells it. Raises Refused."""
    default = REMEMBERED[name]
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        # A share may have a fraction (r_analyze_threshold_percent).
        whole = value.replace(".", "", 1) if name == "analyze_threshold_percent" else value
        if not whole.isdigit() or not low <= float(value) <= high:
            raise Refused(f'{value} is outside the valid range for parameter "{name}" ({low} .. {high})', "22023")
    elif name == "default_transaction_isolation":
        # The level belongs to the database: a session's wish is kept and changes nothing. psycopg2 says it so.
        value = value.lower()
        if value not in ("serializable", "repeatable read", "read committed", "read uncommitted"):
            raise Refused(f'invalid value for parameter "{name}": "{value}"', "22023")
    elif default in ("on", "off"):
        value = _SWITCH.get(value.lower(), value.lower())
        if value not in ("on", "off"):
            raise Refused(f'parameter "{name}" requires a Boolean value', "22023")
        if name in _FIXED and value != default:
            raise not_emulated(f"{name} = {value}")
    return value


def set_(stream: Stream) -> Plan:
    """SET [SESSION | LOCAL] name { TO | = } value [, …]"""
    scope = ""
    if stream.accept("LOCAL"):
        scope = "LOCAL "
    elif stream.accept("SESSION"):
        if stream.accept("CHARACTERISTICS", "AS", "TRANSACTION"):
            return _isolation(stream)
        if stream.accept("AUTHORIZATION"):
            return _authorization(stream)
    if stream.accept("TRANSACTION"):
        return _isolation(stream)
    if stream.accept("TIME", "ZONE"):
        name = "timezone"
    else:
        name = stream.name()
        if stream.accept("."):
            name = f"{name}.{stream.name()}"
            if name != FAULT:
                raise not_emulated(f"setting {name}")
        if not stream.accept("TO"):
            stream.expect("=")
        if name == FAULT:
            asked = "" if stream.accept("DEFAULT") else stream.string()
            stream.finish()
            return faults.parse(asked)
        if name == "session_authorization":
            return _authorization(stream)
    values = []
    while not stream.done:
        token = stream.next()
        if token.kind == "sign" and token.text == ",":
            continue
        if token.kind == "sign" and token.text not in ("-", "$", "."):
            raise stream.syntax_error()
        values.append(token)
    if not values:
        raise stream.syntax_error()
    if len(values) == 1 and values[0].word == "DEFAULT":
        return _reset(name)
    if name in REMEMBERED:
        return Pass(f"SET {scope}redshift.{name} = {literal(_checked(name, values[0].text))}")
    if name not in REAL:
        raise not_emulated(f"setting {name}")
    if name == "search_path":
        if any(value.text.lower() == "pg_redshift" for value in values):
            raise Refused('schema "pg_redshift" does not exist', "3F000")
        listed = ", ".join(
            quote(fold(value.text)) if value.text != "$user" else '"$user"' for value in values if value.kind != "sign"
        )
        return Pass(f"SET {scope}search_path = {listed}")
    return Pass(f"SET {scope}{name} = {literal(''.join(value.text for value in values))}")


def _authorization(stream: Stream) -> Plan:
    """SET SESSION AUTHORIZATION { user | DEFAULT }: a superuser becomes another user (r_SET_SESSION_AUTHORIZATION)."""
    if stream.accept("DEFAULT"):
        stream.finish()
        return Pass("RESET SESSION AUTHORIZATION")
    user = fold(stream.string()) if stream.peek().kind == "string" else stream.name()
    stream.finish()
    return Pass(f"SET SESSION AUTHORIZATION {quote(user)}")


def _isolation(stream: Stream) -> Plan:
    if not stream.accept("ISOLATION", "LEVEL"):
        raise not_emulated("SET TRANSACTION without ISOLATION LEVEL")
    while not stream.done:
        if stream.next().word not in (
            "SERIALIZABLE",
            "READ",
            "COMMITTED",
            "UNCOMMITTED",
            "REPEATABLE",
            "SNAPSHOT",
            "WRITE",
            "ONLY",
        ):
            raise stream.syntax_error()
    # The level belongs to the database; a session's wish is accepted and changes nothing.
    return Steps("SELECT 1 WHERE false", tag="SET")


def _reset(name: str) -> Plan:
    if name in REMEMBERED:
        return Steps(f"SET redshift.{name} = ''", tag="RESET")
    if name not in REAL:
        raise not_emulated(f"setting {name}")
    return Pass(f"RESET {name}")


def reset(stream: Stream) -> Plan:
    if stream.accept("SESSION", "AUTHORIZATION") or stream.accept("SESSION_AUTHORIZATION"):
        stream.finish()
        return Pass("RESET SESSION AUTHORIZATION")
    name = stream.name()
    if stream.accept("."):
        name = f"{name}.{stream.name()}"
    stream.finish()
    if name == FAULT:
        return Fault()
    if name == "all":
        return Pass("RESET ALL")
    return _reset(name)
