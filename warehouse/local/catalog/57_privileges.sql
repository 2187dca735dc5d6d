-- The relation that a text names, a system view of Redshift among them: they live in our schema.
CREATE FUNCTION pg_redshift.relation_named(name text) RETURNS oid LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        to_regclass(name),
        (SELECT to_regclass('pg_redshift.' || quote_ident(parts[cardinality(parts)])) FROM parse_ident(name) AS parts
         WHERE cardinality(parts) = 1 OR parts[cardinality(parts) - 1] = 'pg_catalog'),
        name::regclass)::oid
$$;
CREATE FUNCTION pg_redshift.has_table_privilege("table" text, privilege text) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT pg_catalog.has_table_privilege(pg_redshift.relation_named("table"), privilege) $$;
CREATE FUNCTION pg_redshift.has_table_privilege("table" oid, privilege text) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT pg_catalog.has_table_privilege("table", privilege) $$;
CREATE FUNCTION pg_redshift.has_table_privilege("user" name, "table" text, privilege text) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT pg_catalog.has_table_privilege("user", pg_redshift.relation_named("table"), privilege) $$;
CREATE FUNCTION pg_redshift.has_table_privilege("user" name, "table" oid, privilege text) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT pg_catalog.has_table_privilege("user", "table", privilege) $$;
