-- Aggregates with Redshift's result types (AWS c_Aggregate_Functions). translate/aggregates.py calls them.

-- SUM of integers is BIGINT, of DECIMAL stays DECIMAL, of REAL is DOUBLE PRECISION.
CREATE AGGREGATE pg_redshift.sum(bigint) (SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = safe,
    MSFUNC = int8pl, MINVFUNC = int8mi, MSTYPE = bigint);
CREATE AGGREGATE pg_redshift.sum(integer) (SFUNC = int4_sum, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = safe);
CREATE AGGREGATE pg_redshift.sum(smallint) (SFUNC = int2_sum, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = safe);
CREATE AGGREGATE pg_redshift.sum(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_sum,
    COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = safe);
CREATE AGGREGATE pg_redshift.sum(double precision) (SFUNC = float8pl, STYPE = double precision, COMBINEFUNC = float8pl, PARALLEL = safe);
CREATE AGGREGATE pg_redshift.sum(interval) (SFUNC = interval_pl, STYPE = interval);

CREATE FUNCTION pg_redshift.avg(total bigint, count bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT total / count $$;
CREATE FUNCTION pg_redshift.avg(total numeric, count bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT trunc(total / count, scale(total)) $$;
CREATE FUNCTION pg_redshift.avg(total double precision, count bigint) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT total / count $$;
CREATE FUNCTION pg_redshift.avg(total interval, count bigint) RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT total / count $$;

-- Conditions may be integers.
CREATE AGGREGATE pg_redshift.bool_and(boolean) (SFUNC = booland_statefunc, STYPE = boolean);
CREATE AGGREGATE pg_redshift.bool_or(boolean) (SFUNC = boolor_statefunc, STYPE = boolean);
CREATE FUNCTION pg_redshift.bool_and_step(state boolean, value integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN state WHEN state IS NULL THEN value <> 0 ELSE state AND value <> 0 END $$;
CREATE FUNCTION pg_redshift.bool_or_step(state boolean, value integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN state WHEN state IS NULL THEN value <> 0 ELSE state OR value <> 0 END $$;
CREATE AGGREGATE pg_redshift.bool_and(integer) (SFUNC = pg_redshift.bool_and_step, STYPE = boolean);
CREATE AGGREGATE pg_redshift.bool_or(integer) (SFUNC = pg_redshift.bool_or_step, STYPE = boolean);

-- LISTAGG leaves NULLs and empty strings out, and is limited to the size of a VARCHAR (AWS r_LISTAGG).
CREATE FUNCTION pg_redshift.fitting_list(list text) RETURNS varchar LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF octet_length(list) > 65535 THEN
        RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE = 'Result size exceeds LISTAGG limit', DETAIL = 'LISTAGG limit: 65535';
    END IF;
    RETURN list;
END $$;
CREATE FUNCTION pg_redshift.listagg(items anyarray, separator text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.fitting_list(string_agg(item, coalesce(separator, '') ORDER BY place))
    FROM unnest(items::text[]) WITH ORDINALITY AS i(item, place) WHERE item <> ''
$$;
CREATE FUNCTION pg_redshift.listagg_distinct(items anyarray, separator text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.fitting_list(string_agg(item, coalesce(separator, '') ORDER BY first))
    FROM (SELECT item, min(place) AS first FROM unnest(items::text[]) WITH ORDINALITY AS i(item, place) WHERE item <> '' GROUP BY item) AS d
$$;

-- PERCENTILE_CONT and MEDIAN interpolate between sorted values; DECIMALs keep their scale, integers gain one digit (AWS r_WF_MEDIAN).
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items numeric[], down boolean DEFAULT false, digits integer DEFAULT NULL)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    WITH sorted AS (SELECT array_agg(v ORDER BY v) AS a, count(*)::integer AS n, max(scale(v)) AS s FROM unnest(items) AS v WHERE v IS NOT NULL),
         place AS (SELECT *, 1 + CASE WHEN down THEN 1 - fraction ELSE fraction END * (n - 1) AS rn FROM sorted)
    SELECT round(a[floor(rn)::integer] + (a[ceil(rn)::integer] - a[floor(rn)::integer]) * (rn - floor(rn)), coalesce(digits, s)) FROM place
$$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items bigint[], down boolean DEFAULT false) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.percentile_cont(fraction, items::numeric[], down, 1) $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items integer[], down boolean DEFAULT false) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.percentile_cont(fraction, items::numeric[], down, 1) $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items smallint[], down boolean DEFAULT false) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.percentile_cont(fraction, items::numeric[], down, 1) $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items double precision[], down boolean DEFAULT false) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT percentile_cont(CASE WHEN down THEN 1 - fraction ELSE fraction END::double precision) WITHIN GROUP (ORDER BY v) FROM unnest(items) AS v $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items real[], down boolean DEFAULT false) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.percentile_cont(fraction, items::double precision[], down) $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items timestamp[], down boolean DEFAULT false) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamp '2000-01-01' + percentile_cont(CASE WHEN down THEN 1 - fraction ELSE fraction END::double precision)
        WITHIN GROUP (ORDER BY v - timestamp '2000-01-01') FROM unnest(items) AS v $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items timestamptz[], down boolean DEFAULT false) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT timestamptz '2000-01-01' + percentile_cont(CASE WHEN down THEN 1 - fraction ELSE fraction END::double precision)
        WITHIN GROUP (ORDER BY v - timestamptz '2000-01-01') FROM unnest(items) AS v $$;
CREATE FUNCTION pg_redshift.percentile_cont(fraction numeric, items date[], down boolean DEFAULT false) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.percentile_cont(fraction, items::timestamp[], down)::date $$;

CREATE FUNCTION pg_redshift.percentile_disc(fraction numeric, items anyarray, down boolean DEFAULT false) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE WHEN down THEN array_agg(v ORDER BY v DESC) ELSE array_agg(v ORDER BY v) END)[greatest(1, ceil(fraction * count(*)))::integer]
    FROM unnest(items) AS v WHERE v IS NOT NULL
$$;

CREATE FUNCTION pg_redshift.ratio_to_report(value double precision, total double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT value / nullif(total, 0) $$;

-- IGNORE NULLS: the nth value that is present, from the front or from the back.
CREATE FUNCTION pg_redshift.nth_present(items anyarray, nth bigint, backwards boolean) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$
    SELECT (array_remove(items, NULL))[CASE WHEN backwards THEN cardinality(array_remove(items, NULL)) - nth + 1 ELSE nth END::integer]
$$;
