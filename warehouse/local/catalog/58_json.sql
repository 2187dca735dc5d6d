-- JSON in strings (AWS "JSON functions", json-functions), and SUPER, which is jsonb behind us.

CREATE FUNCTION pg_redshift.json_or_raise(value text, quiet boolean) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF value IS NULL OR value IS JSON THEN RETURN value::json; END IF;
    IF quiet THEN RETURN NULL; END IF;
    RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = 'JSON parsing error', DETAIL = format('invalid json object %s', left(value, 200));
END $$;
CREATE FUNCTION pg_redshift.json_path(value text, path text[], quiet boolean) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.json_or_raise(value, quiet) #>> path $$;
CREATE FUNCTION pg_redshift.json_array(value text, quiet boolean) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF value IS NULL OR value IS JSON ARRAY THEN RETURN value::json; END IF;
    IF quiet THEN RETURN NULL; END IF;
    RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = 'JSON array parsing error', DETAIL = format('invalid json array object %s', left(value, 200));
END $$;
CREATE FUNCTION pg_redshift.json_extract_array_element_text(value text, place integer, quiet boolean DEFAULT false) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN place >= 0 THEN pg_redshift.json_array(value, quiet) ->> place END $$;
CREATE FUNCTION pg_redshift.json_array_length(value text, quiet boolean DEFAULT false) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.json_array_length(pg_redshift.json_array(value, quiet)) $$;
CREATE FUNCTION pg_redshift.is_valid_json(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT value IS JSON OBJECT $$;
CREATE FUNCTION pg_redshift.is_valid_json_array(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT value IS JSON ARRAY $$;

CREATE FUNCTION pg_redshift.can_json_parse(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT value IS JSON $$;
CREATE FUNCTION pg_redshift.json_parse(value text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.json_or_raise(value, false)::jsonb $$;
-- Without the blanks that PostgreSQL prints.
CREATE FUNCTION pg_redshift.json_serialize(value jsonb) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(value)
        WHEN 'object' THEN '{' || coalesce((SELECT string_agg(to_json(k)::text || ':' || pg_redshift.json_serialize(v), ',') FROM jsonb_each(value) AS e(k, v)), '') || '}'
        WHEN 'array' THEN '[' || coalesce((SELECT string_agg(pg_redshift.json_serialize(v), ',' ORDER BY place) FROM jsonb_array_elements(value) WITH ORDINALITY AS e(v, place)), '') || ']'
        ELSE value::text END
$$;
CREATE FUNCTION pg_redshift.json_typeof(value jsonb) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(value) $$;
CREATE FUNCTION pg_redshift.get_array_length(value jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN jsonb_array_length(value) END $$;
CREATE FUNCTION pg_redshift.split_to_array(value text, delimiter text DEFAULT ',') RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT to_jsonb(string_to_array(value, delimiter)) $$;
CREATE FUNCTION pg_redshift.array_concat(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(a) = 'array' AND jsonb_typeof(b) = 'array' THEN a || b END $$;
CREATE FUNCTION pg_redshift.array_flatten(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(x ORDER BY p, q), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY AS e(v, p)
    CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(v) = 'array' THEN v ELSE jsonb_build_array(v) END) WITH ORDINALITY AS f(x, q) $$;
CREATE FUNCTION pg_redshift.subarray(value jsonb, start integer, length integer) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(v ORDER BY p), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY AS e(v, p) WHERE p > start AND p <= start + length $$;
CREATE FUNCTION pg_redshift.is_array(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(value) = 'array' $$;
CREATE FUNCTION pg_redshift.is_object(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(value) = 'object' $$;
CREATE FUNCTION pg_redshift.is_boolean(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(value) = 'boolean' $$;
CREATE FUNCTION pg_redshift.is_varchar(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(value) = 'string' $$;
CREATE FUNCTION pg_redshift.is_scalar(value jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(value) NOT IN ('array', 'object') $$;
