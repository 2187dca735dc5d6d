-- What a session asks about itself (AWS r_System_information_functions).
CREATE FUNCTION pg_redshift.current_aws_account() RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT '123456789012'::varchar $$;
CREATE FUNCTION pg_redshift.current_namespace() RETURNS varchar LANGUAGE sql STABLE AS $$
    SELECT md5((SELECT system_identifier FROM pg_control_system())::text)::uuid::varchar $$;
CREATE FUNCTION pg_redshift.current_user_id() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = current_user $$;
CREATE FUNCTION pg_redshift.default_iam_role() RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT 'arn:aws:iam::123456789012:role/warehouse-local'::varchar $$;
CREATE FUNCTION pg_redshift.user_is_member_of(name text, role text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT pg_has_role(name, role, 'MEMBER') $$;
CREATE FUNCTION pg_redshift.role_is_member_of(name text, role text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT name <> role AND pg_has_role(name, role, 'MEMBER') $$;
