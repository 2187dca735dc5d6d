-- Users, groups and roles are roles of PostgreSQL: users log in, Redshift's roles carry the setting redshift.kind.

CREATE FUNCTION pg_redshift.role_kind(role oid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN rolcanlogin THEN 'user'
                WHEN EXISTS (SELECT FROM pg_catalog.pg_db_role_setting WHERE setrole = role AND setdatabase = 0 AND 'redshift.kind=role' = ANY(setconfig)) THEN 'role'
                ELSE 'group' END
    FROM pg_catalog.pg_roles WHERE oid = role
$$;

CREATE FUNCTION pg_redshift.must_be(kind text, names text[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY names LOOP
        IF one NOT IN (SELECT rolname FROM pg_catalog.pg_roles WHERE pg_redshift.role_kind(oid) = kind) THEN
            RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('%s "%s" does not exist', kind, one);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION pg_redshift.before_drop_role(kind text, names text[], if_exists boolean) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    one text;
    held "char";
BEGIN
    FOREACH one IN ARRAY names LOOP
        CONTINUE WHEN if_exists AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = one);
        PERFORM pg_redshift.must_be(kind, ARRAY[one]);
        IF kind = 'role' AND EXISTS (SELECT FROM pg_catalog.pg_auth_members m WHERE m.roleid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = one)
                                     AND m.member IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolcanlogin)) THEN
            RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'cannot drop this role since it has been granted on a user';
        END IF;
        SELECT max(deptype) INTO held FROM pg_catalog.pg_shdepend
        WHERE refclassid = 'pg_catalog.pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = one) AND deptype IN ('a', 'o');
        IF held IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = '55006',
                MESSAGE = CASE held WHEN 'a' THEN format('%s "%s" can''t be dropped because the %1$s has a privilege on some object', kind, one)
                                    ELSE format('%s "%s" can''t be dropped because the %1$s owns some object', kind, one) END;
        END IF;
    END LOOP;
END $$;

CREATE VIEW pg_redshift.pg_group AS
SELECT r.rolname AS groname, r.oid::integer AS grosysid,
       ARRAY(SELECT m.member::integer FROM pg_catalog.pg_auth_members m WHERE m.roleid = r.oid ORDER BY 1) AS grolist
FROM pg_catalog.pg_roles r WHERE r.rolname NOT LIKE 'pg\_%' AND pg_redshift.role_kind(r.oid) = 'group';
CREATE VIEW pg_redshift.svv_roles AS
SELECT r.oid::integer AS role_id, r.rolname::varchar(128) AS role_name, NULL::varchar(128) AS role_owner, NULL::varchar(128) AS external_id
FROM pg_catalog.pg_roles r WHERE pg_redshift.role_kind(r.oid) = 'role';
CREATE VIEW pg_redshift.svv_user_grants AS
SELECT u.oid::integer AS user_id, u.rolname::varchar(128) AS user_name, r.oid::integer AS role_id, r.rolname::varchar(128) AS role_name, m.admin_option
FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles u ON u.oid = m.member JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
WHERE u.rolcanlogin AND pg_redshift.role_kind(r.oid) = 'role';

-- The level belongs to the database. It is not changed while others are connected, and the session follows at once.
CREATE FUNCTION pg_redshift.before_alter_isolation(database text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE datname = database AND pid <> pg_backend_pid() AND backend_type = 'client backend') THEN
        RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = format('database "%s" is being accessed by other users', database);
    END IF;
END $$;
CREATE FUNCTION pg_redshift.after_alter_isolation(database text, level text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF database = current_database() THEN
        PERFORM set_config('redshift.isolation_level', level, false);
    END IF;
END $$;
