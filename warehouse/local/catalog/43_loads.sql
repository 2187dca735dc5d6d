-- What COPY left behind. Values of the STL_ views are blank padded (REDSHIFT.md, section 10): readers must TRIM.

CREATE VIEW pg_redshift.stl_load_errors AS
SELECT userid, slice, tbl, starttime, session, query, filename::character(256) AS filename, line_number, colname::character(127) AS colname,
       type::character(10) AS type, col_length::character(10) AS col_length, position, raw_line::character(1024) AS raw_line,
       raw_field_value::character(1024) AS raw_field_value, err_code, err_reason::character(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset
FROM pg_redshift.load_error WHERE database = current_database();
CREATE VIEW pg_redshift.stl_loaderror_detail AS
SELECT userid, slice, session, query, filename::character(256) AS filename, line_number, 0 AS field, colname::character(1024) AS colname,
       raw_field_value::character(1024) AS value, 0 AS is_null, type::character(10) AS type, col_length::character(10) AS col_length
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
CREATE VIEW pg_redshift.stl_file_scan AS
SELECT userid, query, slice, filename::character(90) AS name, lines_scanned AS lines, bytes_scanned AS bytes, 0::bigint AS loadtime, curtime, 0 AS is_partial,
       0::bigint AS start_offset
FROM pg_redshift.load_commit;
CREATE VIEW pg_redshift.sys_load_detail AS
SELECT userid AS user_id, query AS query_id, filename::character(256) AS file_name, bytes_scanned, lines_scanned, 1 AS splits_scanned, curtime AS record_time
FROM pg_redshift.load_commit;

-- One row for each COPY: those that loaded, and those whose errors are known.
CREATE VIEW pg_redshift.sys_load_history AS
SELECT user_id, query_id, transaction_id, session_id, current_database()::character(128) AS database_name, status::character(10) AS status,
       (SELECT relname FROM pg_catalog.pg_class WHERE oid = tbl)::character(128) AS table_name, start_time, end_time,
       (extract(epoch FROM end_time - start_time) * 1000000)::bigint AS duration, data_source::character(256) AS data_source, file_format::character(16) AS file_format,
       loaded_rows, loaded_bytes, source_file_count, loaded_bytes AS source_file_bytes, source_file_count AS file_count_scanned,
       loaded_bytes AS file_bytes_scanned, error_count
FROM (
    SELECT min(userid) AS user_id, query AS query_id, 0::bigint AS transaction_id, min(session) AS session_id, 'completed' AS status, min(tbl)::oid AS tbl,
           min(curtime) AS start_time, max(curtime) AS end_time, min(filename) AS data_source, min(file_format) AS file_format,
           sum(lines_scanned)::bigint AS loaded_rows, sum(bytes_scanned)::bigint AS loaded_bytes, count(*)::integer AS source_file_count,
           sum(errors)::bigint AS error_count
    FROM pg_redshift.load_commit GROUP BY query
    UNION ALL
    SELECT min(userid), query, min(xid), min(session), 'failed', min(tbl)::oid, min(starttime), max(starttime), min(filename), NULL, 0, 0,
           count(DISTINCT filename)::integer, count(*)
    FROM pg_redshift.load_error WHERE database = current_database() AND query NOT IN (SELECT query FROM pg_redshift.load_commit) GROUP BY query
) AS loads;
