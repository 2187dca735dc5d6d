-- SUPER: a type of its own, with the number that drivers know it by. Its values are JSON as text, compact, attributes in their
-- order, as Redshift prints them (AWS r_SUPER_type). Tables are made of it, so it outlives this catalog: it lies in pg_catalog.
DO $$
BEGIN
    IF to_regtype('pg_catalog.super') IS NULL THEN
        CREATE TYPE pg_catalog.super;
        UPDATE pg_catalog.pg_type SET oid = 4000 WHERE typname = 'super' AND typnamespace = 'pg_catalog'::regnamespace;
        SET LOCAL client_min_messages = error;  -- the functions come before the type is whole
        CREATE FUNCTION pg_catalog.super_in(cstring) RETURNS super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_in';
        CREATE FUNCTION pg_catalog.super_out(super) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_out';
        CREATE FUNCTION pg_catalog.super_recv(internal) RETURNS super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_recv';
        CREATE FUNCTION pg_catalog.super_send(super) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_send';
        CREATE TYPE pg_catalog.super (INPUT = super_in, OUTPUT = super_out, RECEIVE = super_recv, SEND = super_send,
            INTERNALLENGTH = VARIABLE, STORAGE = extended);
    END IF;
END $$;

-- What operators between two SUPER values are declared on. Were it SUPER itself, PostgreSQL would read the string in
-- `value = 'P'` as JSON too; so it looks for an operator that takes a string.
CREATE TYPE pg_redshift.any_super;
CREATE FUNCTION pg_redshift.any_super_in(cstring) RETURNS pg_redshift.any_super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_in';
CREATE FUNCTION pg_redshift.any_super_out(pg_redshift.any_super) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_out';
CREATE TYPE pg_redshift.any_super (INPUT = pg_redshift.any_super_in, OUTPUT = pg_redshift.any_super_out, INTERNALLENGTH = VARIABLE,
    STORAGE = extended, CATEGORY = 'U', PREFERRED = true);
CREATE CAST (super AS pg_redshift.any_super) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_redshift.any_super AS super) WITHOUT FUNCTION;
CREATE CAST (pg_redshift.any_super AS json) WITHOUT FUNCTION;
CREATE CAST (super AS json) WITHOUT FUNCTION;
CREATE CAST (json AS super) WITHOUT FUNCTION;

-- Run a statement that makes something, unless an earlier version has made it.
CREATE FUNCTION pg_redshift.make(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
EXCEPTION WHEN duplicate_object OR duplicate_function THEN
END $$;
