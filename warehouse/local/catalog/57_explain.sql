-- What EXPLAIN is made from (translate/explain.py): PostgreSQL's plan, by scans and hashes as a cluster reads and joins, and the design of
-- the tables in it. A parameter of the query ($1) is planned without its value.
CREATE FUNCTION pg_redshift.explained(query text) RETURNS text LANGUAGE plpgsql VOLATILE
SET enable_nestloop = off SET enable_mergejoin = off SET enable_material = off SET enable_memoize = off SET enable_incremental_sort = off
SET enable_presorted_aggregate = off SET enable_indexscan = off SET enable_indexonlyscan = off SET enable_bitmapscan = off
SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
DECLARE
    plan json;
    tables json;
BEGIN
    EXECUTE 'EXPLAIN (VERBOSE, GENERIC_PLAN, FORMAT JSON) ' || query INTO plan;
    SELECT json_object_agg(CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname END || '.' || c.relname, json_build_object(
               'style', d.diststyle, 'key', pg_redshift.column_name(d.relid, d.distkey), 'rows', c.reltuples,
               'sorted', CASE WHEN d.sortstyle <> 'interleaved' THEN
                   ARRAY(SELECT pg_redshift.column_name(d.relid, k.number) FROM unnest(d.sortkey) WITH ORDINALITY k(number, place) ORDER BY place)
                   END)) INTO tables
    FROM pg_redshift.table_design d JOIN pg_catalog.pg_class c ON c.oid = d.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE position(to_json(c.relname)::text IN plan::text) > 0;
    RETURN json_build_object('plan', plan->0->'Plan', 'tables', coalesce(tables, '{}'));
END $$;
