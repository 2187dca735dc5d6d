-- Statistics of every user table: SVV_TABLE_INFO leaves empty tables out, so the catalog names them.
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    c.reloid AS table_id,
    u.usename AS owner_name,
    datediff(day, c.relcreationtime, getdate()) AS age_days,
    i.tbl_rows AS row_count,
    i.size AS size_mb,
    i.skew_rows,
    i.unsorted,
    i.stats_off,
    i.encoded
FROM pg_catalog.pg_class_info c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_user u ON u.usesysid = c.relowner
LEFT JOIN svv_table_info i ON i.table_id = c.reloid
WHERE c.relkind = 'r'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_internal', 'pg_automv', 'catalog_history')
    AND n.nspname NOT LIKE 'pg_temp%'
    AND n.nspname NOT LIKE 'pg_toast%'
ORDER BY n.nspname, c.relname
