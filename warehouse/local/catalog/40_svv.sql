-- SVV_, STV_, STL_ and SYS_ views, worked out from what the tables really hold.

CREATE VIEW pg_redshift.stv_slices AS
SELECT 0 AS node, s AS slice, s AS localslice, 'D'::character(1) AS type FROM generate_series(0, 3) AS s;

-- A table takes (columns + 3 hidden) blocks of 1 MB for each slice that holds rows, more when its data is larger.
CREATE VIEW pg_redshift.user_table AS
SELECT c.oid AS relid, c.relname, n.nspname, d.diststyle, d.distkey, d.sortstyle, d.sortkey, d.encode_auto, d.created, c.relowner,
       c.relnatts, c.relpersistence
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_redshift.table_design d ON d.relid = c.oid
WHERE c.relkind = 'r';

CREATE FUNCTION pg_redshift.row_count(rel oid) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', rel::regclass) INTO found;
    RETURN found;
END $$;

CREATE FUNCTION pg_redshift.column_name(rel oid, number smallint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum = number
$$;

CREATE VIEW pg_redshift.svv_table_info AS
SELECT current_database()::text AS database, t.nspname::text AS schema, t.relid AS table_id, t.relname::text AS "table",
       CASE WHEN EXISTS (SELECT FROM pg_redshift.column_design e WHERE e.relid = t.relid AND e.encoding <> 0)
            THEN CASE WHEN t.encode_auto THEN 'Y, AUTO(ENCODE)' ELSE 'Y' END ELSE 'N' END AS encoded,
       CASE t.diststyle WHEN 0 THEN 'EVEN' WHEN 8 THEN 'ALL' WHEN 9 THEN 'AUTO(ALL)'
            ELSE 'KEY(' || pg_redshift.column_name(t.relid, t.distkey) || ')' END AS diststyle,
       CASE WHEN t.sortstyle = 'auto' THEN 'AUTO(SORTKEY)' WHEN t.sortstyle = 'interleaved' THEN 'INTERLEAVED'
            ELSE pg_redshift.column_name(t.relid, t.sortkey[1]) END AS sortkey1,
       (SELECT max(a.atttypmod - 4) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = t.relid AND a.atttypid = 'varchar'::regtype AND NOT a.attisdropped) AS max_varchar,
       (SELECT trim(pg_redshift.format_encoding(e.encoding)) FROM pg_redshift.column_design e
        WHERE e.relid = t.relid AND e.attnum = t.sortkey[1]) AS sortkey1_enc,
       cardinality(t.sortkey) AS sortkey_num,
       greatest((t.relnatts + 3) * 4, (pg_catalog.pg_table_size(t.relid) + 1048575) / 1048576)::bigint AS size,
       NULL::numeric(10,4) AS pct_used, 0::bigint AS empty, 0::numeric(5,2) AS unsorted, 0::numeric(5,2) AS stats_off,
       counted.rows::numeric(38,0) AS tbl_rows, NULL::numeric(19,2) AS skew_sortkey1, NULL::numeric(19,2) AS skew_rows,
       counted.rows::numeric(38,0) AS estimated_visible_rows, NULL::text AS risk_event, NULL::numeric(12,2) AS vacuum_sort_benefit,
       t.created AS create_time
FROM pg_redshift.user_table t CROSS JOIN LATERAL pg_redshift.row_count(t.relid) AS counted(rows)
WHERE counted.rows > 0; -- the real view has no row for an empty table

CREATE VIEW pg_redshift.any_table AS
SELECT n.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END::varchar(128) AS table_type,
       pg_catalog.array_to_string(c.relacl, '~')::varchar(128) AS table_acl, pg_catalog.obj_description(c.oid, 'pg_class')::varchar(256) AS remarks, c.oid,
       pg_catalog.pg_get_userbyid(c.relowner)::varchar(128) AS table_owner
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v') AND n.nspname NOT IN ('pg_redshift', 'pg_toast');

CREATE VIEW pg_redshift.any_column AS
SELECT t.schema_name, t.table_name, a.attname::varchar(128) AS column_name, a.attnum::integer AS ordinal_position,
       coalesce(pg_catalog.pg_get_expr(f.adbin, f.adrelid), i.source)::varchar(4000) AS column_default,
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable,
       CASE a.atttypid WHEN 'varchar'::regtype THEN 'character varying' WHEN 'bpchar'::regtype THEN 'character' WHEN 'numeric'::regtype THEN 'numeric'
            ELSE pg_catalog.format_type(a.atttypid, NULL) END::varchar(128) AS data_type,
       CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS character_maximum_length,
       CASE a.atttypid WHEN 'int2'::regtype THEN 16 WHEN 'int4'::regtype THEN 32 WHEN 'int8'::regtype THEN 64 WHEN 'float4'::regtype THEN 24
            WHEN 'float8'::regtype THEN 53 WHEN 'numeric'::regtype THEN ((a.atttypmod - 4) >> 16) & 65535 END AS numeric_precision,
       CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 0 WHEN a.atttypid = 'numeric'::regtype THEN (a.atttypmod - 4) & 65535 END AS numeric_scale,
       pg_catalog.col_description(a.attrelid, a.attnum)::varchar(256) AS remarks,
       pg_redshift.format_encoding(a.attencodingtype)::varchar(128) AS encoding, a.attisdistkey AS distkey, a.attsortkeyord AS sortkey
FROM pg_redshift.any_table t
JOIN pg_redshift.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
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
       numeric_scale, remarks FROM pg_redshift.any_column;
CREATE VIEW pg_redshift.svv_redshift_columns AS
SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, column_name, ordinal_position, data_type, column_default, is_nullable,
       encoding, distkey, sortkey, NULL::varchar(128) AS column_acl, remarks FROM pg_redshift.any_column;
CREATE VIEW pg_redshift.svv_all_columns AS
SELECT current_database()::varchar(128) AS database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
       character_maximum_length, numeric_precision, numeric_scale, remarks FROM pg_redshift.any_column;
CREATE VIEW pg_redshift.svv_all_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name, nspowner::integer AS schema_owner, 'local'::varchar(128) AS schema_type,
       NULL::varchar(128) AS schema_acl, NULL::varchar(128) AS source_database, NULL::varchar(128) AS schema_option
FROM pg_catalog.pg_namespace WHERE nspname NOT IN ('pg_redshift', 'pg_toast');

-- There is no external catalog here: these are empty, with the columns that clients ask for.
CREATE VIEW pg_redshift.svv_external_schemas AS
SELECT NULL::oid AS esoid, NULL::smallint AS eskind, NULL::name AS schemaname, NULL::integer AS esowner, NULL::text AS databasename, NULL::text AS esoptions WHERE false;
CREATE VIEW pg_redshift.svv_external_tables AS
SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS tabletype, NULL::text AS location WHERE false;
CREATE VIEW pg_redshift.svv_external_columns AS
SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS columnname, NULL::text AS external_type,
       NULL::integer AS columnnum, NULL::integer AS part_key, NULL::text AS is_nullable WHERE false;

-- Values of the STL_ views are blank padded (REDSHIFT.md, section 10): readers must TRIM.
CREATE VIEW pg_redshift.stl_load_errors AS
SELECT userid, slice, tbl, starttime, session, query, filename::character(256) AS filename, line_number, colname::character(127) AS colname,
       type::character(10) AS type, col_length::character(10) AS col_length, position, raw_line::character(1024) AS raw_line,
       raw_field_value::character(1024) AS raw_field_value, err_code, err_reason::character(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset
FROM pg_redshift.load_error WHERE database = current_database();
CREATE VIEW pg_redshift.sys_load_error_detail AS
SELECT userid AS user_id, query AS query_id, xid AS transaction_id, session AS session_id, database::text AS database_name, tbl AS table_id, starttime AS start_time,
       filename::character(256) AS file_name, line_number, colname::character(127) AS column_name, type::character(10) AS column_type, col_length::character(10) AS column_length,
       position, err_code AS error_code, err_reason::character(512) AS error_message
FROM pg_redshift.load_error WHERE database = current_database();
CREATE VIEW pg_redshift.stl_load_commits AS
SELECT userid, query, slice, filename::character(256) AS name, filename::character(256) AS filename, 0 AS byte_offset, lines_scanned::integer AS lines_scanned,
       errors, curtime, 1 AS status, file_format::character(16) AS file_format, 0 AS is_partial, 0::bigint AS start_offset
FROM pg_redshift.load_commit;
CREATE VIEW pg_redshift.stl_loaderror_detail AS
SELECT userid, slice, session, query, filename::character(256) AS filename, line_number, 0 AS field, colname::character(1024) AS colname,
       raw_field_value::character(1024) AS value, 0 AS is_null, type::character(10) AS type, col_length::character(10) AS col_length
FROM pg_redshift.load_error WHERE database = current_database();
