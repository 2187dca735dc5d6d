-- SVV_TABLES, SVV_COLUMNS and their relations: what there is, for those who may see it (AWS r_SVV_TABLES and the pages beside it).

CREATE VIEW pg_redshift.any_schema AS
SELECT oid, nspname, nspowner, pg_catalog.array_to_string(nspacl, '~')::varchar(128) AS acl FROM pg_catalog.pg_namespace
WHERE nspname <> 'pg_redshift' AND nspname !~ '^pg_(toast|temp)' AND (pg_catalog.pg_has_role(nspowner, 'USAGE') OR has_schema_privilege(oid, 'USAGE'));

-- "Regular users can see only metadata to which they have access."
CREATE VIEW pg_redshift.any_table AS
SELECT n.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name, CASE c.relkind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END::varchar(128) AS table_type,
       pg_catalog.array_to_string(c.relacl, '~')::varchar(128) AS table_acl, pg_catalog.obj_description(c.oid, 'pg_class')::varchar(256) AS remarks, c.oid,
       pg_catalog.pg_get_userbyid(c.relowner)::varchar(128) AS table_owner
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('pg_redshift', 'pg_toast')
  AND (pg_catalog.pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES')
       OR has_any_column_privilege(c.oid, 'SELECT, UPDATE'));

CREATE VIEW pg_redshift.any_column AS
SELECT t.schema_name, t.table_name, t.table_type, t.oid, a.attname::varchar(128) AS column_name, a.attnum::integer AS ordinal_position,
       coalesce(pg_catalog.pg_get_expr(f.adbin, f.adrelid), i.source)::varchar(4000) AS column_default,
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable,
       CASE a.atttypid WHEN 'varchar'::regtype THEN 'character varying' WHEN 'bpchar'::regtype THEN 'character' WHEN 'numeric'::regtype THEN 'numeric'
            ELSE pg_redshift.format_type(a.atttypid, NULL) END::varchar(128) AS data_type,
       CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS character_maximum_length,
       CASE a.atttypid WHEN 'int2'::regtype THEN 16 WHEN 'int4'::regtype THEN 32 WHEN 'int8'::regtype THEN 64 WHEN 'float4'::regtype THEN 24
            WHEN 'float8'::regtype THEN 53 WHEN 'numeric'::regtype THEN ((a.atttypmod - 4) >> 16) & 65535 END AS numeric_precision,
       CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 0 WHEN a.atttypid = 'numeric'::regtype THEN (a.atttypmod - 4) & 65535 END AS numeric_scale,
       CASE WHEN a.atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype, 'time'::regtype, 'timetz'::regtype) THEN 6 END AS datetime_precision,
       pg_catalog.col_description(a.attrelid, a.attnum)::varchar(256) AS remarks, pg_catalog.array_to_string(b.attacl, '~')::varchar(128) AS column_acl,
       pg_redshift.format_encoding(a.attencodingtype)::varchar(128) AS encoding, a.attisdistkey AS distkey, a.attsortkeyord AS sortkey
FROM pg_redshift.any_table t
JOIN pg_redshift.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_attribute b ON b.attrelid = a.attrelid AND b.attnum = a.attnum
LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
LEFT JOIN pg_redshift.identity_column i ON i.attrelid = a.attrelid AND i.attnum = a.attnum;

CREATE VIEW pg_redshift.svv_tables AS
SELECT current_database()::varchar(128) AS table_catalog, schema_name AS table_schema, table_name,
       CASE table_type WHEN 'TABLE' THEN 'BASE TABLE' ELSE table_type END::varchar(128) AS table_type, remarks FROM pg_redshift.any_table;
CREATE VIEW pg_redshift.svv_redshift_tables AS
SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, table_type, table_acl, remarks, table_owner FROM pg_redshift.any_table;
CREATE VIEW pg_redshift.svv_all_tables AS
SELECT database_name, schema_name, table_name, table_type, table_acl, remarks FROM pg_redshift.svv_redshift_tables;

CREATE VIEW pg_redshift.svv_columns AS
SELECT current_database()::varchar(128) AS table_catalog, schema_name AS table_schema, table_name, column_name, ordinal_position, column_default, is_nullable,
       data_type, character_maximum_length, numeric_precision, CASE WHEN numeric_precision IS NOT NULL THEN CASE data_type WHEN 'numeric' THEN 10 ELSE 2 END END AS numeric_precision_radix,
       numeric_scale, datetime_precision, NULL::varchar(128) AS interval_type, NULL::varchar(128) AS interval_precision,
       NULL::varchar(128) AS character_set_catalog, NULL::varchar(128) AS character_set_schema, NULL::varchar(128) AS character_set_name,
       NULL::varchar(128) AS collation_catalog, NULL::varchar(128) AS collation_schema, NULL::varchar(128) AS collation_name,
       NULL::varchar(128) AS domain_name, remarks
FROM pg_redshift.any_column;
CREATE VIEW pg_redshift.svv_redshift_columns AS
SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
       encoding, distkey, sortkey, column_acl, remarks FROM pg_redshift.any_column;
CREATE VIEW pg_redshift.svv_all_columns AS
SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
       character_maximum_length, numeric_precision, numeric_scale, remarks FROM pg_redshift.any_column;

CREATE VIEW pg_redshift.svv_all_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name, pg_redshift.user_number(nspowner) AS schema_owner, 'local'::varchar(128) AS schema_type,
       acl AS schema_acl, NULL::varchar(128) AS source_database, NULL::varchar(128) AS schema_option
FROM pg_redshift.any_schema;
CREATE VIEW pg_redshift.svv_redshift_schemas AS
SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM pg_redshift.svv_all_schemas;
CREATE VIEW pg_redshift.svv_redshift_databases AS
SELECT datname::varchar(128) AS database_name, pg_redshift.user_number(datdba) AS database_owner, 'local'::varchar(32) AS database_type,
       pg_catalog.array_to_string(datacl, '~')::varchar(128) AS database_acl, NULL::varchar(128) AS database_options,
       CASE pg_redshift.isolation_level(oid) WHEN 'SNAPSHOT' THEN 'Snapshot Isolation' ELSE 'Serializable' END::varchar(128) AS database_isolation_level
FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres';
CREATE VIEW pg_redshift.svv_redshift_functions AS
SELECT current_database()::varchar(128) AS database_name, n.nspname::varchar(128) AS schema_name, p.proname::varchar(128) AS function_name,
       CASE p.prokind WHEN 'p' THEN 'STORED PROCEDURE' WHEN 'a' THEN 'AGGREGATED FUNCTION' ELSE 'REGULAR FUNCTION' END::varchar(128) AS function_type,
       coalesce(pg_redshift.argument_list(r.oid, false), pg_catalog.pg_get_function_identity_arguments(p.prooid))::varchar(512) AS argument_type,
       CASE p.prokind WHEN 'p' THEN NULL ELSE pg_redshift.format_type(p.prorettype, NULL) END::varchar(128) AS result_type
FROM pg_redshift.pg_proc_info p JOIN pg_redshift.any_schema n ON n.oid = p.pronamespace LEFT JOIN pg_redshift.user_routine r ON r.oid = p.prooid
WHERE n.nspname <> 'information_schema';
