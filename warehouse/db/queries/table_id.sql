-- The number by which the system views call a table.
SELECT c.oid AS table_id
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
    AND c.relname = :table_name
    AND n.nspname = :schema_name
