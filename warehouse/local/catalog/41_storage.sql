-- Slices, blocks and table sizes, worked out from the rows that the tables hold now.
--
-- A block is 1 MB of one column on one slice. Rows are placed as the distribution style says (by a hash of ours for KEY); a column's
-- bytes are those of its values, uncompressed. So counts have the right shape, and are not what a cluster would show to the block.

-- How many slices this server plays: its option --slices.
CREATE FUNCTION pg_redshift.slices() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('redshift.slices', true), ''), '4')::integer
$$;
CREATE VIEW pg_redshift.stv_slices AS
SELECT 0 AS node, s AS slice, s AS localslice, 'D'::character(1) AS type FROM generate_series(0, pg_redshift.slices() - 1) AS s;

-- Temporary tables of other sessions cannot be read, so they are left out.
CREATE VIEW pg_redshift.user_table AS
SELECT c.oid AS relid, c.relname, n.nspname, d.diststyle, d.distkey, d.sortstyle, d.sortkey, d.encode_auto, d.created, d.backup, c.relowner,
       c.relnatts, c.relpersistence
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_redshift.table_design d ON d.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND (c.relpersistence <> 't' OR c.relnamespace = pg_catalog.pg_my_temp_schema());

-- Rows of each slice. A table that another session holds locked is not waited for: then its last known size is shared out.
CREATE FUNCTION pg_redshift.slice_rows(rel oid, OUT slice integer, OUT rows bigint) RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET lock_timeout = '200ms' AS $$
DECLARE
    design pg_redshift.table_design;
    slices integer := pg_redshift.slices();
    found bigint;
BEGIN
    SELECT * INTO design FROM pg_redshift.table_design WHERE relid = rel;
    IF design.diststyle = 1 THEN
        RETURN QUERY EXECUTE format(
            'SELECT s, coalesce(n, 0) FROM generate_series(0, %1$s - 1) AS s LEFT JOIN (SELECT mod(abs(hashtext(%2$I::text)::bigint), %1$s)::integer AS at, count(*) AS n FROM %3$s GROUP BY 1) AS placed ON at = s',
            slices, pg_redshift.column_name(rel, design.distkey), rel::regclass);
        RETURN;
    END IF;
    BEGIN
        EXECUTE format('SELECT count(*) FROM %s', rel::regclass) INTO found;
    EXCEPTION WHEN lock_not_available THEN
        SELECT greatest(reltuples, 0)::bigint INTO found FROM pg_catalog.pg_class WHERE oid = rel;
    END;
    IF design.diststyle IN (8, 9) THEN -- ALL: whole on the first slice of each node, and there is one node
        RETURN QUERY SELECT s, CASE s WHEN 0 THEN found ELSE 0 END FROM generate_series(0, slices - 1) AS s;
    ELSE
        RETURN QUERY SELECT s, found / slices + CASE WHEN s < found % slices THEN 1 ELSE 0 END FROM generate_series(0, slices - 1) AS s;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    SELECT greatest(reltuples, 0)::bigint INTO found FROM pg_catalog.pg_class WHERE oid = rel;
    RETURN QUERY SELECT s, found / slices FROM generate_series(0, slices - 1) AS s;
END $$;

CREATE FUNCTION pg_redshift.column_name(rel oid, number smallint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum = number
$$;

-- Bytes of a value of each column, on average; text is measured, on a sample of about 100,000 rows when there are more.
CREATE FUNCTION pg_redshift.column_widths(rel oid, OUT col integer, OUT attnum smallint, OUT width numeric) RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET lock_timeout = '200ms' AS $$
DECLARE
    measured text;
    sizes numeric[];
    pages bigint := pg_catalog.pg_relation_size(rel) / 8192;
BEGIN
    SELECT string_agg(CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) THEN format('coalesce(avg(octet_length(%I)), 0) + 4', a.attname)
                           WHEN a.atttypid IN ('super'::regtype, 'varbyte'::regtype) THEN format('coalesce(avg(pg_column_size(%I)), 0) + 4', a.attname)
                           WHEN a.atttypid = 'numeric'::regtype THEN CASE WHEN ((a.atttypmod - 4) >> 16) & 65535 <= 19 THEN '8' ELSE '16' END
                           ELSE greatest(a.attlen, 1)::text END, ', ' ORDER BY a.attnum)
    INTO measured FROM pg_catalog.pg_attribute a WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped;
    EXECUTE format('SELECT ARRAY[%s]::numeric[] FROM %s %s', measured, rel::regclass,
                   CASE WHEN pages > 2000 THEN format('TABLESAMPLE SYSTEM (%s)', greatest(100 * 2000.0 / pages, 0.01)) ELSE '' END) INTO sizes;
    RETURN QUERY SELECT (row_number() OVER (ORDER BY a.attnum) - 1)::integer, a.attnum, sizes[row_number() OVER (ORDER BY a.attnum)]
                 FROM pg_catalog.pg_attribute a WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped;
    -- Three hidden columns: the transactions that inserted and deleted a row, and its number.
    RETURN QUERY SELECT cardinality(sizes) + h, 0::smallint, 8::numeric FROM generate_series(0, 2) AS h;
EXCEPTION WHEN lock_not_available THEN
    RETURN;
END $$;

CREATE VIEW pg_redshift.stv_tbl_perm AS
SELECT s.slice, t.relid::integer AS id, t.relname::character(72) AS name, s.rows, s.rows AS sorted_rows, CASE t.relpersistence WHEN 't' THEN 1 ELSE 0 END AS temp,
       d.oid::integer AS db_id, 0 AS insert_pristine, 0 AS delete_pristine, CASE WHEN t.backup THEN 1 ELSE 0 END AS backup
FROM pg_redshift.user_table t JOIN pg_catalog.pg_database d ON d.datname = current_database() CROSS JOIN LATERAL pg_redshift.slice_rows(t.relid) AS s;

-- One row for each column of a table on each slice that holds rows of it.
CREATE VIEW pg_redshift.column_blocks AS
SELECT t.relid, t.relname, s.slice, s.rows, w.col, w.attnum, greatest(ceil(s.rows * w.width / 1048576), 1)::integer AS blocks
FROM pg_redshift.user_table t CROSS JOIN LATERAL pg_redshift.slice_rows(t.relid) AS s CROSS JOIN LATERAL pg_redshift.column_widths(t.relid) AS w
WHERE s.rows > 0;

CREATE VIEW pg_redshift.stv_blocklist AS
SELECT b.slice, b.col, b.relid::integer AS tbl, n AS blocknum, (b.rows / b.blocks + CASE WHEN n < b.rows % b.blocks THEN 1 ELSE 0 END)::integer AS num_values,
       0 AS extended_limits, NULL::bigint AS minvalue, NULL::bigint AS maxvalue, 0 AS sb_pos, 0 AS pinned, 1 AS on_disk, 0 AS modified, 0 AS hdr_modified,
       0 AS unsorted, 0 AS tombstone, 0 AS preferred_diskno, 0 AS temporary, 0 AS newblock, 0 AS num_readers, 0 AS flags
FROM pg_redshift.column_blocks b CROSS JOIN LATERAL generate_series(0, b.blocks - 1) AS n;

CREATE VIEW pg_redshift.svv_diskusage AS
SELECT p.db_id, p.name, b.slice, b.col, b.tbl, b.blocknum, b.num_values, b.minvalue, b.maxvalue, b.sb_pos, b.pinned, b.on_disk, b.modified,
       b.hdr_modified, b.unsorted, b.tombstone, b.preferred_diskno, b.temporary, b.newblock
FROM pg_redshift.stv_blocklist b JOIN pg_redshift.stv_tbl_perm p ON p.id = b.tbl AND p.slice = b.slice;

CREATE FUNCTION pg_redshift.table_size(rel oid, OUT rows bigint, OUT blocks bigint, OUT most bigint, OUT fewest bigint, OUT widest bigint, OUT sort_blocks bigint)
LANGUAGE sql STABLE AS $$
    WITH placed AS MATERIALIZED (SELECT * FROM pg_redshift.slice_rows(rel)),
         sized AS (SELECT w.attnum, sum(greatest(ceil(p.rows * w.width / 1048576), 1)) AS blocks
                   FROM placed p CROSS JOIN pg_redshift.column_widths(rel) AS w WHERE p.rows > 0 GROUP BY w.col, w.attnum),
         design AS (SELECT sortkey[1] AS first FROM pg_redshift.table_design WHERE relid = rel)
    SELECT (SELECT sum(p.rows) FROM placed p)::bigint, (SELECT sum(s.blocks) FROM sized s)::bigint, (SELECT max(p.rows) FROM placed p), (SELECT min(p.rows) FROM placed p),
           (SELECT max(s.blocks) FROM sized s, design WHERE s.attnum > 0 AND s.attnum <> first)::bigint,
           (SELECT max(s.blocks) FROM sized s, design WHERE s.attnum = first)::bigint
$$;

CREATE VIEW pg_redshift.svv_table_info AS
SELECT current_database()::text AS database, t.nspname::text AS schema, t.relid AS table_id, t.relname::text AS "table",
       CASE WHEN EXISTS (SELECT FROM pg_redshift.column_design e WHERE e.relid = t.relid AND e.encoding <> 0)
            THEN CASE WHEN t.encode_auto THEN 'Y, AUTO(ENCODE)' ELSE 'Y' END ELSE 'N' END AS encoded,
       CASE t.diststyle WHEN 0 THEN 'EVEN' WHEN 8 THEN 'ALL' WHEN 9 THEN 'AUTO(ALL)'
            ELSE 'KEY(' || pg_redshift.column_name(t.relid, t.distkey) || ')' END AS diststyle,
       CASE WHEN t.sortstyle = 'auto' AND cardinality(t.sortkey) = 0 THEN 'AUTO(SORTKEY)'
            WHEN t.sortstyle = 'auto' THEN 'AUTO(SORTKEY(' || pg_redshift.column_name(t.relid, t.sortkey[1]) || '))'
            WHEN t.sortstyle = 'interleaved' THEN 'INTERLEAVED'
            ELSE pg_redshift.column_name(t.relid, t.sortkey[1]) END AS sortkey1,
       (SELECT max(a.atttypmod - 4) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = t.relid AND a.atttypid = 'varchar'::regtype AND NOT a.attisdropped) AS max_varchar,
       (SELECT trim(pg_redshift.format_encoding(e.encoding)) FROM pg_redshift.column_design e
        WHERE e.relid = t.relid AND e.attnum = t.sortkey[1]) AS sortkey1_enc,
       cardinality(t.sortkey) AS sortkey_num, sized.blocks AS size,
       NULL::numeric(10,4) AS pct_used, 0::bigint AS empty, CASE WHEN cardinality(t.sortkey) > 0 THEN 0 END::numeric(5,2) AS unsorted, 0::numeric(5,2) AS stats_off,
       sized.rows::numeric(38,0) AS tbl_rows, round(sized.widest::numeric / sized.sort_blocks, 2)::numeric(19,2) AS skew_sortkey1,
       CASE t.diststyle WHEN 1 THEN round(sized.most::numeric / greatest(sized.fewest, 1), 2) END::numeric(19,2) AS skew_rows,
       sized.rows::numeric(38,0) AS estimated_visible_rows, NULL::text AS risk_event, NULL::numeric(12,2) AS vacuum_sort_benefit,
       t.created AS create_time
FROM pg_redshift.user_table t CROSS JOIN LATERAL pg_redshift.table_size(t.relid) AS sized
WHERE sized.rows > 0; -- the real view has no row for an empty table
