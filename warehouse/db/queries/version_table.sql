-- The schemas on the search path that hold a table of this name: asked before reading it, because a failed SELECT aborts the transaction.
SELECT n.nspname AS schema_name
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
    AND c.relname = :table_name
    AND pg_catalog.pg_table_is_visible(c.oid)
