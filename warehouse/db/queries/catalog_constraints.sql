-- Every key of every table of some schemas, and the foreign keys from elsewhere to them; columns as their numbers.
SELECT
    k.conname AS constraint_name,
    k.contype AS kind,
    k.conrelid AS relation_id,
    n.nspname AS schema_name,
    c.relname AS relation_name,
    array_to_string(k.conkey, ',') AS columns,
    k.confrelid AS ref_relation_id,
    m.nspname AS ref_schema_name,
    r.relname AS ref_relation_name,
    array_to_string(k.confkey, ',') AS ref_columns
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace
WHERE k.contype IN ('p', 'u', 'f')
    AND (n.nspname IN :schemas OR m.nspname IN :schemas)
ORDER BY k.conrelid, k.conname
