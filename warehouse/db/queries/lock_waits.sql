-- The tables that one session waits for, and who holds each of them.
SELECT DISTINCT
    w.relation AS table_id,
    h.pid,
    TRIM(h.txn_owner) AS user_name,
    h.txn_start AS since
FROM svv_transactions w
JOIN svv_transactions h ON h.relation = w.relation AND h.pid <> w.pid
WHERE w.pid = :session_id
    AND w.lockable_object_type = 'relation'
    AND NOT w.granted
    AND h.granted
ORDER BY h.txn_start
