-- Who is connected, and who holds or waits for which lock.

CREATE VIEW pg_redshift.stv_sessions AS
SELECT backend_start AT TIME ZONE 'UTC' AS starttime, pid AS process, usename::character(50) AS user_name, datname::character(50) AS db_name, 0 AS timeout_sec
FROM pg_catalog.pg_stat_activity
WHERE backend_type = 'client backend' AND usename <> 'rdsdb' AND (usename = current_user OR pg_redshift.is_superuser());

-- Locks on this server's own tables, and on catalogs that every statement reads, are not shown.
CREATE VIEW pg_redshift.lock AS
SELECT l.*, a.usename, a.datname, a.backend_xid, a.xact_start,
       coalesce(a.backend_xid::text, split_part(l.virtualtransaction, '/', 2))::bigint AS xid
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE a.usename <> 'rdsdb'
  AND (l.locktype IN ('virtualxid', 'transactionid')
       OR (l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
           AND l.relation IN (SELECT relid FROM pg_redshift.user_table)));

CREATE VIEW pg_redshift.svv_transactions AS
SELECT usename::text AS txn_owner, datname::text AS txn_db, xid, pid, xact_start AT TIME ZONE 'UTC' AS txn_start, mode AS lock_mode,
       CASE locktype WHEN 'relation' THEN 'relation' ELSE 'transactionid' END AS lockable_object_type, relation::integer AS relation, granted
FROM pg_redshift.lock WHERE locktype <> 'transactionid' AND (usename = current_user OR pg_redshift.is_superuser());

CREATE VIEW pg_redshift.stv_locks AS
SELECT relation::bigint AS table_id, NULL::timestamp AS last_commit, xact_start AT TIME ZONE 'UTC' AS last_update, xid AS lock_owner, pid::bigint AS lock_owner_pid,
       xact_start AT TIME ZONE 'UTC' AS lock_owner_start_ts, NULL::timestamp AS lock_owner_end_ts,
       CASE WHEN granted THEN 'Holding write lock' ELSE 'Waiting for write lock' END::character(22) AS lock_status
FROM pg_redshift.lock WHERE locktype = 'relation' AND mode <> 'AccessShareLock' AND pg_redshift.is_superuser();
