-- Functions of SUPER values (AWS "Object functions", Object_Functions; "Array functions", c_Array_Functions; "SUPER type information
-- functions", c_Type_Info_Functions).

CREATE FUNCTION pg_redshift.can_json_parse(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT value IS JSON WITH UNIQUE KEYS $$;
CREATE FUNCTION pg_redshift.json_parse(value text) RETURNS super LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF value IS NULL THEN RETURN NULL; END IF;
    IF value IS JSON WITH UNIQUE KEYS THEN RETURN pg_redshift.super_compact(value); END IF;
    IF current_setting('redshift.parse_super_null_on_error', true) = 'on' THEN RETURN NULL; END IF;
    RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = 'JSON parsing error', DETAIL = format('invalid json object %s', left(value, 200));
END $$;
CREATE FUNCTION pg_redshift.json_serialize(value super) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    IF octet_length(value::json::text) > 65535 THEN
        RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = 'JSON_SERIALIZE: the text is longer than a VARCHAR may be', HINT = 'JSON_SIZE tells its length.';
    END IF;
    RETURN value::json::text;
END $$;
CREATE FUNCTION pg_redshift.json_size(value super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT octet_length(value::json::text) $$;
CREATE FUNCTION pg_redshift.json_typeof(value super) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT json_typeof(value::json) $$;

-- All of them are false for NULL.
CREATE FUNCTION pg_redshift.is_array(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(json_typeof(value::json) = 'array', false) $$;
CREATE FUNCTION pg_redshift.is_object(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(json_typeof(value::json) = 'object', false) $$;
CREATE FUNCTION pg_redshift.is_scalar(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(json_typeof(value::json) IN ('string', 'number', 'boolean'), false) $$;
CREATE FUNCTION pg_redshift.is_boolean(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(json_typeof(value::json) = 'boolean', false) $$;
CREATE FUNCTION pg_redshift.is_varchar(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(json_typeof(value::json) = 'string', false) $$;
CREATE FUNCTION pg_redshift.is_char(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(json_typeof(value::json) = 'string' AND octet_length(value::json #>> '{}') = length(value::json #>> '{}'), false) $$;
CREATE FUNCTION pg_redshift.is_float(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(json_typeof(value::json) = 'number' AND value::json::text ~ '[eE]', false) $$;
CREATE FUNCTION pg_redshift.is_decimal(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(json_typeof(value::json) = 'number' AND value::json::text !~ '[eE]', false) $$;
CREATE FUNCTION pg_redshift.is_bigint(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(pg_redshift.super_whole(value) BETWEEN -9223372036854775808 AND 9223372036854775807, false) $$;
CREATE FUNCTION pg_redshift.is_integer(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(pg_redshift.super_whole(value) BETWEEN -2147483648 AND 2147483647, false) $$;
CREATE FUNCTION pg_redshift.is_smallint(value super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(pg_redshift.super_whole(value) BETWEEN -32768 AND 32767, false) $$;
CREATE FUNCTION pg_redshift.decimal_precision(value super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_redshift.is_decimal(value) THEN greatest(length(ltrim(translate(value::json::text, '-.', ''), '0')), 1) END $$;
CREATE FUNCTION pg_redshift.decimal_scale(value super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_redshift.is_decimal(value) THEN scale(value::json::text::numeric) END $$;

-- Arrays.
CREATE FUNCTION pg_redshift.super_items(value super) RETURNS super[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(value::json) = 'array' THEN ARRAY(SELECT e::super FROM json_array_elements(value::json) AS e) END $$;
CREATE FUNCTION pg_redshift.super_from(items super[]) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT ('[' || array_to_string(items, ',', 'null') || ']')::json::super $$;
CREATE FUNCTION pg_redshift.get_array_length(value super) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(value::json) = 'array' THEN json_array_length(value::json)::bigint END $$;
CREATE FUNCTION pg_redshift.split_to_array(value text, delimiter text DEFAULT ',') RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_from(ARRAY(SELECT to_json(e)::super FROM unnest(string_to_array(value, delimiter)) AS e)) WHERE value IS NOT NULL $$;
CREATE FUNCTION pg_redshift.array_concat(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_from(pg_redshift.super_items(a) || pg_redshift.super_items(b))
    WHERE json_typeof(a::json) = 'array' AND json_typeof(b::json) = 'array' $$;
-- Arrays within arrays too, however deep (AWS operators-functions).
CREATE FUNCTION pg_redshift.flat_items(value json) RETURNS SETOF super LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE one json;
BEGIN
    FOR one IN SELECT json_array_elements(value) LOOP
        IF json_typeof(one) = 'array' THEN RETURN QUERY SELECT pg_redshift.flat_items(one);
        ELSE RETURN NEXT one::super;
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION pg_redshift.array_flatten(value super) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_from(ARRAY(SELECT pg_redshift.flat_items(value::json))) WHERE json_typeof(value::json) = 'array' $$;
CREATE FUNCTION pg_redshift.subarray(value super, start bigint, length bigint) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_from(ARRAY(SELECT v::super FROM json_array_elements(value::json) WITH ORDINALITY AS e(v, p) WHERE p > first AND p <= first + length ORDER BY p))
    FROM (SELECT CASE WHEN start < 0 THEN json_array_length(value::json) + start ELSE start END AS first WHERE json_typeof(value::json) = 'array') AS f $$;
