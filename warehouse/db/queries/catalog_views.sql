-- The text of every view of some schemas, as the warehouse tells it.
SELECT c.oid AS relation_id, pg_get_viewdef(c.oid) AS definition
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
    AND n.nspname IN :schemas
