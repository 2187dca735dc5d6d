-- Every table and view of some schemas: its number, owner, distribution style and comment.
SELECT
    c.oid AS relation_id,
    n.nspname AS schema_name,
    c.relname AS relation_name,
    c.relkind AS kind,
    c.reldiststyle AS dist_code,
    pg_get_userbyid(c.relowner) AS owner_name,
    d.description AS comment_text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description d
    ON d.objoid = c.oid
    AND d.objsubid = 0
    AND d.classoid = (
        SELECT k.oid
        FROM pg_catalog.pg_class k
        JOIN pg_catalog.pg_namespace m ON m.oid = k.relnamespace
        WHERE k.relname = 'pg_class' AND m.nspname = 'pg_catalog'
    )
WHERE c.relkind IN ('r', 'v')
    AND n.nspname IN :schemas
ORDER BY n.nspname, c.relname
