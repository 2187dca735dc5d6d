-- JSON in strings (AWS "JSON functions", json-functions).

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
