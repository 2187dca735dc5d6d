-- Small functions with Redshift's names, and the numbers of encodings.

-- The numbers are ours: clients decode them only through format_encoding() (REDSHIFT.md, section 10).
CREATE FUNCTION pg_redshift.encoding_names() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['none','az64','lzo','zstd','bytedict','delta','delta32k','mostly8','mostly16','mostly32','runlength','text255','text32k']
$$;

CREATE FUNCTION pg_redshift.format_encoding(code integer) RETURNS bpchar LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN code IN (0, 128) THEN 'none' ELSE (pg_redshift.encoding_names())[code + 1] END::bpchar
$$;

CREATE FUNCTION pg_redshift.encoding_code(name text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT (array_position(pg_redshift.encoding_names(), CASE lower(name) WHEN 'raw' THEN 'none' ELSE lower(name) END) - 1)::smallint
$$;

CREATE FUNCTION pg_redshift.version() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.100000'::text
$$;

CREATE FUNCTION pg_redshift.raise(state text, message text, detail text DEFAULT '', hint text DEFAULT '') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF detail <> '' AND hint <> '' THEN RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail, HINT = hint;
    ELSIF detail <> '' THEN RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, DETAIL = detail;
    ELSIF hint <> '' THEN RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
    ELSE RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message;
    END IF;
END $$;

-- Leaves the transaction aborted, as a statement that failed outside PostgreSQL must.
CREATE FUNCTION pg_redshift.abort() RETURNS void LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the statement failed'; END $$;

CREATE FUNCTION pg_redshift.getdate() RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT date_trunc('second', statement_timestamp() AT TIME ZONE current_setting('timezone'))
$$;

CREATE FUNCTION pg_redshift.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT transaction_timestamp() AT TIME ZONE current_setting('timezone')
$$;


CREATE FUNCTION pg_redshift.session_number(name text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('redshift.' || name, true), ''), CASE name WHEN 'copy_count' THEN '0' ELSE '-1' END)::bigint
$$;
CREATE FUNCTION pg_redshift.pg_last_copy_id() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.session_number('copy_id') $$;
CREATE FUNCTION pg_redshift.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.session_number('copy_count') $$;
CREATE FUNCTION pg_redshift.pg_last_unload_id() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.session_number('unload_id') $$;
CREATE FUNCTION pg_redshift.pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(pg_redshift.session_number('unload_count'), 0)
$$;
CREATE FUNCTION pg_redshift.pg_last_query_id() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.session_number('query_id') $$;

-- The owner of what comes with the database is rdsdb, whose number is 1 on every cluster: tools leave it out by that number.
CREATE FUNCTION pg_redshift.user_number(role oid) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN role IN (10, 6171) THEN 1 ELSE role::integer END
$$;
CREATE FUNCTION pg_redshift.pg_get_userbyid(number bigint) RETURNS name LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.pg_get_userbyid(CASE number WHEN 1 THEN 10 ELSE number END::oid)
$$;

CREATE FUNCTION pg_redshift.is_superuser() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user
$$;

-- Reading a system view that is not filled here (views.toml).
CREATE FUNCTION pg_redshift.not_emulated(name text) RETURNS SETOF integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('not emulated: what system view %s holds', name),
        HINT = 'The embedded Redshift does not record this; a cluster does.';
END $$;
