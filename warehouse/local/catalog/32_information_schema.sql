-- information_schema: PostgreSQL's, without this server's own schema and its hidden length checks, and with the keys that PostgreSQL does not know.

CREATE VIEW pg_redshift.is_schemata AS SELECT * FROM information_schema.schemata WHERE schema_name <> 'pg_redshift';
CREATE VIEW pg_redshift.is_tables AS
SELECT table_catalog, table_schema, table_name, table_type, self_referencing_column_name, reference_generation, user_defined_type_catalog,
       user_defined_type_schema, user_defined_type_name
FROM information_schema.tables WHERE table_schema <> 'pg_redshift';
CREATE VIEW pg_redshift.is_views AS
SELECT table_catalog, table_schema, table_name, view_definition, check_option, is_updatable, is_insertable_into
FROM information_schema.views WHERE table_schema <> 'pg_redshift';

CREATE VIEW pg_redshift.is_columns AS
SELECT c.table_catalog, c.table_schema, c.table_name, c.column_name, c.ordinal_position,
       coalesce(c.column_default::text, i.source)::varchar AS column_default, c.is_nullable,
       CASE c.data_type WHEN 'varbyte' THEN 'binary varying' ELSE c.data_type END::varchar AS data_type,
       c.character_maximum_length, c.character_octet_length, c.numeric_precision,
       c.numeric_precision_radix, c.numeric_scale, c.datetime_precision, c.interval_type, c.interval_precision, c.character_set_catalog,
       c.character_set_schema, c.character_set_name, c.collation_catalog, c.collation_schema, c.collation_name, c.domain_catalog, c.domain_schema,
       c.domain_name, c.udt_catalog, c.udt_schema, c.udt_name, c.scope_catalog, c.scope_schema, c.scope_name, c.maximum_cardinality,
       c.dtd_identifier, c.is_self_referencing
FROM information_schema.columns c
LEFT JOIN (SELECT n.nspname, r.relname, a.attname, i.source FROM pg_redshift.identity_column i
           JOIN pg_catalog.pg_class r ON r.oid = i.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
           JOIN pg_catalog.pg_attribute a ON a.attrelid = i.attrelid AND a.attnum = i.attnum) i
     ON i.nspname = c.table_schema AND i.relname = c.table_name AND i.attname = c.column_name
WHERE c.table_schema <> 'pg_redshift'
  AND NOT EXISTS (SELECT FROM pg_redshift.late_view l WHERE l.relid = to_regclass(format('%I.%I', c.table_schema, c.table_name)));

CREATE VIEW pg_redshift.is_routines AS SELECT * FROM information_schema.routines WHERE specific_schema <> 'pg_redshift';
CREATE VIEW pg_redshift.is_parameters AS SELECT * FROM information_schema.parameters WHERE specific_schema <> 'pg_redshift';
CREATE VIEW pg_redshift.is_table_privileges AS SELECT * FROM information_schema.table_privileges WHERE table_schema <> 'pg_redshift';
CREATE VIEW pg_redshift.is_role_table_grants AS SELECT * FROM information_schema.role_table_grants WHERE table_schema <> 'pg_redshift';
CREATE VIEW pg_redshift.is_column_privileges AS SELECT * FROM information_schema.column_privileges WHERE table_schema <> 'pg_redshift';
CREATE VIEW pg_redshift.is_view_table_usage AS
SELECT * FROM information_schema.view_table_usage WHERE 'pg_redshift' NOT IN (view_schema, table_schema);
CREATE VIEW pg_redshift.is_view_column_usage AS
SELECT * FROM information_schema.view_column_usage WHERE 'pg_redshift' NOT IN (view_schema, table_schema);
CREATE VIEW pg_redshift.is_check_constraints AS SELECT * FROM information_schema.check_constraints WHERE false;
CREATE VIEW pg_redshift.is_triggers AS SELECT * FROM information_schema.triggers WHERE false;

-- A key as rows: one for each of its columns, with the referenced column beside it.
CREATE VIEW pg_redshift.key_column AS
SELECT k.oid, k.conname, k.contype, n.nspname, c.relname, a.attname, u.ordinality::integer AS position, c.relowner, k.conrelid, k.confrelid,
       fn.nspname AS ref_schema, fc.relname AS ref_table, fa.attname AS ref_column
FROM pg_redshift.key_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u(attnum, ordinality)
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
LEFT JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
LEFT JOIN pg_catalog.pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = k.confkey[u.ordinality];

-- The name of the key that a foreign key refers to.
CREATE FUNCTION pg_redshift.referenced_key(foreign_key oid) RETURNS name LANGUAGE sql STABLE AS $$
    SELECT u.conname FROM pg_redshift.key_constraint f
    JOIN pg_redshift.key_constraint u ON u.conrelid = f.confrelid AND u.contype IN ('p', 'u') AND u.conkey @> f.confkey AND u.conkey <@ f.confkey
    WHERE f.oid = foreign_key ORDER BY u.contype, u.oid LIMIT 1
$$;

CREATE VIEW pg_redshift.is_table_constraints AS
SELECT current_database()::varchar AS constraint_catalog, n.nspname::varchar AS constraint_schema, k.conname::varchar AS constraint_name,
       current_database()::varchar AS table_catalog, n.nspname::varchar AS table_schema, c.relname::varchar AS table_name,
       CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END::varchar AS constraint_type,
       'NO'::varchar AS is_deferrable, 'NO'::varchar AS initially_deferred
FROM pg_redshift.key_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;

CREATE VIEW pg_redshift.is_key_column_usage AS
SELECT current_database()::varchar AS constraint_catalog, nspname::varchar AS constraint_schema, conname::varchar AS constraint_name,
       current_database()::varchar AS table_catalog, nspname::varchar AS table_schema, relname::varchar AS table_name,
       attname::varchar AS column_name, position AS ordinal_position
FROM pg_redshift.key_column;

CREATE VIEW pg_redshift.is_constraint_column_usage AS
SELECT current_database()::varchar AS table_catalog, coalesce(ref_schema, nspname)::varchar AS table_schema, coalesce(ref_table, relname)::varchar AS table_name,
       coalesce(ref_column, attname)::varchar AS column_name, current_database()::varchar AS constraint_catalog,
       nspname::varchar AS constraint_schema, conname::varchar AS constraint_name
FROM pg_redshift.key_column;
CREATE VIEW pg_redshift.is_constraint_table_usage AS
SELECT DISTINCT table_catalog, table_schema, table_name, constraint_catalog, constraint_schema, constraint_name FROM pg_redshift.is_constraint_column_usage;

CREATE VIEW pg_redshift.is_referential_constraints AS
SELECT current_database()::varchar AS constraint_catalog, n.nspname::varchar AS constraint_schema, k.conname::varchar AS constraint_name,
       current_database()::varchar AS unique_constraint_catalog, fn.nspname::varchar AS unique_constraint_schema,
       pg_redshift.referenced_key(k.oid)::varchar AS unique_constraint_name, 'NONE'::varchar AS match_option,
       'NO ACTION'::varchar AS update_rule, 'NO ACTION'::varchar AS delete_rule
FROM pg_redshift.key_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
WHERE k.contype = 'f';
