-- ALTER TABLE … APPEND (AWS r_ALTER_TABLE_APPEND), and comments on constraints.

ALTER TABLE pg_redshift.key_constraint ADD COLUMN IF NOT EXISTS remarks text;

CREATE FUNCTION pg_redshift.comment_on_constraint(constraint_name text, name text, comment text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pg_redshift.key_constraint SET remarks = comment WHERE conrelid = to_regclass(name) AND conname = constraint_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('constraint "%s" for relation "%s" does not exist', constraint_name, replace(name, '"', ''));
    END IF;
END $$;

CREATE VIEW pg_redshift.append_column AS
SELECT a.attrelid AS rel, a.attname AS name, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, e.encoding
FROM pg_catalog.pg_attribute a LEFT JOIN pg_redshift.column_design e ON e.relid = a.attrelid AND e.attnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped;

CREATE FUNCTION pg_redshift.key_names(rel oid, numbers smallint[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(pg_redshift.column_list(rel, numbers), '')
$$;

-- The rules of both tables, in the order of AWS's page; `mode` is IGNOREEXTRA, FILLTARGET or nothing.
CREATE FUNCTION pg_redshift.append_table(target_name text, source_name text, mode text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target oid := to_regclass(target_name);
    source oid := to_regclass(source_name);
    onto pg_redshift.table_design;
    origin pg_redshift.table_design;
    found text;
    shared text;
BEGIN
    FOR found IN SELECT one FROM unnest(ARRAY[target_name, source_name]) AS one WHERE to_regclass(one) IS NULL LOOP
        RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = format('relation "%s" does not exist', replace(found, '"', ''));
    END LOOP;
    IF target = source OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid IN (target, source) AND (relpersistence = 't' OR relkind <> 'r')) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'ALTER TABLE APPEND needs two permanent tables';
    END IF;
    EXECUTE format('LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', source::regclass, target::regclass);
    SELECT * INTO onto FROM pg_redshift.table_design WHERE relid = target;
    SELECT * INTO origin FROM pg_redshift.table_design WHERE relid = source;
    IF onto.diststyle <> origin.diststyle OR pg_redshift.key_names(target, ARRAY[onto.distkey]) <> pg_redshift.key_names(source, ARRAY[origin.distkey]) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'The source table and the target table have different distribution styles. '
            'Make sure both tables use the same distribution style: EVEN, ALL, or DISTKEY.';
    END IF;
    IF onto.sortstyle <> origin.sortstyle OR pg_redshift.key_names(target, onto.sortkey) <> pg_redshift.key_names(source, origin.sortkey) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'The source table and the target table have different sort keys.';
    END IF;
    IF EXISTS (SELECT FROM pg_redshift.append_column a, pg_redshift.append_column b WHERE a.rel = target AND b.rel = source AND a.attidentity = 'a' AND b.attidentity = 'a') THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'Cannot append: both tables have an IDENTITY column.';
    END IF;
    SELECT a.name INTO found FROM pg_redshift.append_column a JOIN pg_redshift.append_column b ON b.rel = source AND b.name = a.name
    WHERE a.rel = target AND (a.atttypid, a.atttypmod, a.attnotnull, a.encoding, a.attidentity = 'a') IS DISTINCT FROM (b.atttypid, b.atttypmod, b.attnotnull, b.encoding, b.attidentity = 'a');
    IF found IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('Column "%s" has different attributes in the source table and the target table.', found);
    END IF;
    SELECT min(name) INTO found FROM pg_redshift.append_column a WHERE rel = source
           AND NOT EXISTS (SELECT FROM pg_redshift.append_column b WHERE b.rel = target AND b.name = a.name);
    IF found IS NOT NULL AND mode <> 'IGNOREEXTRA' THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('Column "%s" of the source table is not in the target table; IGNOREEXTRA ignores it.', found);
    END IF;
    SELECT min(name) INTO found FROM pg_redshift.append_column a WHERE rel = target
           AND NOT EXISTS (SELECT FROM pg_redshift.append_column b WHERE b.rel = source AND b.name = a.name);
    IF found IS NOT NULL AND mode <> 'FILLTARGET' THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('Column "%s" of the target table is not in the source table; FILLTARGET fills it.', found);
    END IF;
    SELECT string_agg(quote_ident(a.name), ', ') INTO shared FROM pg_redshift.append_column a
    WHERE a.rel = target AND EXISTS (SELECT FROM pg_redshift.append_column b WHERE b.rel = source AND b.name = a.name);
    IF shared IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'The source table and the target table have no column in common.';
    END IF;
    EXECUTE format('INSERT INTO %s (%s) SELECT %2$s FROM %s', target::regclass, shared, source::regclass);
    EXECUTE format('TRUNCATE %s', source::regclass);
END $$;

-- Only one cursor at a time is open in a session (AWS declare).
CREATE FUNCTION pg_redshift.only_one_cursor() RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE name <> '' AND statement ILIKE '%DECLARE%CURSOR%') THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'Only one cursor at a time can be open in a session';
    END IF;
END $$;
