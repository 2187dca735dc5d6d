-- What Redshift keeps of a table and PostgreSQL has no place for. Kept by OID, so renames need nothing.

CREATE TABLE IF NOT EXISTS pg_redshift.table_design (
    relid oid PRIMARY KEY,
    diststyle smallint NOT NULL,             -- 0 EVEN, 1 KEY, 8 ALL, 9 AUTO, as pg_class.reldiststyle says it
    distkey smallint,                        -- attnum
    sortstyle text NOT NULL,                 -- auto, none, compound, interleaved
    sortkey smallint[] NOT NULL DEFAULT '{}',
    encode_auto boolean NOT NULL,
    backup boolean NOT NULL DEFAULT true,
    created timestamp NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS pg_redshift.column_design (
    relid oid NOT NULL,
    attnum smallint NOT NULL,
    encoding smallint NOT NULL,
    PRIMARY KEY (relid, attnum)
);

-- Informational constraints: Redshift records them, plans by them and never enforces them.
CREATE SEQUENCE IF NOT EXISTS pg_redshift.constraint_oid START 3000000000 MAXVALUE 4200000000;
CREATE TABLE IF NOT EXISTS pg_redshift.key_constraint (
    oid oid PRIMARY KEY DEFAULT nextval('pg_redshift.constraint_oid')::oid,
    conname name NOT NULL,
    connamespace oid NOT NULL,
    contype "char" NOT NULL,                 -- p, u, f
    conrelid oid NOT NULL,
    confrelid oid NOT NULL DEFAULT 0,
    conkey smallint[] NOT NULL,
    confkey smallint[]
);
CREATE INDEX IF NOT EXISTS key_constraint_of ON pg_redshift.key_constraint (conrelid);
CREATE INDEX IF NOT EXISTS key_constraint_to ON pg_redshift.key_constraint (confrelid);

-- Load errors outlive the transaction that met them, as on a cluster.
CREATE TABLE IF NOT EXISTS pg_redshift.load_error (
    id bigint GENERATED ALWAYS AS IDENTITY,
    userid integer, slice integer, tbl integer, starttime timestamp, session integer, query bigint,
    filename text, line_number bigint, colname text, type text, col_length text, position integer,
    raw_line text, raw_field_value text, err_code integer, err_reason text, xid bigint, database text
);
CREATE TABLE IF NOT EXISTS pg_redshift.load_commit (
    id bigint GENERATED ALWAYS AS IDENTITY,
    userid integer, query bigint, slice integer, filename text, lines_scanned bigint, bytes_scanned bigint, errors integer,
    curtime timestamp, file_format text, tbl integer, session integer
);
-- The columns of a rejected record up to the bad one: [[name, type, length, value], …].
ALTER TABLE pg_redshift.load_error ADD COLUMN IF NOT EXISTS fields jsonb;
-- One row for each COPY that began to load, and for each record in which ACCEPTINVCHARS replaced characters.
CREATE TABLE IF NOT EXISTS pg_redshift.load_run (
    query bigint, userid integer, xid bigint, session integer, database text, status text, tbl oid, started timestamp, ended timestamp,
    source text, file_format text, loaded_rows bigint, errors bigint
);
CREATE TABLE IF NOT EXISTS pg_redshift.load_replacement (
    query bigint, slice integer, filename text, line_number bigint, colname text, raw_line text
);
-- One row for each UNLOAD, and one for each file of it.
CREATE TABLE IF NOT EXISTS pg_redshift.unload_run (
    query bigint, userid integer, xid bigint, pid integer, database text, status text, started timestamp, ended timestamp, file_format text,
    compression text, location text, error text
);
CREATE TABLE IF NOT EXISTS pg_redshift.unload_file (
    query bigint, slice integer, path text, line_count bigint, transfer_size bigint
);
CREATE SEQUENCE IF NOT EXISTS pg_redshift.query_id;

-- Late-binding views; 35_views.sql binds them.
CREATE TABLE IF NOT EXISTS pg_redshift.late_view (
    relid oid PRIMARY KEY,
    columns text NOT NULL,                   -- (a, b) or nothing
    query text NOT NULL,                     -- translated
    reads text[] NOT NULL,
    seen text NOT NULL,                      -- what the relations were when it was bound
    bound boolean NOT NULL
);
ALTER TABLE pg_redshift.late_view ADD COLUMN IF NOT EXISTS said text; -- the statement that made it, as a client said it
