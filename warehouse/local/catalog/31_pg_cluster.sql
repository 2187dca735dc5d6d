-- PostgreSQL's catalogs of schemas, types, users and databases, as PostgreSQL 8.0 had them and without what is this server's own.

CREATE VIEW pg_redshift.pg_namespace AS
SELECT oid, nspname, pg_redshift.user_number(nspowner) AS nspowner, nspacl FROM pg_catalog.pg_namespace WHERE nspname <> 'pg_redshift';

-- No typarray, typcategory or typcollation: clients that ask for them fail on a cluster too.
CREATE VIEW pg_redshift.pg_type AS
SELECT oid, typname, typnamespace, pg_redshift.user_number(typowner) AS typowner, typlen,
       typbyval, typtype, typisdefined, typdelim, typrelid, typelem, typinput, typoutput, typreceive, typsend, typanalyze, typalign, typstorage,
       typnotnull, typbasetype, typtypmod, typndims, NULL::text AS typdefaultbin, typdefault
FROM pg_catalog.pg_type WHERE typnamespace <> 'pg_redshift'::regnamespace;

-- Redshift has no indexes, sequences or triggers.
CREATE VIEW pg_redshift.pg_index AS
SELECT indexrelid, indrelid, indkey, indclass, indnatts, indisunique, indisprimary, indisclustered, NULL::text AS indexprs, NULL::text AS indpred
FROM pg_catalog.pg_index WHERE false;
CREATE VIEW pg_redshift.pg_indexes AS SELECT schemaname, tablename, indexname, tablespace, indexdef FROM pg_catalog.pg_indexes WHERE false;

CREATE VIEW pg_redshift.pg_tables AS
SELECT schemaname, tablename, tableowner, tablespace, false AS hasindexes, hasrules, false AS hastriggers
FROM pg_catalog.pg_tables WHERE schemaname <> 'pg_redshift';
CREATE VIEW pg_redshift.pg_views AS
SELECT schemaname, viewname, viewowner, definition FROM pg_catalog.pg_views WHERE schemaname <> 'pg_redshift';

CREATE VIEW pg_redshift.pg_user AS
SELECT rolname AS usename, pg_redshift.user_number(oid) AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, false AS usecatupd, '********'::text AS passwd,
       rolvaliduntil AS valuntil, NULL::text[] AS useconfig
FROM pg_catalog.pg_roles WHERE rolcanlogin;
CREATE VIEW pg_redshift.pg_user_info AS
SELECT u.*, CASE r.rolconnlimit WHEN -1 THEN 'UNLIMITED' ELSE r.rolconnlimit::text END AS useconnlimit
FROM pg_redshift.pg_user u JOIN pg_catalog.pg_roles r ON r.rolname = u.usename;
CREATE VIEW pg_redshift.svv_user_info AS
SELECT u.usename::varchar(128) AS user_name, u.usesysid AS user_id, u.usecreatedb AS createdb, u.usesuper AS superuser, u.usecatupd AS catalog_update,
       i.useconnlimit::varchar(128) AS connection_limit, CASE WHEN u.usesuper THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END::varchar(128) AS syslog_access,
       NULL::timestamp AS last_ddl_timestamp, 0 AS session_timeout, NULL::varchar(128) AS external_user_id
FROM pg_redshift.pg_user u JOIN pg_redshift.pg_user_info i USING (usesysid)
WHERE u.usename = current_user OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper);

-- SERIALIZABLE, or SNAPSHOT when the database was told so (a setting of the database, kept by PostgreSQL).
CREATE FUNCTION pg_redshift.isolation_level(database oid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT coalesce((SELECT upper(split_part(one, '=', 2))
                     FROM pg_catalog.pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS one
                     WHERE s.setdatabase = database AND s.setrole = 0 AND one LIKE 'redshift.isolation\_level=%'), 'SERIALIZABLE')
$$;

CREATE VIEW pg_redshift.pg_database AS
SELECT oid, datname, pg_redshift.user_number(datdba) AS datdba, encoding, datistemplate, datallowconn, 0::oid AS datlastsysoid, 0::integer AS datvacuumxid, 0::integer AS datfrozenxid,
       dattablespace, ARRAY['concurrency_model=' || CASE pg_redshift.isolation_level(oid) WHEN 'SNAPSHOT' THEN '1' ELSE '2' END] AS datconfig, datacl
FROM pg_catalog.pg_database WHERE datname <> 'postgres';
CREATE VIEW pg_redshift.pg_database_info AS
SELECT d.oid AS datid, d.*, CASE p.datconnlimit WHEN -1 THEN 'UNLIMITED' ELSE p.datconnlimit::text END AS datconnlimit
FROM pg_redshift.pg_database d JOIN pg_catalog.pg_database p ON p.oid = d.oid;
CREATE VIEW pg_redshift.stv_db_isolation_level AS
SELECT datname::character(128) AS db_name, CASE pg_redshift.isolation_level(oid) WHEN 'SNAPSHOT' THEN 'Snapshot Isolation' ELSE 'Serializable' END::character(20) AS isolation_level
FROM pg_redshift.pg_database WHERE datallowconn AND NOT datistemplate;

-- pg_get_cols('name'): the columns of a table or view.
CREATE FUNCTION pg_redshift.pg_get_cols(relation text, OUT schema_name name, OUT relation_name name, OUT col_name name, OUT col_type varchar, OUT col_num integer)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT n.nspname, c.relname, a.attname, pg_redshift.format_type(a.atttypid, a.atttypmod)::varchar, a.attnum::integer
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.oid = relation::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
$$;

-- What a cluster keeps of tables beside the catalogs; of it, the tables that snapshots leave out (BACKUP NO).
CREATE VIEW pg_redshift.pg_conf AS
SELECT format('pg_class_backup_%s_%s', d.oid, t.relid)::text AS key, '0'::text AS value
FROM pg_redshift.table_design t CROSS JOIN pg_catalog.pg_database d
WHERE NOT t.backup AND d.datname = current_database();
