-- Workload management, connections, cursors and disks. There is one queue, as on a cluster with automatic WLM (service class 100): no
-- query waits in it. What a query cost is told as far as the log knows it.

CREATE FUNCTION pg_redshift.microseconds(since timestamp, until timestamp) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT (extract(epoch FROM coalesce(until, clock_timestamp() AT TIME ZONE 'UTC') - since) * 1000000)::bigint
$$;

CREATE VIEW pg_redshift.stl_wlm_query AS
SELECT userid, xid, query::integer AS task, query::integer AS query, 100 AS service_class, 1 AS slot_count, starttime AS service_class_start_time,
       starttime AS queue_start_time, starttime AS queue_end_time, 0::bigint AS total_queue_time, starttime AS exec_start_time, endtime AS exec_end_time,
       pg_redshift.microseconds(starttime, endtime) AS total_exec_time, endtime AS service_class_end_time, 'Completed'::character(16) AS final_state,
       0::bigint AS est_peak_mem, 'Normal'::character(20) AS query_priority, 'Default queue'::character(64) AS service_class_name
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NOT NULL;
CREATE VIEW pg_redshift.svl_query_queue_info AS
SELECT database, query::integer AS query, xid, userid, text::character(4000) AS querytxt, starttime AS queue_start_time, starttime AS exec_start_time, 100 AS service_class,
       1 AS slots, 0::bigint AS queue_elapsed, pg_redshift.microseconds(starttime, endtime) / 1000000 AS exec_elapsed,
       pg_redshift.microseconds(starttime, endtime) / 1000000 AS wlm_total_elapsed, 0::bigint AS commit_queue_elapsed, 0::bigint AS commit_exec_time,
       'Default queue'::character(64) AS service_class_name
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NOT NULL;
CREATE VIEW pg_redshift.svl_query_metrics_summary AS
SELECT userid, query::integer AS query, 100 AS service_class, NULL::bigint AS query_cpu_time, NULL::bigint AS query_blocks_read,
       pg_redshift.microseconds(starttime, endtime) / 1000000 AS query_execution_time, NULL::numeric(38,2) AS query_cpu_usage_percent,
       NULL::bigint AS query_temp_blocks_to_disk, NULL::bigint AS segment_execution_time, NULL::numeric(38,2) AS cpu_skew, NULL::numeric(38,2) AS io_skew,
       NULL::bigint AS scan_row_count, NULL::bigint AS join_row_count, NULL::bigint AS nested_loop_join_row_count,
       CASE WHEN verb IN ('SELECT', 'WITH') THEN rows END AS return_row_count, NULL::bigint AS spectrum_scan_row_count, NULL::bigint AS spectrum_scan_size_mb,
       0::bigint AS query_queue_time, 'Default queue'::character(64) AS service_class_name
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NOT NULL;
CREATE VIEW pg_redshift.stv_wlm_query_state AS
SELECT xid, query::integer AS task, query::integer AS query, 100 AS service_class, 1 AS slot_count, starttime AS wlm_start_time, 'Running'::character(16) AS state,
       0::bigint AS queue_time, pg_redshift.microseconds(starttime, NULL) AS exec_time, 'Normal'::character(20) AS query_priority,
       'Default queue'::character(64) AS service_class_name
FROM pg_redshift.query_log WHERE kind = 'QUERY' AND NOT leader AND endtime IS NULL;
CREATE VIEW pg_redshift.svv_query_inflight AS
SELECT userid, 0 AS slice, query::integer AS query, pid, starttime, 0 AS suspended, substring(text, 200 * s + 1, 200)::character(200) AS text, s AS sequence
FROM pg_redshift.query_log CROSS JOIN LATERAL generate_series(0, greatest(length(text) - 1, 0) / 200) AS s
WHERE kind = 'QUERY' AND NOT leader AND endtime IS NULL;

CREATE VIEW pg_redshift.stv_wlm_service_class_config AS
SELECT c AS service_class, 'Fixed Priority'::character(32) AS queueing_strategy, tasks AS num_query_tasks, tasks AS target_num_query_tasks, 'false'::character(8) AS evictable,
       0::bigint AS eviction_threshold, memory AS query_working_mem, memory AS target_query_working_mem, 5 AS min_step_mem, name::character(64) AS name,
       0::bigint AS max_execution_time, false AS user_group_wild_card, false AS query_group_wild_card, 'off'::character(20) AS concurrency_scaling,
       CASE c WHEN 100 THEN 'Normal' ELSE 'N/A' END::character(20) AS query_priority, false AS user_role_wild_card
FROM (VALUES (1, 4, 404, 'Service class for system user (Health Check)'), (2, 2, 404, 'Service class for system user (Metrics Collection)'),
             (3, 2, 404, 'Service class for system user (CMStats)'), (4, 2, 404, 'Service class for system user (Operations)'),
             (5, 1, 404, 'Service class for super user'), (14, -1, -1, 'Short query queue'), (15, -1, -1, 'Service class for automatic maintenance'),
             (100, -1, -1, 'Default queue')) AS config(c, tasks, memory, name);
CREATE VIEW pg_redshift.stv_wlm_service_class_state AS
SELECT service_class, 0 AS num_queued_queries, CASE service_class WHEN 100 THEN (SELECT count(*) FROM pg_redshift.stv_wlm_query_state) ELSE 0 END::integer AS num_executing_queries,
       0 AS num_serviced_queries, CASE service_class WHEN 100 THEN (SELECT count(*) FROM pg_redshift.stl_wlm_query) ELSE 0 END::integer AS num_executed_queries,
       query_priority, 0 AS num_concurrency_scaling_queries
FROM pg_redshift.stv_wlm_service_class_config;
CREATE VIEW pg_redshift.stv_wlm_classification_config AS
SELECT id, condition::character(128) AS condition, 0 AS action_seq, 'assign'::character(64) AS action, action_service_class
FROM (VALUES (1, '(system user) and (query group: health)', 1), (2, '(system user) and (query group: metrics)', 2), (3, '(system user) and (query group: cmstats)', 3),
             (4, '(system user)', 4), (5, '(super user) and (query group: superuser)', 5), (6, '(querytype: any)', 100)) AS config(id, condition, action_service_class);

-- Connections, as the server's memory has them: those of all users for a superuser, none for others.
CREATE VIEW pg_redshift.connection_log AS
SELECT x.event, to_timestamp(x.at) AT TIME ZONE 'UTC' AS recordtime, x.host, x.port, x.pid, x.database, x.username, x.duration, x.encryption, x.cipher, x.application,
       x.driver, x.os, x.plugin, x.protocol
FROM json_to_recordset(coalesce(nullif(current_setting('redshift.connections', true), ''), '[]')::json)
     AS x(event text, at double precision, host text, port text, pid integer, database text, username text, duration bigint, encryption text, cipher text,
          application text, driver text, os text, plugin text, protocol text);
CREATE VIEW pg_redshift.stl_connection_log AS
SELECT event::character(50) AS event, recordtime, host::character(45) AS remotehost, port::character(32) AS remoteport, pid, database::character(50) AS dbname,
       username::character(50) AS username, 'password'::character(32) AS authmethod, coalesce(duration, 0)::integer AS duration, encryption::character(50) AS sslversion,
       cipher::character(128) AS sslcipher, 0 AS mtu, ''::character(64) AS sslcompression, ''::character(64) AS sslexpansion, ''::character(36) AS iamauthguid,
       application::character(250) AS application_name, driver::character(64) AS driver_version, os::character(64) AS os_version, plugin::character(32) AS plugin_name,
       protocol::integer AS protocol_version, NULL::character(36) AS sessionid, 'No'::character(8) AS compression
FROM pg_redshift.connection_log;
CREATE VIEW pg_redshift.sys_connection_log AS
SELECT event, recordtime AS record_time, remotehost AS remote_host, remoteport AS remote_port, pid AS session_id, dbname AS database_name, username AS user_name,
       authmethod AS auth_method, duration, sslversion AS ssl_version, sslcipher AS ssl_cipher, mtu, sslcompression AS ssl_compression, sslexpansion AS ssl_expansion,
       iamauthguid AS iam_auth_guid, application_name, driver_version, os_version, plugin_name, protocol_version, sessionid AS global_session_id, compression
FROM pg_redshift.stl_connection_log;
CREATE VIEW pg_redshift.stl_sessions AS
SELECT u.oid::integer AS userid, b.recordtime AS starttime, e.recordtime AS endtime, b.pid AS process, b.username::character(50) AS user_name,
       b.database::character(50) AS db_name, 0 AS timeout_sec, 0 AS timed_out
FROM pg_redshift.connection_log b JOIN pg_redshift.connection_log e ON e.pid = b.pid AND e.event = 'disconnecting session' AND e.recordtime >= b.recordtime
LEFT JOIN pg_catalog.pg_roles u ON u.rolname = b.username
WHERE b.event = 'initiating session';

CREATE VIEW pg_redshift.stv_active_cursors AS
SELECT (SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = current_user) AS userid, name::character(256) AS name, NULL::bigint AS xid, pg_catalog.pg_backend_pid() AS pid,
       creation_time AT TIME ZONE 'UTC' AS starttime, NULL::bigint AS row_count, NULL::bigint AS byte_count, NULL::bigint AS fetched_rows
FROM pg_catalog.pg_cursors WHERE name <> '' AND statement ILIKE '%DECLARE%CURSOR%';
CREATE VIEW pg_redshift.stv_cursor_configuration AS SELECT 1 AS current_cursor_count, 400000 AS max_diskspace_usable, 0 AS current_diskspace_used;

-- One node with one disk, large enough; used are the blocks that the tables of this database come to.
CREATE VIEW pg_redshift.stv_node_storage_capacity AS
SELECT 0 AS node, coalesce(sum(blocks), 0)::integer AS used, 1048576 AS capacity FROM pg_redshift.column_blocks;
CREATE VIEW pg_redshift.stv_partitions AS
SELECT 0 AS owner, 0 AS host, 0 AS diskno, 0::bigint AS part_begin, capacity::bigint AS part_end, used, 0 AS tossed, capacity, 0::bigint AS reads, 0::bigint AS writes,
       0 AS seek_forward, 0 AS seek_back, 0 AS is_san, 0 AS failed, 0 AS mbps, '/dev/nvme1n1'::character(256) AS mount
FROM pg_redshift.stv_node_storage_capacity;

-- Materialized views. Whether one is stale is not known here; each is recomputed when it is refreshed.
CREATE VIEW pg_redshift.stv_mv_info AS
SELECT current_database()::character(128) AS db_name, n.nspname::character(128) AS schema, c.relname::character(128) AS name, NULL::bigint AS updated_upto_xid,
       NULL::character(1) AS is_stale, pg_catalog.pg_get_userbyid(c.relowner)::character(128) AS owner_user_name, 0 AS state, m.auto_refresh::integer::character(1) AS autorefresh,
       '0'::character(1) AS autorewrite
FROM pg_redshift.materialized_view m JOIN pg_catalog.pg_class c ON c.oid = m.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;
CREATE VIEW pg_redshift.svv_mv_info AS
SELECT db_name AS database_name, schema AS schema_name, owner_user_name AS user_name, name, is_stale, state, autorefresh, autorewrite FROM pg_redshift.stv_mv_info;
CREATE VIEW pg_redshift.stv_mv_deps AS
SELECT DISTINCT current_database()::character(128) AS db_name, n.nspname::character(128) AS schema, c.relname::character(128) AS name, rn.nspname::character(128) AS ref_schema,
       rc.relname::character(128) AS ref_name, current_database()::character(128) AS ref_database_name
FROM pg_redshift.materialized_view m JOIN pg_catalog.pg_class c ON c.oid = m.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_rewrite r ON r.ev_class = m.relid
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
JOIN pg_redshift.materialized_view o ON o.relid = d.refobjid AND o.relid <> m.relid JOIN pg_catalog.pg_class rc ON rc.oid = o.relid
JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace;
CREATE VIEW pg_redshift.svv_mv_dependency AS
SELECT db_name AS database_name, schema AS schema_name, name, ref_database_name AS dependent_database_name, ref_schema AS dependent_schema_name, ref_name AS dependent_name
FROM pg_redshift.stv_mv_deps;

-- Views of users that read the logs, if only through one another: the session hands those over only when they are read.
CREATE FUNCTION pg_redshift.log_readers() RETURNS SETOF name LANGUAGE sql STABLE AS $$
    WITH RECURSIVE reader(oid) AS (
        SELECT v::regclass::oid FROM (VALUES ('pg_redshift.query_log'), ('pg_redshift.connection_log')) AS log(v)
        UNION
        SELECT w.ev_class FROM reader JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = reader.oid
        JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
    )
    SELECT c.relname FROM reader JOIN pg_catalog.pg_class c USING (oid) WHERE c.relnamespace <> 'pg_redshift'::regnamespace
    UNION
    SELECT c.relname FROM pg_redshift.late_view l JOIN pg_catalog.pg_class c ON c.oid = l.relid
    WHERE l.query ~ 'pg_redshift"?\."?(st[lv]_|sv[lv]_|sys_)'
$$;
