-- VARBYTE: a type of its own, with the number that drivers know it by. Its values are hexadecimal digits, as Redshift prints them
-- (AWS r_VARBYTE_type). Tables are made of it, so it lies in pg_catalog, as SUPER does (05_super.sql).
DO $$
BEGIN
    IF to_regtype('pg_catalog.varbyte') IS NULL THEN
        CREATE TYPE pg_catalog.varbyte;
        UPDATE pg_catalog.pg_type SET oid = 6551 WHERE typname = 'varbyte' AND typnamespace = 'pg_catalog'::regnamespace;
        SET LOCAL client_min_messages = error;  -- the functions come before the type is whole
        CREATE FUNCTION pg_catalog.varbyte_in(cstring) RETURNS varbyte LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
        CREATE FUNCTION pg_catalog.varbyte_out(varbyte) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
        CREATE FUNCTION pg_catalog.varbyte_recv(internal) RETURNS varbyte LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textrecv';
        CREATE FUNCTION pg_catalog.varbyte_send(varbyte) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textsend';
        CREATE FUNCTION pg_catalog.varbyte_typmod_in(cstring[]) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varchartypmodin';
        CREATE FUNCTION pg_catalog.varbyte_typmod_out(integer) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'varchartypmodout';
        CREATE TYPE pg_catalog.varbyte (INPUT = varbyte_in, OUTPUT = varbyte_out, RECEIVE = varbyte_recv, SEND = varbyte_send,
            TYPMOD_IN = varbyte_typmod_in, TYPMOD_OUT = varbyte_typmod_out, INTERNALLENGTH = VARIABLE, STORAGE = extended);
    END IF;
END $$;

-- What operators between two values are declared on: `value = 'abc'` then looks for one that takes a string.
CREATE TYPE pg_redshift.any_varbyte;
CREATE FUNCTION pg_redshift.any_varbyte_in(cstring) RETURNS pg_redshift.any_varbyte LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION pg_redshift.any_varbyte_out(pg_redshift.any_varbyte) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE pg_redshift.any_varbyte (INPUT = pg_redshift.any_varbyte_in, OUTPUT = pg_redshift.any_varbyte_out, INTERNALLENGTH = VARIABLE,
    STORAGE = extended, CATEGORY = 'U', PREFERRED = true);
CREATE CAST (varbyte AS pg_redshift.any_varbyte) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_redshift.any_varbyte AS varbyte) WITHOUT FUNCTION;
