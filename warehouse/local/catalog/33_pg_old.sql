-- Catalogs of PostgreSQL that have changed since 8.0, with the columns that they had, and settings and users without this server's own.

CREATE VIEW pg_redshift.pg_stat_activity AS
SELECT datid, datname, pid AS procpid, pg_redshift.user_number(usesysid) AS usesysid, usename, query AS current_query, query_start
FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'rdsdb';
CREATE VIEW pg_redshift.pg_locks AS
SELECT relation, database, transactionid AS transaction, pid, mode, granted FROM pg_catalog.pg_locks
WHERE pid IN (SELECT procpid FROM pg_redshift.pg_stat_activity) AND locktype IN ('relation', 'transactionid', 'virtualxid');
CREATE VIEW pg_redshift.pg_roles AS
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolconnlimit, rolpassword, rolvaliduntil, rolconfig, rolreplication,
       rolbypassrls, oid FROM pg_catalog.pg_roles WHERE rolname <> 'rdsdb' AND rolname NOT LIKE 'pg\_%';
CREATE VIEW pg_redshift.pg_shadow AS
SELECT usename, usesysid, usecreatedb, usesuper, usecatupd, passwd, valuntil, useconfig FROM pg_redshift.pg_user WHERE pg_redshift.is_superuser();
CREATE VIEW pg_redshift.pg_settings AS
SELECT name, setting, category, short_desc, extra_desc, context, vartype, source, min_val, max_val FROM pg_catalog.pg_settings
WHERE name NOT LIKE '%.%';
CREATE VIEW pg_redshift.pg_default_acl AS
SELECT oid, pg_redshift.user_number(defaclrole) AS defacluser, defaclnamespace, defaclobjtype, defaclacl FROM pg_catalog.pg_default_acl;
-- What psql of today asks of catalogs beside the columns of 8.0, by which its \d and \df work (names.py sends it here).
CREATE VIEW pg_redshift.pg_class_of_psql AS
SELECT c.*, false AS relhastriggers, 0::oid AS reloftype, p.relpersistence, false AS relrowsecurity, false AS relforcerowsecurity, 'd'::"char" AS relreplident,
       false AS relispartition, p.reloptions
FROM pg_redshift.pg_class c JOIN pg_catalog.pg_class p ON p.oid = c.oid;
CREATE VIEW pg_redshift.pg_attribute_of_psql AS
SELECT a.*, p.attcollation, p.attacl, ''::"char" AS attidentity, ''::"char" AS attgenerated, p.attfdwoptions
FROM pg_redshift.pg_attribute a JOIN pg_catalog.pg_attribute p ON p.attrelid = a.attrelid AND p.attnum = a.attnum;
CREATE VIEW pg_redshift.pg_type_of_psql AS
SELECT t.*, p.typcollation FROM pg_redshift.pg_type t JOIN pg_catalog.pg_type p ON p.oid = t.oid;
CREATE VIEW pg_redshift.pg_database_of_psql AS
SELECT d.*, p.datcollate, p.datctype FROM pg_redshift.pg_database d JOIN pg_catalog.pg_database p ON p.oid = d.oid;

-- Before PostgreSQL 8.1, users and groups had numbers of their own.
CREATE FUNCTION pg_redshift.makeaclitem(usesysid integer, grosysid integer, grantor integer, privilege text, grantable boolean) RETURNS aclitem
LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.makeaclitem(CASE WHEN usesysid <> 0 THEN usesysid ELSE grosysid END::oid, CASE grantor WHEN 1 THEN 10 ELSE grantor END::oid, privilege, grantable)
$$;
-- A string and an OID compare as 8.0 compared them: by their texts.
CREATE FUNCTION pg_redshift.text_is_oid(a text, b oid) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a = b::text $$;
CREATE FUNCTION pg_redshift.oid_is_text(a oid, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a::text = b $$;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oprname = '=' AND oprleft = 'text'::regtype AND oprright = 'oid'::regtype) THEN
        CREATE OPERATOR pg_catalog.= (LEFTARG = text, RIGHTARG = oid, FUNCTION = pg_redshift.text_is_oid);
        CREATE OPERATOR pg_catalog.= (LEFTARG = oid, RIGHTARG = text, FUNCTION = pg_redshift.oid_is_text);
    END IF;
END $$;
