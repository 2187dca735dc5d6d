-- ANALYZE COMPRESSION (AWS r_ANALYZE_COMPRESSION): which encoding would make a column smallest, judged from a sample of its values.
--
-- Nothing is compressed here, so sizes are worked out: what a coder of values needs (their entropy, and each distinct value once), what their
-- range needs, and for text what its characters need. That ranks the encodings as a cluster mostly does; the percentages are estimates.

CREATE FUNCTION pg_redshift.encoded_width(encoding text, raw numeric, by_value numeric, by_range numeric, by_character numeric, dictionary numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT least(raw, greatest(raw * 0.01, CASE encoding WHEN 'none' THEN raw
        WHEN 'az64' THEN least(by_range + 0.1, by_value * 1.1)
        WHEN 'bytedict' THEN dictionary
        WHEN 'lzo' THEN 1.3 * least(by_value, by_range, by_character)
        ELSE least(by_value, by_range + 0.2, by_character) END))
$$;

-- Numbers of a column, as SQL over the column `v`; NULL for what is not a number inside.
CREATE FUNCTION pg_redshift.as_number(type oid) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'v::numeric'
                WHEN type = 'numeric'::regtype THEN 'v * (10::numeric ^ scale(v))'
                WHEN type = 'date'::regtype THEN '(v - date ''2000-01-01'')::numeric'
                WHEN type IN ('timestamp'::regtype, 'timestamptz'::regtype, 'time'::regtype) THEN 'extract(epoch FROM v)::numeric * 1000000' END
$$;

CREATE FUNCTION pg_redshift.best_encoding(rel oid, number smallint, sample bigint, OUT encoding text, OUT reduction numeric)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    here record;
    seen record;
    raw numeric;
    by_value numeric;
    by_range numeric;
    by_character numeric;
    dictionary numeric;
    present numeric;
    smallest numeric;
    one text;
    width numeric;
    candidates text[];
    is_text boolean;
BEGIN
    SELECT a.attname, a.atttypid, trim(pg_redshift.format_encoding(coalesce(e.encoding, 0))) AS encoding INTO here
    FROM pg_catalog.pg_attribute a LEFT JOIN pg_redshift.column_design e ON e.relid = a.attrelid AND e.attnum = a.attnum
    WHERE a.attrelid = rel AND a.attnum = number;
    encoding := here.encoding;
    reduction := 0;
    is_text := here.atttypid IN ('varchar'::regtype, 'bpchar'::regtype);
    candidates := CASE WHEN is_text THEN ARRAY['zstd', 'lzo', 'bytedict']
                       WHEN pg_redshift.as_number(here.atttypid) IS NOT NULL THEN ARRAY['az64', 'zstd', 'bytedict']
                       WHEN here.atttypid IN ('float4'::regtype, 'float8'::regtype) THEN ARRAY['zstd', 'bytedict']
                       WHEN here.atttypid = 'bool'::regtype THEN ARRAY['zstd'] END;
    IF candidates IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'WITH s AS (SELECT %1$I AS v FROM %2$s LIMIT %3$s), g AS (SELECT v, count(*)::numeric AS c FROM s GROUP BY v) '
        'SELECT sum(c) AS rows, count(*) AS distinct_values, ln(greatest(sum(c), 1)) - sum(c * ln(c)) / greatest(sum(c), 1) AS nats, %4$s AS low, %5$s AS high, %6$s AS octets FROM g',
        here.attname, rel::regclass, sample,
        coalesce('min(' || pg_redshift.as_number(here.atttypid) || ')', 'NULL::numeric'),
        coalesce('max(' || pg_redshift.as_number(here.atttypid) || ')', 'NULL::numeric'),
        CASE WHEN is_text THEN 'sum(c * octet_length(v)) / sum(c)' ELSE 'NULL::numeric' END) INTO seen;
    IF coalesce(seen.rows, 0) = 0 THEN
        RETURN; -- "doesn't produce recommendations if the amount of data is insufficient"
    END IF;
    SELECT coalesce(seen.octets + 4, w.width) INTO raw FROM pg_redshift.column_widths(rel) AS w WHERE w.attnum = number;
    by_value := seen.nats / ln(2) / 8 + seen.distinct_values * raw / seen.rows;
    by_range := CASE WHEN seen.high IS NOT NULL THEN greatest(ln(greatest(seen.high - seen.low, 0) + 2) / ln(2), 1) / 8 ELSE raw END;
    by_character := raw;
    IF is_text AND seen.octets > 0 THEN
        EXECUTE format('SELECT 2 + %3$s * greatest(ln(sum(c)) - sum(c * ln(c)) / sum(c), 0) / ln(2) / 8 FROM (SELECT ch, count(*)::numeric AS c FROM (SELECT %1$I AS v FROM %2$s LIMIT 2000) AS s '
                       'CROSS JOIN LATERAL regexp_split_to_table(v, '''') AS ch GROUP BY ch) AS g', here.attname, rel::regclass, seen.octets) INTO by_character;
        by_character := coalesce(by_character, raw);
    END IF;
    dictionary := CASE WHEN seen.distinct_values <= 256 THEN 1 + seen.distinct_values * raw / seen.rows ELSE raw END;
    present := pg_redshift.encoded_width(here.encoding, raw, by_value, by_range, by_character, dictionary);
    smallest := present;
    FOREACH one IN ARRAY candidates LOOP
        width := pg_redshift.encoded_width(one, raw, by_value, by_range, by_character, dictionary);
        IF width < smallest * 0.99 THEN
            encoding := one;
            smallest := width;
        END IF;
    END LOOP;
    reduction := round((1 - smallest / greatest(present, 0.000001)) * 100, 2);
END $$;

-- One row for each column; those that were not asked for say N/A, and columns of the sort key keep what they have.
CREATE FUNCTION pg_redshift.analyze_compression(name text, columns text[], comprows bigint, OUT "Table" text, OUT "Column" text, OUT "Encoding" text,
                                                OUT "Est_reduction_pct" numeric(5,2)) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    rel oid;
    sample bigint := greatest(coalesce(comprows, 0), 100000 * pg_redshift.slices());
    keys smallint[];
BEGIN
    FOR rel IN SELECT t.relid FROM pg_redshift.user_table t WHERE name IS NULL OR t.relid = name::regclass::oid ORDER BY t.nspname, t.relname LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', rel::regclass);
        PERFORM pg_redshift.one_column(rel, one) FROM unnest(columns) AS one;
        SELECT sortkey INTO keys FROM pg_redshift.table_design WHERE relid = rel;
        RETURN QUERY
            SELECT c.relname::text, a.attname::text, CASE WHEN skipped THEN 'N/A' WHEN found.encoding = 'none' THEN 'raw' ELSE found.encoding END,
                   coalesce(found.reduction, 0)::numeric(5,2)
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            CROSS JOIN LATERAL (SELECT columns IS NOT NULL AND NOT a.attname = ANY(columns) AS skipped) AS asked
            LEFT JOIN pg_redshift.column_design e ON e.relid = c.oid AND e.attnum = a.attnum
            LEFT JOIN LATERAL (SELECT CASE WHEN a.attnum = ANY(keys) THEN trim(pg_redshift.format_encoding(coalesce(e.encoding, 0))) ELSE best.encoding END AS encoding,
                                      CASE WHEN a.attnum = ANY(keys) THEN 0 ELSE best.reduction END AS reduction
                               FROM pg_redshift.best_encoding(c.oid, a.attnum, sample) AS best) AS found ON NOT skipped
            WHERE c.oid = rel ORDER BY a.attnum;
    END LOOP;
    IF rel IS NULL AND name IS NOT NULL THEN
        PERFORM name::regclass;
        RAISE EXCEPTION USING ERRCODE = '42809', MESSAGE = format('"%s" is not a table', replace(name, '"', ''));
    END IF;
END $$;
