-- Arrays as sets (AWS array_contains, array_distinct, array_except, array_intersection, array_position, array_positions, array_sort,
-- array_union, arrays_overlap): NULL is an element like any other, unless a search is told otherwise.

CREATE FUNCTION pg_redshift.nulls_match(wanted boolean) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(wanted, coalesce(current_setting('redshift.default_array_search_null_handling', true), '') <> 'off') $$;
CREATE FUNCTION pg_redshift.array_elements(value super) RETURNS TABLE (item jsonb, shown super, place bigint) LANGUAGE sql IMMUTABLE AS $$
    SELECT e.v::jsonb, e.v::super, e.n - 1 FROM json_array_elements(CASE WHEN json_typeof(value::json) = 'array' THEN value::json END) WITH ORDINALITY AS e(v, n) $$;
CREATE FUNCTION pg_redshift.array_find(items super, wanted super, null_match boolean) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    found bigint[];
BEGIN
    IF items IS NULL OR json_typeof(items::json) <> 'array' OR (wanted IS NULL AND NOT pg_redshift.nulls_match(null_match)) THEN RETURN NULL; END IF;
    SELECT coalesce(array_agg(place ORDER BY place), '{}') INTO found FROM pg_redshift.array_elements(items) WHERE item = coalesce(wanted::json::jsonb, 'null');
    IF found = '{}' AND NOT pg_redshift.nulls_match(null_match) AND EXISTS (SELECT FROM pg_redshift.array_elements(items) WHERE item = 'null') THEN
        RETURN NULL;
    END IF;
    RETURN found;
END $$;
CREATE FUNCTION pg_redshift.array_contains(items super, wanted super, null_match boolean DEFAULT NULL) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT cardinality(pg_redshift.array_find(items, wanted, null_match)) > 0 $$;
CREATE FUNCTION pg_redshift.array_position(items super, wanted super, null_match boolean DEFAULT NULL) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN found IS NULL THEN NULL ELSE coalesce(found[1], -1) END::integer FROM pg_redshift.array_find(items, wanted, null_match) AS found $$;
CREATE FUNCTION pg_redshift.array_positions(items super, wanted super, null_match boolean DEFAULT NULL) RETURNS super LANGUAGE sql STABLE AS $$
    SELECT ('[' || array_to_string(found, ',') || ']')::json::super FROM pg_redshift.array_find(items, wanted, null_match) AS found $$;
CREATE FUNCTION pg_redshift.array_distinct(items super) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_from(ARRAY(SELECT (array_agg(shown ORDER BY place))[1] FROM pg_redshift.array_elements(items) GROUP BY item ORDER BY min(place)))
    WHERE json_typeof(items::json) = 'array' $$;
CREATE FUNCTION pg_redshift.array_union(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.array_distinct(pg_redshift.array_concat(a, b)) $$;
-- The nth of equal elements in one array meets the nth in the other.
CREATE FUNCTION pg_redshift.array_matched(a super, b super, one_of_each boolean, wanted boolean) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.super_from(ARRAY(
        SELECT x.shown FROM (SELECT *, row_number() OVER (PARTITION BY item ORDER BY place) AS nth FROM pg_redshift.array_elements(a)) AS x
        WHERE (NOT one_of_each OR x.nth = 1)
          AND EXISTS (SELECT FROM (SELECT item, row_number() OVER (PARTITION BY item ORDER BY place) AS nth FROM pg_redshift.array_elements(b)) AS y
                      WHERE y.item = x.item AND (one_of_each OR y.nth = x.nth)) = wanted
        ORDER BY x.place))
    WHERE json_typeof(a::json) = 'array' AND json_typeof(b::json) = 'array' $$;
CREATE FUNCTION pg_redshift.array_intersection(a super, b super, one_of_each boolean DEFAULT false) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.array_matched(a, b, one_of_each, true) $$;
CREATE FUNCTION pg_redshift.array_except(a super, b super, one_of_each boolean DEFAULT false) RETURNS super LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.array_matched(a, b, one_of_each, false) $$;
CREATE FUNCTION pg_redshift.arrays_overlap(a super, b super) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (SELECT FROM pg_redshift.array_elements(a) AS x JOIN pg_redshift.array_elements(b) AS y ON x.item = y.item)
    WHERE json_typeof(a::json) = 'array' AND json_typeof(b::json) = 'array' $$;
-- NULLs come last going up, first going down, unless said otherwise.
CREATE FUNCTION pg_redshift.array_sort(items super, ascending boolean DEFAULT true, nulls_first boolean DEFAULT NULL) RETURNS super LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    up super[]; nulls super[];
BEGIN
    IF items IS NULL OR json_typeof(items::json) <> 'array' THEN RETURN NULL; END IF;
    SELECT array_agg(shown ORDER BY shown) FILTER (WHERE item <> 'null'), array_agg(shown) FILTER (WHERE item = 'null') INTO up, nulls FROM pg_redshift.array_elements(items);
    IF NOT ascending THEN SELECT array_agg(up[i] ORDER BY i DESC) INTO up FROM generate_subscripts(up, 1) AS i; END IF;
    RETURN pg_redshift.super_from(CASE WHEN coalesce(nulls_first, NOT ascending) THEN coalesce(nulls, '{}') || coalesce(up, '{}') ELSE coalesce(up, '{}') || coalesce(nulls, '{}') END);
END $$;

-- Objects: attributes kept, set and renamed (AWS r_object_transform_function, r_lower_attribute_names).
CREATE FUNCTION pg_redshift.path_parts(path text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF path !~ '^"[^"]*"(\."[^"]*")*$' THEN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('invalid path: %s', path); END IF;
    RETURN string_to_array(substr(path, 2, length(path) - 2), '"."');
END $$;
CREATE FUNCTION pg_redshift.object_kept(value json, paths json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '{' || coalesce(string_agg(to_json(e.key)::text || ':' || CASE WHEN whole THEN e.value::text ELSE pg_redshift.object_kept(e.value, deeper) END, ',' ORDER BY n), '') || '}'
    FROM (SELECT key, value, row_number() OVER () AS n FROM json_each(value)) AS e
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(json_array_length(p) = 1), false) AS whole,
               json_agg((SELECT json_agg(part ORDER BY i) FROM json_array_elements_text(p) WITH ORDINALITY AS q(part, i) WHERE i > 1)) FILTER (WHERE json_array_length(p) > 1) AS deeper
        FROM json_array_elements(paths) AS p WHERE p ->> 0 = e.key) AS found
    WHERE whole OR (deeper IS NOT NULL AND json_typeof(e.value) = 'object') $$;
CREATE FUNCTION pg_redshift.object_set(value json, path text[], new json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || CASE WHEN key <> path[1] THEN value::text WHEN cardinality(path) = 1 THEN new::text
               ELSE pg_redshift.object_set(CASE json_typeof(value) WHEN 'object' THEN value ELSE '{}' END, path[2:], new) END, ',' ORDER BY n), '') || '}'
    FROM (SELECT key, value, n FROM (SELECT e.key, e.value, row_number() OVER () AS n FROM json_each(object_set.value) AS e) AS own
          UNION ALL SELECT path[1], '{}', 1000000000 WHERE object_set.value -> path[1] IS NULL) AS parts(key, value, n) $$;
CREATE FUNCTION pg_redshift.object_transform(value super, keep text[], paths text[], news super[]) RETURNS super LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    made json := value;
BEGIN
    IF value IS NULL OR json_typeof(made) <> 'object' OR (cardinality(keep) = 0 AND cardinality(paths) = 0) THEN RETURN value; END IF;
    made := pg_redshift.object_kept(made, coalesce((SELECT json_agg(to_json(pg_redshift.path_parts(k))) FROM unnest(keep) AS k), '[]'));
    FOR i IN 1 .. cardinality(paths) LOOP
        made := pg_redshift.object_set(made, pg_redshift.path_parts(paths[i]), coalesce(news[i]::json, 'null'));
    END LOOP;
    RETURN made;
END $$;
CREATE FUNCTION pg_redshift.attributes_renamed(value json, upwards boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE json_typeof(value)
        WHEN 'object' THEN '{' || coalesce((SELECT string_agg(to_json(CASE WHEN upwards THEN upper(key) ELSE lower(key) END)::text || ':' || pg_redshift.attributes_renamed(e.value, upwards), ',' ORDER BY n)
            FROM (SELECT key, value, row_number() OVER () AS n FROM json_each(attributes_renamed.value)) AS e), '') || '}'
        WHEN 'array' THEN '[' || coalesce((SELECT string_agg(pg_redshift.attributes_renamed(v, upwards), ',' ORDER BY n) FROM json_array_elements(value) WITH ORDINALITY AS e(v, n)), '') || ']'
        ELSE value::text END $$;
CREATE FUNCTION pg_redshift.lower_attribute_names(value super) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.attributes_renamed(value::json, false)::json::super $$;
CREATE FUNCTION pg_redshift.upper_attribute_names(value super) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.attributes_renamed(value::json, true)::json::super $$;

-- TRY_CAST: NULL for a value that does not convert; a conversion that is not permitted is an error (AWS r_TRY_CAST).
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean', 'varchar', 'bpchar', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'super'] LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION pg_redshift.try_cast_%s(value anyelement, type text) RETURNS %s LANGUAGE plpgsql STABLE AS $f$
            DECLARE found %s;
            BEGIN EXECUTE ''SELECT $1::'' || type INTO found USING value; RETURN found;
            EXCEPTION WHEN data_exception OR invalid_text_representation THEN RETURN NULL; END $f$', replace(one, ' ', '_'), one, one);
    END LOOP;
END $$;
