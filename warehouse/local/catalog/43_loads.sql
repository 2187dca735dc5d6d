-- What COPY left behind. Values of the STL_ views are blank padded (REDSHIFT.md, section 10): readers must TRIM. Everybody sees
-- what he did himself, superusers see all (AWS c_visibility-of-data).

CREATE FUNCTION pg_redshift.sees(user_id integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT user_id = (SELECT oid::integer FROM pg_catalog.pg_roles WHERE rolname = current_user) OR pg_redshift.is_superuser()
$$;
CREATE VIEW pg_redshift.load_seen AS SELECT * FROM pg_redshift.load_run WHERE database = current_database() AND pg_redshift.sees(userid);
CREATE VIEW pg_redshift.load_error_seen AS SELECT * FROM pg_redshift.load_error WHERE database = current_database() AND pg_redshift.sees(userid);

CREATE VIEW pg_redshift.stl_load_errors AS
SELECT userid, slice, tbl, starttime, session, query::integer AS query, filename::character(256) AS filename, line_number, colname::character(127) AS colname,
       type::character(10) AS type, col_length::character(10) AS col_length, position, raw_line::character(1024) AS raw_line,
       raw_field_value::character(1024) AS raw_field_value, err_code, err_reason::character(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset,
       0::bigint AS copy_job_id
FROM pg_redshift.load_error_seen;
-- "All data columns including and prior to the column where the parse error occurred"; at most 20 errors of a slice and a load.
CREATE VIEW pg_redshift.stl_loaderror_detail AS
SELECT e.userid, e.slice, e.session, e.query::integer AS query, e.filename::character(256) AS filename, e.line_number, (f.number - 1)::integer AS field,
       (f.value->>0)::character(1024) AS colname, coalesce(f.value->>3, '')::character(1024) AS value, (f.value->>3 IS NULL)::integer AS is_null,
       (f.value->>1)::character(10) AS type, (f.value->>2)::character(10) AS col_length
FROM (SELECT *, row_number() OVER (PARTITION BY query, slice ORDER BY id) AS nth FROM pg_redshift.load_error_seen) AS e
CROSS JOIN LATERAL jsonb_array_elements(e.fields) WITH ORDINALITY AS f(value, number) WHERE e.nth <= 20;
CREATE VIEW pg_redshift.sys_load_error_detail AS
SELECT userid AS user_id, query AS query_id, xid AS transaction_id, session AS session_id, database::text AS database_name, tbl AS table_id, starttime AS start_time,
       filename::character(256) AS file_name, line_number, colname::character(127) AS column_name, type::character(10) AS column_type, col_length::character(10) AS column_length,
       position, err_code AS error_code, err_reason::character(512) AS error_message
FROM pg_redshift.load_error_seen;

-- A row here "does not mean that the load committed" (r_STL_LOAD_COMMITS).
CREATE VIEW pg_redshift.stl_load_commits AS
SELECT userid, query::integer AS query, slice, filename::character(256) AS name, filename::character(256) AS filename, 0 AS byte_offset,
       lines_scanned::integer AS lines_scanned, errors, curtime, 1 AS status, file_format::character(16) AS file_format, 0 AS is_partial, 0::bigint AS start_offset,
       0::bigint AS copy_job_id
FROM pg_redshift.load_commit WHERE pg_redshift.sees(userid);
CREATE VIEW pg_redshift.stl_file_scan AS
SELECT userid, query::integer AS query, slice, filename::character(90) AS name, lines_scanned AS lines, bytes_scanned AS bytes, 0::bigint AS loadtime, curtime,
       0 AS is_partial, 0::bigint AS start_offset
FROM pg_redshift.load_commit WHERE pg_redshift.sees(userid);
CREATE VIEW pg_redshift.sys_load_detail AS
SELECT userid AS user_id, query AS query_id, filename::character(256) AS file_name, bytes_scanned, lines_scanned, 1 AS splits_scanned, curtime AS record_time
FROM pg_redshift.load_commit WHERE pg_redshift.sees(userid);

-- "The first 100 rows on each node slice that required at least one replacement".
CREATE VIEW pg_redshift.replacement_told AS
SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY query, slice ORDER BY filename, line_number) AS nth FROM pg_redshift.load_replacement) AS p WHERE nth <= 100;
CREATE VIEW pg_redshift.stl_replacements AS
SELECT r.userid, r.query::integer AS query, p.slice, r.tbl::integer AS tbl, r.started AS starttime, r.session, p.filename::character(256) AS filename, p.line_number,
       p.colname::character(127) AS colname, p.raw_line::character(1024) AS raw_line
FROM pg_redshift.replacement_told p JOIN pg_redshift.load_seen r USING (query);
CREATE VIEW pg_redshift.sys_copy_replacements AS
SELECT r.userid AS user_id, r.query AS query_id, r.tbl::integer AS table_id, r.started AS start_time, r.session AS session_id, p.filename::character(256) AS file_name,
       p.line_number, p.colname::character(127) AS column_name, p.raw_line::character(1024) AS raw_line
FROM pg_redshift.replacement_told p JOIN pg_redshift.load_seen r USING (query);

CREATE VIEW pg_redshift.sys_load_history AS
SELECT r.userid AS user_id, r.query AS query_id, r.xid AS transaction_id, r.session AS session_id, r.database::text AS database_name, r.status::text AS status,
       (SELECT relname FROM pg_catalog.pg_class WHERE oid = r.tbl)::text AS table_name, r.started AS start_time, r.ended AS end_time,
       (extract(epoch FROM r.ended - r.started) * 1000000)::bigint AS duration, r.source::text AS data_source, r.file_format::text AS file_format, r.loaded_rows,
       coalesce(f.size, 0)::bigint AS loaded_bytes, coalesce(f.files, 0)::integer AS source_file_count, coalesce(f.size, 0)::bigint AS source_file_bytes,
       coalesce(f.files, 0)::integer AS file_count_scanned, coalesce(f.size, 0)::bigint AS file_bytes_scanned, r.errors AS error_count, 0::bigint AS copy_job_id
FROM pg_redshift.load_seen r
LEFT JOIN (SELECT query, count(*) AS files, sum(bytes_scanned) AS size FROM pg_redshift.load_commit GROUP BY query) f USING (query);

-- COMPUPDATE (AWS copy-parameters-data-load): which encodings a COPY leaves the columns of a table that was empty. `how` is PRESET (by type),
-- ON (by a sample) or '' (by type, and only when no column has an encoding other than RAW).
CREATE FUNCTION pg_redshift.choose_encodings(rel oid, how text, comprows bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
    sample bigint := greatest(coalesce(comprows, 0), 100000 * pg_redshift.slices());
    enough boolean;
BEGIN
    IF how = '' AND EXISTS (SELECT FROM pg_redshift.column_design WHERE relid = rel AND encoding NOT IN (0, 128)) THEN
        RETURN;
    END IF;
    IF how = 'ON' THEN
        EXECUTE format('SELECT count(*) = %1$s FROM (SELECT FROM %2$s LIMIT %1$s) AS s', 100000 * pg_redshift.slices(), rel::regclass) INTO enough;
        IF NOT enough THEN
            RETURN; -- "automatic compression will not take place if the amount of data being loaded is insufficient"
        END IF;
    END IF;
    FOR one IN SELECT a.attnum, a.atttypid, a.attnum = ANY(t.sortkey) AS is_key FROM pg_redshift.table_design t
               JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relid AND a.attnum > 0 AND NOT a.attisdropped WHERE t.relid = rel LOOP
        INSERT INTO pg_redshift.column_design (relid, attnum, encoding)
        VALUES (rel, one.attnum, CASE WHEN how = 'ON' AND NOT one.is_key
                                      THEN pg_redshift.encoding_code((SELECT encoding FROM pg_redshift.best_encoding(rel, one.attnum, sample)))
                                      ELSE pg_redshift.default_encoding(one.atttypid, one.is_key, false) END)
        ON CONFLICT (relid, attnum) DO UPDATE SET encoding = EXCLUDED.encoding;
    END LOOP;
END $$;
