-- What UNLOAD left behind (AWS r_STL_UNLOAD_LOG, r_SVCS_UNLOAD_LOG, SYS_UNLOAD_HISTORY, SYS_UNLOAD_DETAIL).

-- Ends an UNLOAD from within its query. Volatile: it must not be worked out before a row asks for it.
CREATE FUNCTION pg_redshift.unload_failed(reason text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = reason; END $$;

CREATE VIEW pg_redshift.unload_seen AS
SELECT r.* FROM pg_redshift.unload_run r
WHERE r.database = current_database() AND (r.userid = (SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = current_user) OR pg_redshift.is_superuser());

CREATE VIEW pg_redshift.stl_unload_log AS
SELECT r.userid, r.query::integer AS query, f.slice, r.pid, f.path::character(1280) AS path, r.started AS start_time, r.ended AS end_time, f.line_count, f.transfer_size,
       r.file_format::character(10) AS file_format
FROM pg_redshift.unload_file f JOIN pg_redshift.unload_seen r USING (query);
CREATE VIEW pg_redshift.svcs_unload_log AS
SELECT userid, query, pid, path, start_time, end_time, line_count, transfer_size, file_format FROM pg_redshift.stl_unload_log;
CREATE VIEW pg_redshift.sys_unload_detail AS
SELECT r.userid AS user_id, r.query AS query_id, r.pid AS session_id, r.xid AS transaction_id, f.path::character(1280) AS file_name, r.started AS start_time,
       r.ended AS end_time, f.line_count, f.transfer_size, r.file_format::character(10) AS file_format
FROM pg_redshift.unload_file f JOIN pg_redshift.unload_seen r USING (query);
CREATE VIEW pg_redshift.sys_unload_history AS
SELECT r.userid AS user_id, r.query AS query_id, r.xid AS transaction_id, r.pid AS session_id, r.database AS database_name, r.status, r.started AS start_time,
       r.ended AS end_time, (extract(epoch FROM r.ended - r.started) * 1000000)::bigint AS duration, r.file_format, r.compression AS compression_type,
       r.location AS unloaded_location, coalesce(f.lines, 0)::bigint AS unloaded_rows, coalesce(f.files, 0)::bigint AS unloaded_files_count,
       coalesce(f.size, 0)::bigint AS unloaded_files_size, r.error AS error_message
FROM pg_redshift.unload_seen r
LEFT JOIN (SELECT query, count(*) AS files, sum(line_count) AS lines, sum(transfer_size) AS size FROM pg_redshift.unload_file GROUP BY query) f USING (query);
