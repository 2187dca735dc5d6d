-- Which columns of which relations bound views read; column 0 is the relation as a whole.
SELECT DISTINCT
    v.oid AS view_id,
    n.nspname AS view_schema,
    v.relname AS view_name,
    d.refobjid AS relation_id,
    d.refobjsubid AS position
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
JOIN pg_catalog.pg_class v ON v.oid = w.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = d.refobjid
JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace
WHERE d.deptype = 'n'
    AND v.oid <> r.oid
    AND m.nspname IN :schemas
ORDER BY v.oid, d.refobjid, d.refobjsubid
