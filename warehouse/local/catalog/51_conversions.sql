-- Conversions that happen by themselves, as PostgreSQL 8.0 had them and Redshift has kept (AWS c_Supported_data_types, "Implicit
-- conversion types"): numbers, dates and times to strings; integers to booleans.
DO $$
DECLARE one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval', 'oid', 'regclass', 'regtype'] LOOP
        PERFORM pg_redshift.make(format('CREATE CAST (%s AS text) WITH INOUT AS IMPLICIT', one));
    END LOOP;
END $$;
UPDATE pg_catalog.pg_cast SET castcontext = 'i' WHERE castsource = 'integer'::regtype AND casttarget = 'boolean'::regtype AND castcontext <> 'i';
CREATE FUNCTION pg_redshift.to_boolean(v bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT v <> 0 $$;
CREATE FUNCTION pg_redshift.to_boolean(v smallint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT v <> 0 $$;
CREATE CAST (bigint AS boolean) WITH FUNCTION pg_redshift.to_boolean(bigint) AS IMPLICIT;
CREATE CAST (smallint AS boolean) WITH FUNCTION pg_redshift.to_boolean(smallint) AS IMPLICIT;
CREATE FUNCTION pg_redshift.of_boolean(v boolean) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$ SELECT v::integer::smallint $$;
CREATE FUNCTION pg_redshift.wide_of_boolean(v boolean) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT v::integer::bigint $$;
CREATE CAST (boolean AS smallint) WITH FUNCTION pg_redshift.of_boolean(boolean);
CREATE CAST (boolean AS bigint) WITH FUNCTION pg_redshift.wide_of_boolean(boolean);
-- Anything beside a string is joined as a string now; PostgreSQL's own way to the same would make that ambiguous.
UPDATE pg_catalog.pg_operator SET oprname = '||~' WHERE oprname = '||' AND 'anynonarray'::regtype IN (oprleft, oprright);

-- A string beside a number: compared as strings, but beside a DECIMAL as numbers. The operators are declared on a type that numbers
-- do not turn into by themselves: with two numbers they are out of the question.
CREATE TYPE pg_redshift.any_string;
CREATE FUNCTION pg_redshift.any_string_in(cstring) RETURNS pg_redshift.any_string LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION pg_redshift.any_string_out(pg_redshift.any_string) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE pg_redshift.any_string (INPUT = pg_redshift.any_string_in, OUTPUT = pg_redshift.any_string_out, INTERNALLENGTH = VARIABLE, STORAGE = extended);
CREATE CAST (text AS pg_redshift.any_string) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (varchar AS pg_redshift.any_string) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (bpchar AS pg_redshift.any_string) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (pg_redshift.any_string AS text) WITHOUT FUNCTION;
CREATE FUNCTION pg_redshift.number_of(v pg_redshift.any_string) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT btrim(v::text)::numeric $$;
DO $$
DECLARE
    kind text; shown text; made text;
    ops constant text[] := ARRAY['=', '<>', '<', '<=', '>', '>='];
    names constant text[] := ARRAY['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
BEGIN
    FOREACH kind IN ARRAY ARRAY['smallint', 'integer', 'bigint', 'numeric'] LOOP
        FOR i IN 1 .. 6 LOOP
            made := format('pg_redshift.string_%s', names[i]);
            shown := CASE kind WHEN 'numeric' THEN 'pg_redshift.number_of(a) %s b' ELSE 'a::text %s b::text' END;
            EXECUTE format('CREATE OR REPLACE FUNCTION %s(a pg_redshift.any_string, b %s) RETURNS boolean LANGUAGE sql IMMUTABLE AS $f$ SELECT %s $f$', made, kind, format(shown, ops[i]));
            PERFORM pg_redshift.make(format('CREATE OPERATOR pg_catalog.%s (LEFTARG = pg_redshift.any_string, RIGHTARG = %s, FUNCTION = %s)', ops[i], kind, made));
            shown := CASE kind WHEN 'numeric' THEN 'a %s pg_redshift.number_of(b)' ELSE 'a::text %s b::text' END;
            EXECUTE format('CREATE OR REPLACE FUNCTION %s(a %s, b pg_redshift.any_string) RETURNS boolean LANGUAGE sql IMMUTABLE AS $f$ SELECT %s $f$', made, kind, format(shown, ops[i]));
            PERFORM pg_redshift.make(format('CREATE OPERATOR pg_catalog.%s (LEFTARG = %s, RIGHTARG = pg_redshift.any_string, FUNCTION = %s)', ops[i], kind, made));
        END LOOP;
    END LOOP;
END $$;
