-- The query log. The session hands it over as JSON when a statement reads it (wire/history.py); texts come in pieces of 200 characters, with
-- \n for the end of a line, as AWS r_STL_QUERYTEXT says. Queries of the leader alone are not in STL_QUERY.

CREATE VIEW pg_redshift.query_log AS
SELECT x.id AS query, r.oid::integer AS userid, x.username, x.database, x.pid, x.xid, x.leader, x.aborted, x.rows, x.error, x.label, x.caller, x.conflict, x.messages, x.reads,
       to_timestamp(x.started) AT TIME ZONE 'UTC' AS starttime, to_timestamp(x.ended) AT TIME ZONE 'UTC' AS endtime,
       replace(replace(x.text, E'\r', ''), E'\n', '\n') AS text,
       upper(substring(x.text FROM '^(?:\s+|--[^\n]*\n|/\*.*?\*/|\()*(\w+)')) AS verb,
       CASE WHEN upper(substring(x.text FROM '^(?:\s+|--[^\n]*\n|/\*.*?\*/|\()*(\w+)')) IN ('SELECT', 'WITH', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'UNLOAD')
                 THEN 'QUERY'
            WHEN upper(substring(x.text FROM '^(?:\s+|--[^\n]*\n|/\*.*?\*/|\()*(\w+)')) IN ('CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'GRANT', 'REVOKE', 'COMMENT', 'REFRESH')
                 THEN 'DDL' ELSE 'UTILITY' END AS kind
FROM json_to_recordset(coalesce(nullif(current_setting('redshift.history', true), ''), '[]')::json)
     AS x(id bigint, text text, label text, username name, database name, pid integer, xid bigint, leader boolean, started double precision,
          ended double precision, aborted boolean, rows bigint, error text, caller bigint, conflict bigint, messages json, reads json)
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = x.username
WHERE x.username = current_user OR pg_redshift.is_superuser();

CREATE VIEW pg_redshift.log_text AS
SELECT l.*, s AS sequence, substring(l.text, 200 * s + 1, 200)::character(200) AS piece
FROM pg_redshift.query_log l CROSS JOIN LATERAL generate_series(0, greatest(length(l.text) - 1, 0) / 200) AS s WHERE l.endtime IS NOT NULL;

CREATE VIEW pg_redshift.stl_query AS
SELECT userid, query, label::character(320) AS label, xid, pid, database::character(32) AS database, text::character(4000) AS querytxt, starttime, endtime,
       aborted::integer AS aborted, 0 AS insert_pristine, 0 AS concurrency_scaling_status
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NOT NULL;
CREATE VIEW pg_redshift.stl_querytext AS
SELECT userid, xid, pid, query, sequence, piece AS text FROM pg_redshift.log_text WHERE kind = 'QUERY' AND NOT leader;
CREATE VIEW pg_redshift.stl_ddltext AS
SELECT userid, xid, pid, label::character(320) AS label, starttime, endtime, sequence, piece AS text FROM pg_redshift.log_text WHERE kind = 'DDL';
CREATE VIEW pg_redshift.stl_utilitytext AS
SELECT userid, xid, pid, label::character(320) AS label, starttime, endtime, sequence, piece AS text FROM pg_redshift.log_text WHERE kind = 'UTILITY';
CREATE VIEW pg_redshift.svl_statementtext AS
SELECT userid, xid, pid, label::character(320) AS label, starttime, endtime, sequence, kind::varchar(10) AS type, piece AS text
FROM pg_redshift.log_text WHERE NOT (kind = 'QUERY' AND leader);
CREATE VIEW pg_redshift.svl_qlog AS
SELECT userid, query, xid, pid, starttime, endtime, (extract(epoch FROM endtime - starttime) * 1000000)::bigint AS elapsed, aborted::integer AS aborted,
       left(label, 30)::character(320) AS label, left(text, 60)::character(60) AS "substring", NULL::bigint AS source_query,
       'Ran on the main cluster'::text AS concurrency_scaling_status_txt, caller AS from_sp_call
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NOT NULL;

CREATE VIEW pg_redshift.stv_recents AS
SELECT userid, CASE WHEN endtime IS NULL THEN 'Running' ELSE 'Done' END::character(20) AS status, starttime,
       (extract(epoch FROM coalesce(endtime, clock_timestamp() AT TIME ZONE 'UTC') - starttime) * 1000000)::bigint AS duration,
       username::character(50) AS user_name, database::character(50) AS db_name, text::character(600) AS query, pid
FROM pg_redshift.query_log;
CREATE VIEW pg_redshift.stv_inflight AS
SELECT userid, 0 AS slice, query, left(label, 15)::character(320) AS label, xid, pid, starttime, text::character(100) AS text, 0 AS suspended,
       0 AS insert_pristine, 0 AS concurrency_scaling_status
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NULL;

CREATE VIEW pg_redshift.sys_query_history AS
SELECT userid AS user_id, query AS query_id, label::character(320) AS query_label, xid AS transaction_id, pid AS session_id, database::character(128) AS database_name,
       CASE kind WHEN 'QUERY' THEN CASE verb WHEN 'WITH' THEN 'SELECT' ELSE verb END ELSE kind END::character(32) AS query_type,
       CASE WHEN endtime IS NULL THEN 'running' WHEN aborted THEN 'failed' ELSE 'success' END::character(10) AS status, false AS result_cache_hit,
       starttime AS start_time, endtime AS end_time,
       (extract(epoch FROM coalesce(endtime, clock_timestamp() AT TIME ZONE 'UTC') - starttime) * 1000000)::bigint AS elapsed_time, 0::bigint AS queue_time,
       (extract(epoch FROM coalesce(endtime, clock_timestamp() AT TIME ZONE 'UTC') - starttime) * 1000000)::bigint AS execution_time,
       error::character(512) AS error_message, CASE WHEN verb IN ('SELECT', 'WITH') THEN rows ELSE 0 END AS returned_rows, 0::bigint AS returned_bytes,
       text::character(4000) AS query_text, '1.0.100000'::character(256) AS redshift_version, NULL::character(150) AS usage_limit,
       'primary'::varchar(32) AS compute_type, 0::bigint AS compile_time, 0::bigint AS planning_time, 0::bigint AS lock_wait_time
FROM pg_redshift.query_log;
CREATE VIEW pg_redshift.sys_query_text AS
SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, starttime AS start_time, sequence, piece AS text FROM pg_redshift.log_text;

-- Tables that a view reads, however many views are between; a late-binding view names its own.
CREATE FUNCTION pg_redshift.tables_behind(rel oid) RETURNS SETOF oid LANGUAGE sql STABLE SECURITY DEFINER AS $$
    WITH RECURSIVE found(relid) AS (
        SELECT rel
        UNION
        SELECT n.relid FROM found f CROSS JOIN LATERAL (
            SELECT d.refobjid FROM pg_catalog.pg_rewrite w
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
            JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind = 'v'
            WHERE w.ev_class = f.relid
            UNION ALL
            SELECT to_regclass(r.one) FROM pg_redshift.late_view l CROSS JOIN LATERAL unnest(l.reads) AS r(one) WHERE l.relid = f.relid
        ) AS n(relid)
        WHERE n.relid IS NOT NULL
    )
    SELECT c.oid FROM found f JOIN pg_catalog.pg_class c ON c.oid = f.relid WHERE c.relkind IN ('r', 'm')
$$;

-- Of a query's steps, the scans: one for each table that it reads. An unqualified name is looked up as the reader of this view would.
CREATE VIEW pg_redshift.sys_query_detail AS
SELECT l.userid AS user_id, l.query AS query_id, 1 AS child_query_sequence, 0 AS stream_id, s.segment AS segment_id, 0 AS step_id, 'scan'::character(20) AS step_name,
       c.oid::integer AS table_id, c.relname::character(136) AS table_name, 'f'::character(1) AS is_rrscan, l.starttime AS start_time, l.endtime AS end_time,
       (extract(epoch FROM coalesce(l.endtime, clock_timestamp() AT TIME ZONE 'UTC') - l.starttime) * 1000000)::bigint AS duration, NULL::text AS alert,
       NULL::bigint AS input_bytes, NULL::bigint AS input_rows, NULL::bigint AS output_bytes, NULL::bigint AS output_rows, NULL::bigint AS blocks_read,
       NULL::bigint AS blocks_write, NULL::bigint AS local_read_io, NULL::bigint AS remote_read_io, NULL::varchar(128) AS source, NULL::integer AS data_skewness,
       NULL::integer AS time_skewness, CASE WHEN l.endtime IS NULL THEN 't' ELSE 'f' END::character(1) AS is_active, NULL::bigint AS spilled_block_local_disk,
       NULL::bigint AS spilled_block_remote_disk, NULL::character(64) AS step_attribute
FROM pg_redshift.query_log l
CROSS JOIN LATERAL (
    SELECT b.relid, (row_number() OVER () - 1)::integer AS segment
    FROM (SELECT DISTINCT t.relid FROM json_array_elements_text(l.reads) AS r(name) CROSS JOIN LATERAL pg_redshift.tables_behind(to_regclass(r.name)) AS t(relid)) AS b
) AS s
JOIN pg_catalog.pg_class c ON c.oid = s.relid
WHERE l.database = current_database();

-- Calls of stored procedures, and what RAISE said in them.
CREATE VIEW pg_redshift.svl_stored_proc_call AS
SELECT userid, userid AS session_userid, query, label::character(320) AS label, xid, pid, database::character(32) AS database, text::character(4000) AS querytxt,
       starttime, endtime, aborted::integer AS aborted, caller AS from_sp_call
FROM pg_redshift.query_log WHERE verb = 'CALL' AND endtime IS NOT NULL;
CREATE VIEW pg_redshift.svl_stored_proc_messages AS
SELECT l.userid, l.userid AS session_userid, l.pid, l.xid, l.query, to_timestamp((s.value->>1)::double precision) AT TIME ZONE 'UTC' AS recordtime,
       CASE s.value->>0 WHEN 'LOG' THEN 20 WHEN 'INFO' THEN 30 WHEN 'NOTICE' THEN 40 WHEN 'WARNING' THEN 50 WHEN 'EXCEPTION' THEN 60 ELSE 10 END AS loglevel,
       (s.value->>0)::character(15) AS loglevel_text, (s.value->>2)::character(1024) AS message, NULL::integer AS linenum, l.text::character(500) AS querytxt,
       l.label::character(320) AS label, l.aborted::integer AS aborted, l.xid AS message_xid
FROM pg_redshift.query_log l CROSS JOIN LATERAL json_array_elements(l.messages) WITH ORDINALITY AS s(value, place) WHERE l.endtime IS NOT NULL;

-- Transactions that a serializable database refused (error 1023).
CREATE VIEW pg_redshift.stl_tr_conflict AS
SELECT userid, xid AS xact_id, pid AS process_id, starttime AS xact_start_ts, endtime AS abort_time, conflict AS table_id
FROM pg_redshift.query_log WHERE conflict IS NOT NULL;
