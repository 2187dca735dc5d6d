-- Intervals of months, and of microseconds (AWS r_interval_data_types).
CREATE FUNCTION pg_redshift.composite_allowed() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('redshift.interval_forbid_composite_literals', true), '') = 'off' $$;
CREATE FUNCTION pg_redshift.year_to_month(v interval) RETURNS interval LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN make_interval(months => (extract(year FROM v) * 12 + extract(month FROM v))::integer); END $$;
CREATE FUNCTION pg_redshift.day_to_second(v interval) RETURNS interval LANGUAGE plpgsql STABLE AS $$
DECLARE
    months integer := extract(year FROM v) * 12 + extract(month FROM v);
BEGIN
    IF months <> 0 AND NOT pg_redshift.composite_allowed() THEN
        RAISE EXCEPTION USING ERRCODE = '22007', MESSAGE = 'Interval Day To Second literal cannot contain year-month parts. '
            'Disable the GUC interval_forbid_composite_literals to suppress this error and silently discard the year-month part.';
    END IF;
    RETURN justify_hours(v - make_interval(months => months));
END $$;
CREATE FUNCTION pg_redshift.months_added(v date, months interval) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT (v + months)::date $$;
CREATE FUNCTION pg_redshift.months_added(v timestamp, months interval) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$ SELECT v + months $$;
CREATE FUNCTION pg_redshift.months_added(v timestamptz, months interval) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT v + months $$;
CREATE FUNCTION pg_redshift.months_added(v interval, months interval) RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT v + months $$;

CREATE FUNCTION pg_redshift.shown_intervaly2m(v interval) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT format('%s years %s mons', extract(year FROM v), extract(month FROM v)) $$;
CREATE FUNCTION pg_redshift.shown_intervald2s(v interval) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT format('%s days %s hours %s mins %s secs', extract(day FROM v), extract(hour FROM v), extract(minute FROM v),
        CASE WHEN s = trunc(s) THEN trunc(s)::text || '.0' ELSE trim_scale(s)::text END)
    FROM (SELECT extract(second FROM v) AS s) AS seconds $$;

-- On the wire an interval is microseconds, two bytes for days and two for months; PostgreSQL has four for each. Days are told
-- in microseconds: a day has 24 hours in Redshift, and two bytes would not hold all of them.
CREATE FUNCTION pg_redshift.interval_sent(v interval) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    months integer := extract(year FROM v) * 12 + extract(month FROM v);
    microseconds bigint := extract(epoch FROM v - make_interval(months => months)) * 1000000;
BEGIN RETURN int8send(microseconds) || '\x0000' || int2send(months::smallint); END $$;
UPDATE pg_catalog.pg_type SET typsend = 'pg_redshift.interval_sent(interval)'::regprocedure WHERE oid = 'interval'::regtype;
