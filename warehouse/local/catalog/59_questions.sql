-- Whether a query would run: what the translator asks before it takes an alias for what it stands for (translate/aliases.py).
CREATE FUNCTION pg_redshift.runs(query text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    EXECUTE query || ' LIMIT 0';
    RETURN true;
EXCEPTION WHEN undefined_column OR undefined_table OR ambiguous_column THEN
    RETURN SQLSTATE = '42702';
END $$;
-- The columns of a table that are of a type of ours: position, type, name (translate/literals.py).
CREATE FUNCTION pg_redshift.own_columns(name text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(place || ' ' || type || ' ' || attname, E'\n')
    FROM (SELECT a.attname, t.typname AS type, row_number() OVER (ORDER BY a.attnum) AS place, a.atttypid
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
          WHERE a.attrelid = to_regclass(name) AND a.attnum > 0 AND NOT a.attisdropped) AS c
    WHERE atttypid IN ('super'::regtype, 'varbyte'::regtype, 'timetz'::regtype)
$$;
-- Whether a user has made a function of that name (translate/calls.py): "t" or nothing.
CREATE FUNCTION pg_redshift.user_function(name text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 't' FROM pg_redshift.user_routine r JOIN pg_catalog.pg_proc p ON p.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN parse_ident(name) AS parts
    WHERE r.kind = 'f' AND p.proname = parts[cardinality(parts)]
      AND CASE WHEN cardinality(parts) > 1 THEN n.nspname = parts[1] ELSE n.nspname = ANY(current_schemas(false)) END LIMIT 1
$$;
-- The names and types of a query's columns, as JSON. A view that is taken back at once tells them without running the query.
CREATE FUNCTION pg_redshift.columns_of(query text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found text;
BEGIN
    EXECUTE 'CREATE TEMPORARY VIEW redshift_probe AS ' || query;
    SELECT json_agg(json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)::text INTO found
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'pg_temp.redshift_probe'::regclass AND a.attnum > 0;
    RAISE EXCEPTION USING ERRCODE = 'RS000', MESSAGE = found;
EXCEPTION WHEN SQLSTATE 'RS000' THEN
    RETURN SQLERRM;
END $$;
-- The columns of a table or view that are numbers, with their types, as JSON (translate/decimals.py).
CREATE FUNCTION pg_redshift.number_columns(name text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_agg(json_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)))::text FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = to_regclass(name) AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'float4'::regtype, 'float8'::regtype)
$$;
