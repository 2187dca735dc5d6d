-- Days since a query last scanned each table, as far as the query log reaches; apart from the catalogs of the leader.
SELECT table_id, datediff(day, max(start_time), getdate()) AS unread_days
FROM sys_query_detail
WHERE table_id > 0
GROUP BY table_id
