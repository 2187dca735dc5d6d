-- Mathematical functions that are floating-point in Redshift whatever they are given (AWS Math_functions); PostgreSQL has some of
-- them for NUMERIC too.
CREATE FUNCTION pg_redshift.sqrt(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.sqrt(v) $$;
CREATE FUNCTION pg_redshift.exp(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.exp(v) $$;
CREATE FUNCTION pg_redshift.ln(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.ln(v) $$;
CREATE FUNCTION pg_redshift.log(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.log(v) $$;
CREATE FUNCTION pg_redshift.log(base double precision, v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.ln(v) / pg_catalog.ln(base) $$;
CREATE FUNCTION pg_redshift.power(a double precision, b double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.power(a, b) $$;

-- Teradata's strings of numbers: a sign in front or behind, an exponent; nothing is 0 (AWS r_TEXT_TO_INT_ALT, r_TEXT_TO_NUMERIC_ALT).
CREATE FUNCTION pg_redshift.number_of_teradata(v text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN t = '' THEN 0 ELSE regexp_replace(t, '^(.*[^+-])([+-])$', '\2\1')::numeric END FROM btrim(v) AS t $$;
CREATE FUNCTION pg_redshift.text_to_int_alt(v text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT trunc(pg_redshift.number_of_teradata(v))::integer $$;
CREATE FUNCTION pg_redshift.text_to_numeric_alt(v text, p integer DEFAULT 38, s integer DEFAULT 0) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    n numeric := pg_redshift.number_of_teradata(v);
    whole numeric := trunc(n, s);
    rest numeric := abs(n - whole) * 10 ^ s::numeric;
BEGIN
    -- Half goes to the even digit.
    IF rest > 0.5 OR (rest = 0.5 AND whole * 10 ^ s::numeric % 2 <> 0) THEN whole := whole + sign(n) * 10 ^ (-s)::numeric; END IF;
    IF abs(whole) >= 10 ^ (p - s)::numeric THEN RAISE EXCEPTION USING ERRCODE = '22003', MESSAGE = 'Numeric data overflow (result precision)'; END IF;
    RETURN round(whole, s);
END $$;

-- A quotient of DECIMALs has the digits that its operands' types say, and is cut there (translate/decimals.py).
CREATE FUNCTION pg_redshift.quotient(a numeric, b numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.trunc(pg_catalog.round(a, greatest(digits + 1, scale(a))) / b, digits) $$;
-- What a cast to DECIMAL makes of a column's value: of a DECIMAL digits are cut off, not rounded (AWS r_Numeric_types201).
CREATE FUNCTION pg_redshift.unrounded(v numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.trunc(v, digits) $$;
CREATE FUNCTION pg_redshift.unrounded(v bigint, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT v::numeric $$;
CREATE FUNCTION pg_redshift.unrounded(v integer, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT v::numeric $$;
CREATE FUNCTION pg_redshift.unrounded(v smallint, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT v::numeric $$;
CREATE FUNCTION pg_redshift.unrounded(v double precision, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT v::numeric $$;
CREATE FUNCTION pg_redshift.unrounded(v real, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT v::numeric $$;
CREATE FUNCTION pg_redshift.unrounded(v text, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT v::numeric $$;
CREATE FUNCTION pg_redshift.unrounded(v super, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_numeric(v) $$;
