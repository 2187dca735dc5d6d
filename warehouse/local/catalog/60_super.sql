-- SUPER values: made, read, cast, compared (AWS "Querying semistructured data", query-super; limitations-super). Numbers with an
-- exponent are floating-point, all others decimals; what does not fit is NULL.

CREATE FUNCTION pg_redshift.super_kind(v super) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT json_typeof(v::json) $$;
CREATE FUNCTION pg_redshift.fitted(v super, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fitted(pg_redshift.super_text(v), bytes) $$;
CREATE FUNCTION pg_redshift.super_number(v super) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE json_typeof(v::json) WHEN 'number' THEN v::json::text::numeric END $$;
-- A number that is a decimal of scale 0.
CREATE FUNCTION pg_redshift.super_whole(v super) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) = 'number' AND v::json::text ~ '^-?[0-9]+$' THEN v::json::text::numeric END $$;
CREATE FUNCTION pg_redshift.super_compact(v text) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(v, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g')::json::super $$;

-- Into SUPER.
CREATE FUNCTION pg_redshift.to_super(v super) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.to_super(v text) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
CREATE FUNCTION pg_redshift.to_super(v bpchar) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v::text)::super $$;
CREATE FUNCTION pg_redshift.to_super(v boolean) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
CREATE FUNCTION pg_redshift.to_super(v smallint) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
CREATE FUNCTION pg_redshift.to_super(v integer) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
CREATE FUNCTION pg_redshift.to_super(v bigint) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
CREATE FUNCTION pg_redshift.to_super(v numeric) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
-- One digit before the point and an exponent: 2.22e+0.
CREATE FUNCTION pg_redshift.to_super(v double precision) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE WHEN v = 0 THEN '0e+0' ELSE trim_scale(n / 10::numeric ^ e)::text || CASE WHEN e < 0 THEN 'e-' ELSE 'e+' END || abs(e) END)::json::super
    FROM (SELECT v::numeric AS n, floor(log(abs(nullif(v, 0)::numeric)))::integer AS e) AS parts
    WHERE v IS NOT NULL AND v NOT IN ('Infinity', '-Infinity', 'NaN') $$;
CREATE FUNCTION pg_redshift.to_super(v real) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.to_super(v::text::double precision) $$;

CREATE FUNCTION pg_redshift.super_array(VARIADIC items super[]) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT ('[' || array_to_string(items, ',', 'null') || ']')::json::super $$;
CREATE FUNCTION pg_redshift.super_array() RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT '[]'::super $$;
CREATE FUNCTION pg_redshift.super_object(VARIADIC items super[]) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT ('{' || string_agg(items[i]::json::text || ':' || coalesce(items[i + 1]::json::text, 'null'), ',' ORDER BY i) || '}')::json::super
    FROM generate_series(1, cardinality(items), 2) AS i $$;
CREATE FUNCTION pg_redshift.super_object() RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT '{}'::super $$;

-- Out of SUPER.
CREATE FUNCTION pg_redshift.super_text(v super) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) NOT IN ('array', 'object') THEN v::json #>> '{}' END $$;
CREATE FUNCTION pg_redshift.super_varchar(v super) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_text(v)::varchar $$;
CREATE FUNCTION pg_redshift.super_bpchar(v super) RETURNS bpchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_text(v)::bpchar $$;
CREATE FUNCTION pg_redshift.super_numeric(v super) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_redshift.super_text(v) ~ '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$' THEN pg_redshift.super_text(v)::numeric END $$;
CREATE FUNCTION pg_redshift.super_bigint(v super) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_redshift.super_numeric(v) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN round(pg_redshift.super_numeric(v))::bigint END $$;
CREATE FUNCTION pg_redshift.super_integer(v super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_redshift.super_numeric(v) BETWEEN -2147483648 AND 2147483647 THEN round(pg_redshift.super_numeric(v))::integer END $$;
CREATE FUNCTION pg_redshift.super_smallint(v super) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_redshift.super_numeric(v) BETWEEN -32768 AND 32767 THEN round(pg_redshift.super_numeric(v))::smallint END $$;
CREATE FUNCTION pg_redshift.super_double(v super) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_numeric(v)::double precision $$;
CREATE FUNCTION pg_redshift.super_real(v super) RETURNS real LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_numeric(v)::real $$;
CREATE FUNCTION pg_redshift.super_boolean(v super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE json_typeof(v::json) WHEN 'boolean' THEN v::json::text = 'true' WHEN 'number' THEN pg_redshift.super_whole(v) <> 0
        WHEN 'string' THEN CASE WHEN lower(v::json #>> '{}') IN ('t', 'true', 'y', 'yes', '1') THEN true
                                WHEN lower(v::json #>> '{}') IN ('f', 'false', 'n', 'no', '0') THEN false END END $$;
CREATE FUNCTION pg_redshift.super_timestamptz(v super) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) = 'string' AND pg_input_is_valid(v::json #>> '{}', 'timestamptz') THEN (v::json #>> '{}')::timestamptz END $$;
CREATE FUNCTION pg_redshift.super_timestamp(v super) RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) = 'string' AND pg_input_is_valid(v::json #>> '{}', 'timestamp') THEN (v::json #>> '{}')::timestamp END $$;
CREATE FUNCTION pg_redshift.super_date(v super) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) = 'string' AND pg_input_is_valid(v::json #>> '{}', 'date') THEN (v::json #>> '{}')::date END $$;
CREATE FUNCTION pg_redshift.super_time(v super) RETURNS time LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) = 'string' AND pg_input_is_valid(v::json #>> '{}', 'time') THEN (v::json #>> '{}')::time END $$;
CREATE FUNCTION pg_redshift.super_timetz(v super) RETURNS timetz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN json_typeof(v::json) = 'string' AND pg_input_is_valid(v::json #>> '{}', 'timetz') THEN (v::json #>> '{}')::timetz END $$;

-- A string function, or one of numbers, takes a SUPER value as what it holds: those two casts happen by themselves.
CREATE CAST (super AS text) WITH FUNCTION pg_redshift.super_text(super) AS IMPLICIT;
CREATE CAST (super AS numeric) WITH FUNCTION pg_redshift.super_numeric(super) AS IMPLICIT;
CREATE CAST (super AS varchar) WITH FUNCTION pg_redshift.super_varchar(super) AS ASSIGNMENT;
CREATE CAST (super AS bpchar) WITH FUNCTION pg_redshift.super_bpchar(super) AS ASSIGNMENT;
CREATE CAST (super AS bigint) WITH FUNCTION pg_redshift.super_bigint(super) AS ASSIGNMENT;
CREATE CAST (super AS integer) WITH FUNCTION pg_redshift.super_integer(super) AS ASSIGNMENT;
CREATE CAST (super AS smallint) WITH FUNCTION pg_redshift.super_smallint(super) AS ASSIGNMENT;
CREATE CAST (super AS double precision) WITH FUNCTION pg_redshift.super_double(super) AS ASSIGNMENT;
CREATE CAST (super AS real) WITH FUNCTION pg_redshift.super_real(super) AS ASSIGNMENT;
CREATE CAST (super AS boolean) WITH FUNCTION pg_redshift.super_boolean(super) AS ASSIGNMENT;
CREATE CAST (super AS timestamptz) WITH FUNCTION pg_redshift.super_timestamptz(super) AS ASSIGNMENT;
CREATE CAST (super AS timestamp) WITH FUNCTION pg_redshift.super_timestamp(super) AS ASSIGNMENT;
CREATE CAST (super AS date) WITH FUNCTION pg_redshift.super_date(super) AS ASSIGNMENT;
CREATE CAST (super AS time) WITH FUNCTION pg_redshift.super_time(super) AS ASSIGNMENT;
CREATE CAST (super AS timetz) WITH FUNCTION pg_redshift.super_timetz(super) AS ASSIGNMENT;
DO $$
DECLARE one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['text', 'bpchar', 'boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'] LOOP
        PERFORM pg_redshift.make(format('CREATE CAST (%s AS super) WITH FUNCTION pg_redshift.to_super(%s) AS ASSIGNMENT', one, one));
    END LOOP;
END $$;
CREATE FUNCTION pg_redshift.varchar_to_super(v varchar) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT to_json(v)::super $$;
CREATE CAST (varchar AS super) WITH FUNCTION pg_redshift.varchar_to_super(varchar) AS ASSIGNMENT;

-- Paths: what is not there is NULL, and so is JSON's null.
CREATE FUNCTION pg_redshift.super_field(v super, name text) RETURNS super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_object_field';
CREATE FUNCTION pg_redshift.super_element(v super, place integer) RETURNS super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'json_array_element';
CREATE FUNCTION pg_redshift.super_at(v super, place bigint) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN place BETWEEN 0 AND 2147483647 THEN pg_redshift.super_element(v, place::integer) END $$;
-- A name with capitals counts as it was written when the session says so (AWS super-configurations).
CREATE FUNCTION pg_redshift.super_spelled(v super, name text) RETURNS super LANGUAGE sql STABLE AS $$
    SELECT pg_redshift.super_field(v, CASE current_setting('redshift.enable_case_sensitive_super_attribute', true) WHEN 'on' THEN name ELSE lower(name) END) $$;
CREATE FUNCTION pg_redshift.super_present(v super) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT nullif(v::json::text, 'null')::json::super $$;
-- Unnesting in FROM. What is no array has no elements.
CREATE FUNCTION pg_redshift.super_elements(v super) RETURNS SETOF super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_present(e::super) FROM json_array_elements(CASE WHEN json_typeof(v::json) = 'array' THEN v::json END) AS e $$;
CREATE FUNCTION pg_redshift.super_numbered(v super) RETURNS TABLE (element super, place bigint) LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_present(e.v::super), e.n - 1
    FROM json_array_elements(CASE WHEN json_typeof(v::json) = 'array' THEN v::json END) WITH ORDINALITY AS e(v, n) $$;
CREATE FUNCTION pg_redshift.super_attributes(v super) RETURNS TABLE (element super, name varchar) LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_present(e.value::super), e.key FROM json_each(CASE WHEN json_typeof(v::json) = 'object' THEN v::json END) AS e $$;

-- Comparing. Values of two types are not equal; which is smaller is unknown (query-super, "Dynamic typing").
CREATE FUNCTION pg_redshift.super_eq(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT a::json::jsonb = b::json::jsonb $$;
CREATE FUNCTION pg_redshift.super_ne(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT a::json::jsonb <> b::json::jsonb $$;
CREATE FUNCTION pg_redshift.super_lt(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(a::json) = json_typeof(b::json) THEN a::json::jsonb < b::json::jsonb END $$;
CREATE FUNCTION pg_redshift.super_le(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(a::json) = json_typeof(b::json) THEN a::json::jsonb <= b::json::jsonb END $$;
CREATE FUNCTION pg_redshift.super_gt(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(a::json) = json_typeof(b::json) THEN a::json::jsonb > b::json::jsonb END $$;
CREATE FUNCTION pg_redshift.super_ge(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(a::json) = json_typeof(b::json) THEN a::json::jsonb >= b::json::jsonb END $$;
-- In ORDER BY: boolean, number, string, array, object; strings as AWS's example has them, "Amazon" before "AWS" (query-super, "Order by").
CREATE FUNCTION pg_redshift.super_rank(v pg_redshift.any_super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT array_position(ARRAY['null', 'boolean', 'number', 'string', 'array', 'object'], json_typeof(v::json)) $$;
CREATE FUNCTION pg_redshift.super_cmp(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    before integer := pg_redshift.super_rank(a) - pg_redshift.super_rank(b);
BEGIN
    IF before = 0 AND json_typeof(a::json) = 'string' THEN
        before := bttextcmp(lower(a::json #>> '{}'), lower(b::json #>> '{}'));
    END IF;
    RETURN CASE WHEN before = 0 THEN jsonb_cmp(a::json::jsonb, b::json::jsonb) ELSE before END;
END $$;
CREATE FUNCTION pg_redshift.super_hash(v pg_redshift.any_super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_hash(v::json::jsonb) $$;

CREATE OPERATOR pg_catalog.= (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_eq, COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), HASHES, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_ne, COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_lt, COMMUTATOR = OPERATOR(pg_catalog.>));
CREATE OPERATOR pg_catalog.> (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_gt, COMMUTATOR = OPERATOR(pg_catalog.<));
CREATE OPERATOR pg_catalog.<= (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_le, COMMUTATOR = OPERATOR(pg_catalog.>=));
CREATE OPERATOR pg_catalog.>= (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_ge, COMMUTATOR = OPERATOR(pg_catalog.<=));
CREATE OPERATOR CLASS pg_redshift.super_ops DEFAULT FOR TYPE pg_redshift.any_super USING btree AS
    OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=, OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
    FUNCTION 1 pg_redshift.super_cmp(pg_redshift.any_super, pg_redshift.any_super);
CREATE OPERATOR CLASS pg_redshift.super_hash_ops DEFAULT FOR TYPE pg_redshift.any_super USING hash AS
    OPERATOR 1 pg_catalog.=, FUNCTION 1 pg_redshift.super_hash(pg_redshift.any_super);

-- A SUPER value beside a string, a number or a boolean; and arithmetic, which is of floating-point numbers when one of the two is.
CREATE FUNCTION pg_redshift.super_against(op text, a super, b super) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    kind text := json_typeof(a::json);
    order_ integer;
BEGIN
    IF a IS NULL OR b IS NULL THEN RETURN NULL; END IF;
    IF kind <> json_typeof(b::json) THEN RETURN CASE op WHEN '=' THEN false WHEN '<>' THEN true END; END IF;
    order_ := CASE kind WHEN 'string' THEN bttextcmp(rtrim(a::json #>> '{}', ' '), rtrim(b::json #>> '{}', ' ')) ELSE jsonb_cmp(a::json::jsonb, b::json::jsonb) END;
    RETURN CASE op WHEN '=' THEN order_ = 0 WHEN '<>' THEN order_ <> 0 WHEN '<' THEN order_ < 0 WHEN '<=' THEN order_ <= 0
        WHEN '>' THEN order_ > 0 ELSE order_ >= 0 END;
END $$;
CREATE FUNCTION pg_redshift.super_reckon(op text, a super, b super) RETURNS super LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    x numeric := pg_redshift.super_number(a);
    y numeric := pg_redshift.super_number(b);
    r numeric;
BEGIN
    IF x IS NULL OR y IS NULL THEN RETURN NULL; END IF;
    r := CASE op WHEN '+' THEN x + y WHEN '-' THEN x - y WHEN '*' THEN x * y WHEN '%' THEN x % y
        ELSE CASE WHEN pg_redshift.super_whole(a) IS NOT NULL AND pg_redshift.super_whole(b) IS NOT NULL THEN trunc(x / y) ELSE x / y END END;
    IF (a::json::text || b::json::text) ~ '[eE]' THEN RETURN pg_redshift.to_super(r::double precision); END IF;
    RETURN pg_redshift.to_super(r);
END $$;
DO $$
DECLARE
    op text; kind text; made text; swapped text; returned text; inner_ text;
    ops constant text[] := ARRAY['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%'];
    names constant text[] := ARRAY['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'add', 'sub', 'mul', 'div', 'mod'];
BEGIN
    FOR i IN 1 .. cardinality(ops) LOOP
        op := ops[i];
        inner_ := CASE WHEN i <= 6 THEN 'super_against' ELSE 'super_reckon' END;
        returned := CASE WHEN i <= 6 THEN 'boolean' ELSE 'super' END;
        FOREACH kind IN ARRAY ARRAY['text', 'boolean', 'smallint', 'integer', 'bigint', 'numeric', 'double precision'] LOOP
            CONTINUE WHEN i > 6 AND kind IN ('text', 'boolean');
            made := format('pg_redshift.super_%s_right', names[i]);
            EXECUTE format('CREATE OR REPLACE FUNCTION %s(a pg_redshift.any_super, b %s) RETURNS %s LANGUAGE sql IMMUTABLE AS $f$ SELECT pg_redshift.%s(%L, a::super, pg_redshift.to_super(b)) $f$', made, kind, returned, inner_, op);
            PERFORM pg_redshift.make(format('CREATE OPERATOR pg_catalog.%s (LEFTARG = pg_redshift.any_super, RIGHTARG = %s, FUNCTION = %s)', op, kind, made));
            made := format('pg_redshift.super_%s_left', names[i]);
            EXECUTE format('CREATE OR REPLACE FUNCTION %s(a %s, b pg_redshift.any_super) RETURNS %s LANGUAGE sql IMMUTABLE AS $f$ SELECT pg_redshift.%s(%L, pg_redshift.to_super(a), b::super) $f$', made, kind, returned, inner_, op);
            PERFORM pg_redshift.make(format('CREATE OPERATOR pg_catalog.%s (LEFTARG = %s, RIGHTARG = pg_redshift.any_super, FUNCTION = %s)', op, kind, made));
        END LOOP;
        CONTINUE WHEN i <= 6;
        made := format('pg_redshift.super_%s', names[i]);
        EXECUTE format('CREATE OR REPLACE FUNCTION %s(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS super LANGUAGE sql IMMUTABLE AS $f$ SELECT pg_redshift.super_reckon(%L, a::super, b::super) $f$', made, op);
        PERFORM pg_redshift.make(format('CREATE OPERATOR pg_catalog.%s (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = %s)', op, made));
    END LOOP;
END $$;
CREATE FUNCTION pg_redshift.super_minus(v super) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_reckon('-', '0', v) $$;
CREATE OPERATOR pg_catalog.- (RIGHTARG = super, FUNCTION = pg_redshift.super_minus);
CREATE FUNCTION pg_redshift.super_joined(a pg_redshift.any_super, b text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.super_text(a::super) || b $$;
CREATE FUNCTION pg_redshift.super_joined(a text, b pg_redshift.any_super) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT a || pg_redshift.super_text(b::super) $$;
CREATE FUNCTION pg_redshift.super_joined(a pg_redshift.any_super, b pg_redshift.any_super) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_text(a::super) || pg_redshift.super_text(b::super) $$;
CREATE OPERATOR pg_catalog.|| (LEFTARG = pg_redshift.any_super, RIGHTARG = text, FUNCTION = pg_redshift.super_joined);
CREATE OPERATOR pg_catalog.|| (LEFTARG = text, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_joined);
CREATE OPERATOR pg_catalog.|| (LEFTARG = pg_redshift.any_super, RIGHTARG = pg_redshift.any_super, FUNCTION = pg_redshift.super_joined);

-- Aggregates.
CREATE FUNCTION pg_redshift.super_sum_step(state super, v super) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN state IS NULL THEN CASE WHEN json_typeof(v::json) = 'number' THEN v END
        ELSE coalesce(pg_redshift.super_reckon('+', state, v), state) END $$;
CREATE AGGREGATE pg_redshift.sum(super) (SFUNC = pg_redshift.super_sum_step, STYPE = super);
CREATE FUNCTION pg_redshift.avg(total super, count bigint) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_reckon('/', total, pg_redshift.to_super(count)) $$;
CREATE FUNCTION pg_redshift.super_greater(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN pg_redshift.super_cmp(a, b) >= 0 THEN a ELSE b END $$;
CREATE FUNCTION pg_redshift.super_smaller(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN pg_redshift.super_cmp(a, b) <= 0 THEN a ELSE b END $$;
CREATE AGGREGATE pg_catalog.max(super) (SFUNC = pg_redshift.super_greater, STYPE = super);
CREATE AGGREGATE pg_catalog.min(super) (SFUNC = pg_redshift.super_smaller, STYPE = super);
