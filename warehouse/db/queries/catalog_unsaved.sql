-- The numbers of the tables that snapshots leave out (BACKUP NO): PG_CONF keeps them as part of a key.
SELECT SPLIT_PART(key, '_', 5) AS relation_id
FROM pg_conf
WHERE key LIKE 'pg\\_class\\_backup\\_%'
    AND SPLIT_PART(key, '_', 4) = (SELECT oid::varchar FROM pg_database WHERE datname = current_database())
