"""Which functions Redshift has, by name, and what becomes of a call.

SAME            PostgreSQL's own function of that name does it
RENAMED         PostgreSQL's own, under another name
catalog.FUNCTIONS   ours, in schema pg_redshift (catalog/5?_….sql)
calls.HANDLERS  the call itself is rewritten (calls.py, aggregates.py)
REFUSED         PostgreSQL has it and Redshift has not

What is in none of them is answered "not emulated". Source: AWS "SQL functions reference" (c_SQL_functions) and
"Unsupported PostgreSQL functions" (c_unsupported-postgresql-functions).
"""

from __future__ import annotations

SAME = {
    # numbers
    "abs", "acos", "asin", "atan", "atan2", "cbrt", "ceil", "ceiling", "cos", "cot", "degrees", "floor", "mod",
    "pi", "radians", "random", "sign", "sin", "tan",
    # strings
    "ascii", "btrim", "chr", "initcap", "left", "lower", "lpad", "ltrim",
    "md5", "quote_ident", "quote_literal", "repeat", "replace", "reverse", "right", "rpad", "rtrim",
    "strpos", "translate", "upper",
    # conditions
    "coalesce", "greatest", "least", "nullif",
    # aggregates and windows
    "any_value", "bit_and", "bit_or", "count", "grouping", "max", "min",
    "cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile",
    "percent_rank", "rank", "row_number",
    # dates
    "age", "isfinite", "timezone", "to_char", "to_number",
    # the session and the leader's catalogs, used by clients that reflect
    "array_lower", "array_to_string", "array_upper", "col_description", "current_database", "current_schema",
    "current_schemas", "format_type", "generate_series", "has_database_privilege",
    "has_schema_privilege", "now", "obj_description", "pg_backend_pid", "pg_cancel_backend",
    "pg_encoding_to_char", "pg_timezone_names", "pg_timezone_abbrevs",
    "pg_get_indexdef", "pg_get_ruledef", "pg_table_is_visible",
    "pg_conversion_is_visible", "pg_function_is_visible", "pg_opclass_is_visible", "pg_operator_is_visible",
    "pg_terminate_backend", "pg_type_is_visible", "shobj_description",
    "aclcontains", "regclassout", "regprocedureout", "regtypeout", "textin",
    # what psql of today asks with
    "pg_get_function_arguments", "pg_get_function_result", "pg_relation_is_publishable", "pg_table_size",
    "pg_size_pretty",
}  # fmt: skip

RENAMED = {
    "nvl": "coalesce", "replicate": "repeat", "rand": "random", "trim": "btrim",
}  # fmt: skip

# What PostgreSQL has and Redshift refuses.
REFUSED = {
    "string_agg", "array_agg", "every", "corr", "covar_pop", "covar_samp", "xml_agg", "xmlagg", "overlay",
    "regexp_matches", "clock_timestamp", "justify_days", "justify_hours", "justify_interval", "format", "setseed",
    "nextval", "currval", "lastval", "setval", "width_bucket", "gen_random_uuid", "pg_advisory_lock",
    "pg_advisory_xact_lock", "pg_try_advisory_lock", "unnest", "array_append", "array_cat", "array_dims",
    "array_length", "string_to_array", "json_agg", "row_to_json", "to_tsvector", "div", "scale", "regr_slope",
    "regr_intercept", "regr_count", "pg_sleep", "encode", "convert_from", "convert_to", "to_ascii", "num_nulls",
    "transaction_timestamp", "statement_timestamp", "mode", "starts_with", "concat_ws", "json_build_object",
}  # fmt: skip

AGGREGATES = {
    "any_value", "approximate_count", "approximate_percentile_disc", "avg", "bit_and", "bit_or", "bool_and", "bool_or",
    "count", "hll", "listagg", "max", "median", "min", "percentile_cont", "percentile_disc", "stddev", "stddev_pop",
    "stddev_samp", "sum", "var_pop", "var_samp", "variance",
}  # fmt: skip

# Functions that only the leader runs: with a table of a user they are refused (c_SQL_functions_leader_node_only).
LEADER_ONLY = {
    "age", "current_schema", "current_schemas", "generate_series", "get_byte", "has_database_privilege",
    "has_schema_privilege", "has_table_privilege", "isfinite", "now", "set_bit", "set_byte", "to_ascii", "version",
}  # fmt: skip

# Functions that only the compute nodes run: without a table they are refused (c_SQL_functions_compute_node_only).
COMPUTE_ONLY = {"listagg", "median", "percentile_cont", "percentile_disc", "approximate_percentile_disc"}

# Redshift names a result column otherwise than its function.
LABELS = {
    "approximate_count": "count",
    "approximate_percentile_disc": "percentile_disc",
    "current_date": "date",
    "date_part": "pgdate_part",
    "dateadd": "date_add",
    "datediff": "date_diff",
    "extract": "date_part",
    "log": "dlog10",
    "nvl": "coalesce",
    "nvl2": "case",
    "sysdate": "timestamp",
}
