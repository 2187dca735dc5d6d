-- Who holds a lock on one table, the oldest transaction first. Visible to all users on older clusters; on newer ones regular users see their own.
SELECT DISTINCT
    t.pid,
    TRIM(t.txn_owner) AS user_name,
    t.txn_start AS since
FROM svv_transactions t
WHERE t.lockable_object_type = 'relation'
    AND t.relation = :table_id
    AND t.granted
    AND t.pid <> pg_backend_pid()
ORDER BY t.txn_start
