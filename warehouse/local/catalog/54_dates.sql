-- Date and time functions (AWS "Date and time functions", c_Date_functions). Parts come in one spelling: translate/dates.py.

CREATE FUNCTION pg_redshift.span(part text) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE part WHEN 'millennium' THEN interval '1000 years' WHEN 'century' THEN interval '100 years' WHEN 'decade' THEN interval '10 years'
        WHEN 'year' THEN interval '1 year' WHEN 'quarter' THEN interval '3 months' WHEN 'month' THEN interval '1 month' WHEN 'week' THEN interval '7 days'
        WHEN 'day' THEN interval '1 day' WHEN 'hour' THEN interval '1 hour' WHEN 'minute' THEN interval '1 minute' WHEN 'second' THEN interval '1 second'
        WHEN 'millisecond' THEN interval '1 millisecond' WHEN 'microsecond' THEN interval '1 microsecond' END
$$;
-- A year from a 29 February is 1 March; twelve months from it are 28 February (AWS r_DATEADD_function).
CREATE FUNCTION pg_redshift.dateadd(part text, n bigint, v timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT v + n * pg_redshift.span(part) + CASE WHEN part = 'year' AND extract(month FROM v) = 2 AND extract(day FROM v) = 29
        AND extract(day FROM v + n * interval '1 year') = 28 THEN interval '1 day' ELSE interval '0' END
$$;
CREATE FUNCTION pg_redshift.dateadd(part text, n bigint, v date) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.dateadd(part, n, v::timestamp) $$;
CREATE FUNCTION pg_redshift.dateadd(part text, n bigint, v text) RETURNS timestamp LANGUAGE sql STABLE AS $$ SELECT pg_redshift.dateadd(part, n, v::timestamp) $$;
CREATE FUNCTION pg_redshift.dateadd(part text, n bigint, v timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT v + n * pg_redshift.span(part) $$;
CREATE FUNCTION pg_redshift.dateadd(part text, n bigint, v time) RETURNS time LANGUAGE sql IMMUTABLE AS $$ SELECT v + n * pg_redshift.span(part) $$;
CREATE FUNCTION pg_redshift.dateadd(part text, n bigint, v timetz) RETURNS timetz LANGUAGE sql IMMUTABLE AS $$ SELECT (v AT TIME ZONE 'UTC') + n * pg_redshift.span(part) $$;

-- How many boundaries of the part lie between.
CREATE FUNCTION pg_redshift.datediff(part text, a timestamp, b timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE part
        WHEN 'millennium' THEN extract(millennium FROM b) - extract(millennium FROM a)
        WHEN 'century' THEN extract(century FROM b) - extract(century FROM a)
        WHEN 'decade' THEN extract(decade FROM b) - extract(decade FROM a)
        WHEN 'year' THEN extract(year FROM b) - extract(year FROM a)
        WHEN 'quarter' THEN (extract(year FROM b) - extract(year FROM a)) * 4 + extract(quarter FROM b) - extract(quarter FROM a)
        WHEN 'month' THEN (extract(year FROM b) - extract(year FROM a)) * 12 + extract(month FROM b) - extract(month FROM a)
        WHEN 'week' THEN (date_trunc('week', b)::date - date_trunc('week', a)::date) / 7
        WHEN 'day' THEN b::date - a::date
        WHEN 'hour' THEN extract(epoch FROM date_trunc('hour', b) - date_trunc('hour', a)) / 3600
        WHEN 'minute' THEN extract(epoch FROM date_trunc('minute', b) - date_trunc('minute', a)) / 60
        WHEN 'second' THEN extract(epoch FROM date_trunc('second', b) - date_trunc('second', a))
        WHEN 'millisecond' THEN extract(epoch FROM date_trunc('milliseconds', b) - date_trunc('milliseconds', a)) * 1000
        WHEN 'microsecond' THEN extract(epoch FROM b - a) * 1000000 END)::bigint
$$;
CREATE FUNCTION pg_redshift.datediff(part text, a date, b date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.datediff(part, a::timestamp, b::timestamp) $$;
CREATE FUNCTION pg_redshift.datediff(part text, a text, b text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.datediff(part, a::timestamp, b::timestamp) $$;
CREATE FUNCTION pg_redshift.datediff(part text, a timestamptz, b timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT pg_redshift.datediff(part, a AT TIME ZONE 'UTC', b AT TIME ZONE 'UTC') $$;
CREATE FUNCTION pg_redshift.datediff(part text, a timetz, b timetz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.datediff(part, (a AT TIME ZONE 'UTC')::time, (b AT TIME ZONE 'UTC')::time) $$;
CREATE FUNCTION pg_redshift.datediff(part text, a time, b time) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.datediff(part, date '2000-01-01' + a, date '2000-01-01' + b) $$;

-- EXTRACT leaves out what is finer and what is coarser than the part (AWS r_Dateparts_for_datetime_functions).
CREATE FUNCTION pg_redshift.whole_part(part text, found double precision) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    -- The first decade is 1 to 9.
    SELECT CASE part WHEN 'decade' THEN floor(found)::bigint + 1 WHEN 'millisecond' THEN floor(found)::bigint % 1000 WHEN 'microsecond' THEN floor(found)::bigint % 1000000 ELSE floor(found)::bigint END
$$;
CREATE FUNCTION pg_redshift.date_part(part text, v timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.date_part(part text, v date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v::timestamp)) $$;
CREATE FUNCTION pg_redshift.date_part(part text, v text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v::timestamp)) $$;
CREATE FUNCTION pg_redshift.date_part(part text, v timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.date_part(part text, v time) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.date_part(part text, v timetz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.date_part(part text, v interval) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.whole_part(part, pg_catalog.date_part(part, v)) $$;

-- DATE_PART tells seconds with their fraction.
CREATE FUNCTION pg_redshift.fine_part(part text, found double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE part WHEN 'decade' THEN found + 1 WHEN 'millisecond' THEN (found::numeric % 1000)::double precision WHEN 'microsecond' THEN (found::numeric % 1000000)::double precision ELSE found END
$$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v timestamp) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v date) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v::timestamp)) $$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v text) RETURNS double precision LANGUAGE sql STABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v::timestamp)) $$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v timestamptz) RETURNS double precision LANGUAGE sql STABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v time) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v timetz) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v)) $$;
CREATE FUNCTION pg_redshift.pgdate_part(part text, v interval) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fine_part(part, pg_catalog.date_part(part, v)) $$;

CREATE FUNCTION pg_redshift.date_trunc(part text, v timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.date_trunc(part, v) $$;
CREATE FUNCTION pg_redshift.date_trunc(part text, v date) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.date_trunc(part, v::timestamp) $$;
CREATE FUNCTION pg_redshift.date_trunc(part text, v text) RETURNS timestamp LANGUAGE sql STABLE AS $$ SELECT pg_catalog.date_trunc(part, v::timestamp) $$;
CREATE FUNCTION pg_redshift.date_trunc(part text, v timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT pg_catalog.date_trunc(part, v) $$;

CREATE FUNCTION pg_redshift.trunc(v timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT v::date $$;
CREATE FUNCTION pg_redshift.trunc(v timestamptz) RETURNS date LANGUAGE sql STABLE AS $$ SELECT v::date $$;
CREATE FUNCTION pg_redshift.trunc(v date) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.trunc(v numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.trunc(v) $$;
CREATE FUNCTION pg_redshift.trunc(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.trunc(v) $$;
CREATE FUNCTION pg_redshift.trunc(v bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.trunc(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.trunc(v numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.trunc(v, digits) $$;
CREATE FUNCTION pg_redshift.trunc(v double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.trunc(v::numeric, digits)::double precision $$;
CREATE FUNCTION pg_redshift.round(v numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.round(v) $$;
CREATE FUNCTION pg_redshift.round(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.round(v::numeric)::double precision $$;
CREATE FUNCTION pg_redshift.round(v bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.round(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.round(v numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.round(v, digits) $$;
CREATE FUNCTION pg_redshift.round(v double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.round(v::numeric, digits)::double precision $$;

CREATE FUNCTION pg_redshift.last_day(v timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT (pg_catalog.date_trunc('month', v) + interval '1 month - 1 day')::date $$;
-- From the last day of a month to the last day of a month (AWS r_ADD_MONTHS).
CREATE FUNCTION pg_redshift.add_months(v timestamp, n bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN v::date = pg_redshift.last_day(v) THEN pg_redshift.last_day(v + n * interval '1 month') + v::time ELSE v + n * interval '1 month' END
$$;
CREATE FUNCTION pg_redshift.next_day(v date, day text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT v + CASE WHEN wanted IS NULL THEN NULL ELSE (wanted - extract(dow FROM v)::integer + 6) % 7 + 1 END
    FROM (SELECT CASE WHEN lower(day) IN ('su', 'sun', 'sunday') THEN 0 WHEN lower(day) IN ('m', 'mo', 'mon', 'monday') THEN 1
        WHEN lower(day) IN ('tu', 'tue', 'tues', 'tuesday') THEN 2 WHEN lower(day) IN ('w', 'we', 'wed', 'wednesday') THEN 3
        WHEN lower(day) IN ('th', 'thu', 'thurs', 'thursday') THEN 4 WHEN lower(day) IN ('f', 'fr', 'fri', 'friday') THEN 5
        WHEN lower(day) IN ('sa', 'sat', 'saturday') THEN 6 END AS wanted) AS w
$$;
CREATE FUNCTION pg_redshift.next_day(v timestamp, day text) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.next_day(v::date, day) $$;
CREATE FUNCTION pg_redshift.next_day(v text, day text) RETURNS date LANGUAGE sql STABLE AS $$ SELECT pg_redshift.next_day(v::date, day) $$;
CREATE FUNCTION pg_redshift.months_between(a timestamp, b timestamp) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT ((extract(year FROM a) - extract(year FROM b)) * 12 + extract(month FROM a) - extract(month FROM b) + CASE
        WHEN extract(day FROM a) = extract(day FROM b) OR (a::date = pg_redshift.last_day(a) AND b::date = pg_redshift.last_day(b)) THEN 0
        ELSE (extract(day FROM a) - extract(day FROM b) + extract(epoch FROM a::time - b::time) / 86400) / 31 END)::double precision
$$;
CREATE FUNCTION pg_redshift.date_part_year(v date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT extract(year FROM v)::integer $$;

-- A zone may carry an offset in POSIX style, where + lies west (AWS CONVERT_TIMEZONE).
CREATE FUNCTION pg_redshift.zone(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN name ~ '^Etc/' OR name !~ '[+-][0-9]' THEN name ELSE regexp_replace(name, '^(.*?) *([+-][0-9:]+)$', '<Z>\2') END
$$;
CREATE FUNCTION pg_redshift.convert_timezone(source text, target text, v timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT v AT TIME ZONE pg_redshift.zone(source) AT TIME ZONE pg_redshift.zone(target) $$;
CREATE FUNCTION pg_redshift.convert_timezone(target text, v timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT v AT TIME ZONE 'UTC' AT TIME ZONE pg_redshift.zone(target) $$;
CREATE FUNCTION pg_redshift.convert_timezone(target text, v timestamptz) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT v AT TIME ZONE pg_redshift.zone(target) $$;
CREATE FUNCTION pg_redshift.convert_timezone(target text, v text) RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT pg_redshift.convert_timezone(target, v::timestamp) $$;

CREATE FUNCTION pg_redshift.compared(a timestamp, b timestamp) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END $$;
CREATE FUNCTION pg_redshift.compared(a timestamptz, b timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END $$;
CREATE FUNCTION pg_redshift.date_cmp(a date, b date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.compared(a::timestamp, b::timestamp) $$;
CREATE FUNCTION pg_redshift.date_cmp_timestamp(a date, b timestamp) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.compared(a::timestamp, b) $$;
CREATE FUNCTION pg_redshift.date_cmp_timestamptz(a date, b timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_redshift.compared(a::timestamptz, b) $$;
CREATE FUNCTION pg_redshift.timestamp_cmp(a timestamp, b timestamp) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.compared(a, b) $$;
CREATE FUNCTION pg_redshift.timestamp_cmp_date(a timestamp, b date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.compared(a, b::timestamp) $$;
CREATE FUNCTION pg_redshift.timestamp_cmp_timestamptz(a timestamp, b timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_redshift.compared(a::timestamptz, b) $$;
CREATE FUNCTION pg_redshift.timestamptz_cmp(a timestamptz, b timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_redshift.compared(a, b) $$;
CREATE FUNCTION pg_redshift.timestamptz_cmp_date(a timestamptz, b date) RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_redshift.compared(a, b::timestamptz) $$;
CREATE FUNCTION pg_redshift.timestamptz_cmp_timestamp(a timestamptz, b timestamp) RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_redshift.compared(a, b::timestamptz) $$;
CREATE FUNCTION pg_redshift.interval_cmp(a interval, b interval) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END $$;

-- Unless it is to be strict, a day that the month has not is counted on into the next month (AWS r_TO_DATE_function).
CREATE FUNCTION pg_redshift.to_date(value text, format text, strict boolean DEFAULT false) RETURNS date LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- Where the day stands: fields of the format are as wide as what they stand for, but for the hour.
    place integer := strpos(regexp_replace(upper(format), 'HH(24|12)', 'HH', 'g'), 'DD');
BEGIN
    RETURN pg_catalog.to_date(value, format);
EXCEPTION WHEN datetime_field_overflow THEN
    IF strict OR place = 0 OR substr(value, place, 2) !~ '^[0-9]{2}$' THEN RAISE; END IF;
    RETURN pg_catalog.to_date(overlay(value PLACING '01' FROM place), format) + substr(value, place, 2)::integer - 1;
END $$;
CREATE FUNCTION pg_redshift.to_timestamp(value text, format text, strict boolean DEFAULT false) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- Likewise hours, minutes and seconds past their limits. Fields are as wide as what they stand for, once HH24 is HH.
    fields constant text := replace(upper(format), 'HH24', 'HH');
    found timestamptz;
    more interval := '0';
    rest text := value;
    one text; place integer; amount integer; most integer; unit text;
BEGIN
    RETURN pg_catalog.to_timestamp(value, format);
EXCEPTION WHEN datetime_field_overflow THEN
    IF strict THEN
        RAISE EXCEPTION USING ERRCODE = '22008', MESSAGE = format('date/time field time value out of range: %s', value);
    END IF;
    FOR one, most, unit IN VALUES ('HH', 23, 'hours'), ('MI', 59, 'minutes'), ('SS', 59, 'seconds'), ('DD', 0, 'days') LOOP
        place := strpos(fields, one);
        CONTINUE WHEN place = 0 OR substr(rest, place, 2) !~ '^[0-9]{2}$';
        amount := substr(rest, place, 2);
        CONTINUE WHEN amount <= most;
        -- The first day of the month, and as many days on.
        rest := overlay(rest PLACING CASE one WHEN 'DD' THEN '01' ELSE '00' END FROM place);
        more := more + (amount - CASE one WHEN 'DD' THEN 1 ELSE 0 END) * ('1 ' || unit)::interval;
    END LOOP;
    RETURN pg_catalog.to_timestamp(rest, format) + more;
END $$;
CREATE FUNCTION pg_redshift.to_timetz(value text) RETURNS timetz LANGUAGE sql STABLE AS $$ SELECT value::timetz AT TIME ZONE 'UTC' $$;
CREATE FUNCTION pg_redshift.utc(value timetz) RETURNS timetz LANGUAGE sql IMMUTABLE AS $$ SELECT value AT TIME ZONE 'UTC' $$;
