-- PostgreSQL's catalogs with Redshift's extra columns. The translator sends references to the real ones here.

-- Types that PostgreSQL keeps under another name behind us.
CREATE FUNCTION pg_redshift.format_type(type oid, modifier integer DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE type WHEN 'varbyte'::regtype THEN replace(pg_catalog.format_type(type, modifier), 'varbyte', 'binary varying')
           ELSE pg_catalog.format_type(type, modifier) END
$$;

-- The columns that PostgreSQL 8.0 had, and Redshift's own: what came later is not there to be asked for.
CREATE VIEW pg_redshift.pg_class AS
SELECT c.oid, c.relname, c.relnamespace, c.reltype, pg_redshift.user_number(c.relowner) AS relowner, c.relam, c.relfilenode, c.reltablespace, c.relpages, c.reltuples,
       c.reltoastrelid, 0::oid AS reltoastidxid, false AS relhasindex, c.relisshared, CASE c.relkind WHEN 'm' THEN 'v' ELSE c.relkind END AS relkind,
       c.relnatts, 0::smallint AS relchecks, 0::smallint AS reltriggers, 0::smallint AS relukeys, 0::smallint AS relfkeys, 0::smallint AS relrefs,
       false AS relhasoids, EXISTS (SELECT FROM pg_redshift.key_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') AS relhaspkey,
       c.relhasrules, c.relhassubclass, c.relacl, 0::oid AS relexternid, coalesce(d.diststyle = 8, false) AS relisreplicated,
       false AS relispinned, coalesce(d.diststyle, 0)::smallint AS reldiststyle
FROM pg_catalog.pg_class c LEFT JOIN pg_redshift.table_design d ON d.relid = c.oid
WHERE c.relnamespace <> 'pg_redshift'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'c');

-- 10, 11, 12: AUTO that has become ALL, EVEN, KEY. A small table starts as ALL.
CREATE VIEW pg_redshift.pg_class_info AS
SELECT c.oid AS reloid, c.*, d.created AS relcreationtime,
       CASE c.reldiststyle WHEN 9 THEN 10 ELSE c.reldiststyle END::smallint AS releffectivediststyle
FROM pg_redshift.pg_class c LEFT JOIN pg_redshift.table_design d ON d.relid = c.oid;

CREATE VIEW pg_redshift.pg_attribute AS
SELECT a.attrelid, a.attname, a.atttypid, a.attstattarget::integer AS attstattarget, a.attlen, a.attnum, a.attndims::integer AS attndims,
       -1 AS attcacheoff, a.atttypmod, a.attbyval, a.attstorage, a.attalign, a.attnotnull, a.atthasdef OR a.attidentity <> '' AS atthasdef,
       a.attisdropped, a.attislocal, a.attinhcount::integer AS attinhcount,
       coalesce(a.attnum = d.distkey, false) AS attisdistkey, false AS attispreloaded,
       CASE WHEN d.sortstyle = 'interleaved' AND position % 2 = 1 THEN -position ELSE coalesce(position, 0) END::integer AS attsortkeyord,
       coalesce(e.encoding, 0)::smallint AS attencodingtype, 0::smallint AS attencrypttype
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_redshift.table_design d ON d.relid = a.attrelid
LEFT JOIN pg_redshift.column_design e ON e.relid = a.attrelid AND e.attnum = a.attnum
LEFT JOIN LATERAL array_position(d.sortkey, a.attnum) AS position ON true
-- A late-binding view has no columns here: PG_GET_LATE_BINDING_VIEW_COLS tells them, and clients put both together.
WHERE NOT EXISTS (SELECT FROM pg_redshift.late_view l WHERE l.relid = a.attrelid);

CREATE VIEW pg_redshift.pg_attribute_info AS
SELECT a.*, b.attacl FROM pg_redshift.pg_attribute a JOIN pg_catalog.pg_attribute b ON b.attrelid = a.attrelid AND b.attnum = a.attnum;

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
SELECT d.oid, d.adrelid, d.adnum, said.source AS adbin, said.source AS adsrc
FROM pg_catalog.pg_attrdef d
CROSS JOIN LATERAL (SELECT replace(pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'pg_redshift.', '') AS source) AS said
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
SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column", pg_redshift.format_type(a.atttypid, a.atttypmod) AS type,
       pg_redshift.format_encoding(a.attencodingtype) AS encoding, a.attisdistkey AS distkey, a.attsortkeyord AS sortkey, a.attnotnull AS "notnull"
FROM pg_redshift.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname = ANY(current_schemas(true)) AND n.nspname <> 'pg_redshift'
ORDER BY n.nspname, c.relname, a.attnum;
