-- PostgreSQL's catalogs with Redshift's extra columns. The translator sends references to the real ones here.

CREATE VIEW pg_redshift.pg_class AS
SELECT c.*, coalesce(d.diststyle, 0)::smallint AS reldiststyle
FROM pg_catalog.pg_class c LEFT JOIN pg_redshift.table_design d ON d.relid = c.oid
WHERE c.relnamespace <> 'pg_redshift'::regnamespace AND NOT (c.relkind = 'S' OR c.relkind = 'i');

-- 10, 11, 12: AUTO that has become ALL, EVEN, KEY. A small table starts as ALL.
CREATE VIEW pg_redshift.pg_class_info AS
SELECT c.oid AS reloid, c.*, CASE c.reldiststyle WHEN 9 THEN 10 ELSE c.reldiststyle END::smallint AS releffectivediststyle,
       d.created AS relcreationtime
FROM pg_redshift.pg_class c LEFT JOIN pg_redshift.table_design d ON d.relid = c.oid;

CREATE VIEW pg_redshift.pg_attribute AS
SELECT a.*, coalesce(a.attnum = d.distkey, false) AS attisdistkey,
       CASE WHEN d.sortstyle = 'interleaved' AND position % 2 = 1 THEN -position ELSE coalesce(position, 0) END::integer AS attsortkeyord,
       coalesce(e.encoding, 0)::smallint AS attencodingtype
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_redshift.table_design d ON d.relid = a.attrelid
LEFT JOIN pg_redshift.column_design e ON e.relid = a.attrelid AND e.attnum = a.attnum
LEFT JOIN LATERAL array_position(d.sortkey, a.attnum) AS position ON true;

CREATE VIEW pg_redshift.identity_column AS
SELECT a.attrelid, a.attnum, a.attidentity, s.seqstart AS seed, s.seqincrement AS step,
       format('"%s"(%s, %s, ''%s,%s''::text)', CASE a.attidentity WHEN 'd' THEN 'default_identity' ELSE 'identity' END,
              a.attrelid, a.attnum - 1, s.seqstart, s.seqincrement) AS source
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
     AND d.deptype = 'i' AND d.classid = 'pg_catalog.pg_class'::regclass
JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
WHERE a.attidentity <> '' AND NOT a.attisdropped;

CREATE VIEW pg_redshift.pg_attrdef AS
SELECT oid, adrelid, adnum, pg_catalog.pg_get_expr(adbin, adrelid) AS adbin, pg_catalog.pg_get_expr(adbin, adrelid) AS adsrc FROM pg_catalog.pg_attrdef
UNION ALL
SELECT NULL::oid, attrelid, attnum, source, source FROM pg_redshift.identity_column;

CREATE FUNCTION pg_redshift.pg_get_expr(source text, rel oid, pretty boolean DEFAULT false) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT source $$;

CREATE VIEW pg_redshift.pg_constraint AS
SELECT oid, conname, connamespace, contype, false AS condeferrable, false AS condeferred, conrelid, 0::oid AS contypid, confrelid,
       CASE contype WHEN 'f' THEN 'a' ELSE ' ' END::"char" AS confupdtype, CASE contype WHEN 'f' THEN 'a' ELSE ' ' END::"char" AS confdeltype,
       CASE contype WHEN 'f' THEN 'u' ELSE ' ' END::"char" AS confmatchtype, conkey, confkey, NULL::text AS conbin, NULL::text AS consrc
FROM pg_redshift.key_constraint;

CREATE FUNCTION pg_redshift.column_list(rel oid, numbers smallint[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY n.ordinality)
    FROM unnest(numbers) WITH ORDINALITY AS n(attnum, ordinality) JOIN pg_catalog.pg_attribute a ON a.attrelid = rel AND a.attnum = n.attnum
$$;

CREATE FUNCTION pg_redshift.pg_get_constraintdef(constraint_oid oid, pretty boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE contype WHEN 'p' THEN 'PRIMARY KEY (' WHEN 'u' THEN 'UNIQUE (' ELSE 'FOREIGN KEY (' END
           || pg_redshift.column_list(conrelid, conkey) || ')'
           || CASE contype WHEN 'f' THEN ' REFERENCES ' || confrelid::regclass || '(' || pg_redshift.column_list(confrelid, confkey) || ')' ELSE '' END
    FROM pg_redshift.key_constraint WHERE oid = constraint_oid
$$;

CREATE FUNCTION pg_redshift.pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT NULL::name, NULL::name, NULL::name, NULL::varchar, NULL::int WHERE false
$$;

CREATE VIEW pg_redshift.pg_table_def AS
SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column", pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       pg_redshift.format_encoding(a.attencodingtype) AS encoding, a.attisdistkey AS distkey, a.attsortkeyord AS sortkey, a.attnotnull AS "notnull"
FROM pg_redshift.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname = ANY(current_schemas(true)) AND n.nspname <> 'pg_redshift'
ORDER BY n.nspname, c.relname, a.attnum;

-- information_schema: the parts that tell of keys, since PostgreSQL does not know them.
CREATE VIEW pg_redshift.is_table_constraints AS
SELECT current_database()::varchar AS constraint_catalog, n.nspname::varchar AS constraint_schema, k.conname::varchar AS constraint_name,
       current_database()::varchar AS table_catalog, n.nspname::varchar AS table_schema, c.relname::varchar AS table_name,
       CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END::varchar AS constraint_type,
       'NO'::varchar AS is_deferrable, 'NO'::varchar AS initially_deferred
FROM pg_redshift.key_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;

CREATE VIEW pg_redshift.is_key_column_usage AS
SELECT current_database()::varchar AS constraint_catalog, n.nspname::varchar AS constraint_schema, k.conname::varchar AS constraint_name,
       current_database()::varchar AS table_catalog, n.nspname::varchar AS table_schema, c.relname::varchar AS table_name,
       a.attname::varchar AS column_name, u.ordinality::integer AS ordinal_position
FROM pg_redshift.key_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u(attnum, ordinality)
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum;
