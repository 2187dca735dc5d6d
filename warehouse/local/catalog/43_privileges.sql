-- Who was granted what, on every kind of object (AWS r_SVV_RELATION_PRIVILEGES and its kin): the owner's own rights are not listed.

CREATE FUNCTION pg_redshift.identity_name(grantee oid) RETURNS varchar LANGUAGE sql STABLE AS $$
    SELECT CASE grantee WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(grantee)::text END::varchar(128)
$$;
CREATE FUNCTION pg_redshift.identity_type(grantee oid) RETURNS varchar LANGUAGE sql STABLE AS $$
    SELECT CASE grantee WHEN 0 THEN 'public' ELSE pg_redshift.role_kind(grantee) END::varchar(32)
$$;
-- An access list as rows, in Redshift's words.
CREATE FUNCTION pg_redshift.privileges(acl aclitem[], owner oid, OUT privilege_type varchar, OUT identity_id integer, OUT identity_name varchar,
                                       OUT identity_type varchar, OUT admin_option boolean) RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT (CASE a.privilege_type WHEN 'TEMPORARY' THEN 'TEMP' ELSE a.privilege_type END)::varchar(32), a.grantee::integer, pg_redshift.identity_name(a.grantee),
           pg_redshift.identity_type(a.grantee), a.is_grantable
    FROM pg_catalog.aclexplode(acl) AS a WHERE a.grantee <> owner AND a.privilege_type NOT IN ('MAINTAIN', 'CONNECT')
$$;

CREATE VIEW pg_redshift.svv_relation_privileges AS
SELECT t.schema_name AS namespace_name, t.table_name AS relation_name, a.privilege_type, a.identity_id, a.identity_name, a.identity_type, a.admin_option,
       'TABLE'::varchar(32) AS privilege_scope
FROM pg_redshift.any_table t JOIN pg_catalog.pg_class c ON c.oid = t.oid CROSS JOIN LATERAL pg_redshift.privileges(c.relacl, c.relowner) AS a;
CREATE VIEW pg_redshift.svv_column_privileges AS
SELECT t.schema_name AS namespace_name, t.table_name AS relation_name, b.attname::varchar(128) AS column_name, a.privilege_type, a.identity_id, a.identity_name,
       a.identity_type
FROM pg_redshift.any_table t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_attribute b ON b.attrelid = t.oid
CROSS JOIN LATERAL pg_redshift.privileges(b.attacl, c.relowner) AS a;
CREATE VIEW pg_redshift.svv_schema_privileges AS
SELECT n.nspname::varchar(128) AS namespace_name, a.privilege_type, a.identity_id, a.identity_name, a.identity_type, a.admin_option,
       'SCHEMA'::varchar(32) AS privilege_scope
FROM pg_redshift.any_schema s JOIN pg_catalog.pg_namespace n ON n.oid = s.oid CROSS JOIN LATERAL pg_redshift.privileges(n.nspacl, n.nspowner) AS a;
CREATE VIEW pg_redshift.svv_database_privileges AS
SELECT d.datname::varchar(128) AS database_name, a.privilege_type, a.identity_id, a.identity_name, a.identity_type, a.admin_option,
       'DATABASE'::varchar(32) AS privilege_scope
FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_redshift.privileges(coalesce(d.datacl, acldefault('d', d.datdba)), d.datdba) AS a
WHERE d.datallowconn AND NOT d.datistemplate AND d.datname <> 'postgres';
CREATE VIEW pg_redshift.svv_function_privileges AS
SELECT n.nspname::varchar(128) AS namespace_name, p.proname::varchar(128) AS function_name, pg_redshift.argument_list(p.oid, false)::varchar(512) AS argument_types,
       a.privilege_type, a.identity_id, a.identity_name, a.identity_type, a.admin_option
FROM pg_redshift.user_routine r JOIN pg_catalog.pg_proc p ON p.oid = r.oid JOIN pg_redshift.any_schema n ON n.oid = p.pronamespace
CROSS JOIN LATERAL pg_redshift.privileges(coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner) AS a;
CREATE VIEW pg_redshift.svv_language_privileges AS
SELECT l.lanname::varchar(128) AS language_name, a.privilege_type, a.identity_id, a.identity_name, a.identity_type, a.admin_option
FROM pg_catalog.pg_language l CROSS JOIN LATERAL pg_redshift.privileges(coalesce(l.lanacl, acldefault('l', l.lanowner)), l.lanowner) AS a WHERE l.lanispl OR l.lanname = 'sql';
CREATE VIEW pg_redshift.svv_default_privileges AS
SELECT n.nspname::varchar(128) AS schema_name, CASE d.defaclobjtype WHEN 'f' THEN 'FUNCTION' ELSE 'RELATION' END::varchar(32) AS object_type,
       pg_redshift.user_number(d.defaclrole) AS owner_id, pg_redshift.identity_name(d.defaclrole) AS owner_name, pg_redshift.identity_type(d.defaclrole) AS owner_type,
       a.privilege_type, a.identity_id AS grantee_id, a.identity_name AS grantee_name, a.identity_type AS grantee_type, a.admin_option
FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL pg_redshift.privileges(d.defaclacl, d.defaclrole) AS a;
CREATE VIEW pg_redshift.svv_role_grants AS
SELECT m.member::integer AS role_id, u.rolname::varchar(128) AS role_name, m.roleid::integer AS granted_role_id, r.rolname::varchar(128) AS granted_role_name
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles u ON u.oid = m.member JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
WHERE pg_redshift.role_kind(u.oid) = 'role' AND pg_redshift.role_kind(r.oid) = 'role';
