"""Which functions Redshift has, of those that PostgreSQL behind us can run as they are. The rest is refused.

Source: AWS "SQL functions reference" (c_SQL_functions) and "Leader node-only functions"
(c_SQL_functions_leader_node_only).
"""

from __future__ import annotations

# sqlglot's own classes of functions and of operators that it counts as functions.
TYPED = {
    "Abs", "And", "Any", "All", "Case", "Cast", "Ceil", "Coalesce", "Concat", "Count", "CurrentDate",
    "CurrentTimestamp", "CurrentUser", "CurrentDatabase", "CurrentSchema", "SessionUser", "DateTrunc", "TimestampTrunc",
    "DecodeCase",
    "DenseRank", "Exists", "Exp", "Extract", "FirstValue", "Floor", "Greatest", "If", "Initcap", "Lag", "LastValue",
    "Lead", "Least", "Left", "Length", "Ln", "Lower", "MD5", "Max", "Min", "Not", "NthValue", "Ntile", "Nullif", "Nvl2",
    "Or", "Pad", "PercentRank", "CumeDist", "Pow", "Rank", "Repeat", "Replace", "Reverse", "Right", "Round",
    "RowNumber", "Sign", "SplitPart", "Sqrt", "StddevPop", "StddevSamp", "Stddev", "StrPosition", "Substring", "Sum",
    "ToChar", "Translate", "Trim", "Upper", "Variance", "VariancePop", "Xor", "Avg", "Mod", "Ascii", "Chr", "Sin",
    "Cos", "Tan", "Cbrt", "Radians", "Degrees", "Log", "RegexpLike", "Paren",
}  # fmt: skip

# By name: PostgreSQL's own, which Redshift has too.
BY_NAME = {
    "btrim", "ltrim", "rtrim", "octet_length", "char_length", "character_length", "textlen", "current_schema",
    "current_schemas", "current_database", "date_part", "to_date", "to_timestamp", "to_number", "bool_and", "bool_or",
    "pg_backend_pid", "quote_ident", "quote_literal", "has_table_privilege", "has_schema_privilege",
    "has_database_privilege", "current_setting", "random", "trunc", "date_trunc",
    # The leader's catalog functions, used by clients that reflect.
    "array_to_string", "col_description", "obj_description", "format_type", "pg_get_viewdef", "pg_get_userbyid",
    "pg_table_is_visible", "array_upper", "array_lower", "pg_encoding_to_char", "pg_get_indexdef", "pg_get_ruledef",
    "shobj_description", "generate_series",
}  # fmt: skip

# What PostgreSQL has and Redshift refuses (c_unsupported-postgresql-functions).
UNSUPPORTED = {
    "string_agg", "array_agg", "every", "corr", "covar_pop", "covar_samp", "xml_agg", "overlay", "regexp_matches",
    "clock_timestamp", "justify_days", "justify_hours", "justify_interval", "format", "setseed", "nextval", "currval",
    "lastval", "setval", "width_bucket", "gen_random_uuid", "pg_advisory_lock", "pg_advisory_xact_lock",
    "pg_try_advisory_lock", "unnest",
}  # fmt: skip
