-- Recording a table's design, and the checks that need the catalog.

-- What AUTO chooses for a type (AWS c_Compression_encodings): sort key columns and BOOLEAN, REAL, DOUBLE stay raw.
CREATE FUNCTION pg_redshift.default_encoding(type oid, is_sortkey boolean, is_temp boolean) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.encoding_code(CASE
        WHEN is_sortkey OR is_temp THEN 'none'
        WHEN type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'date'::regtype, 'time'::regtype,
                      'timetz'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN 'az64'
        WHEN type IN ('varchar'::regtype, 'bpchar'::regtype, 'varbyte'::regtype) THEN 'lzo'
        WHEN type = 'super'::regtype THEN 'zstd'
        ELSE 'none' END)
$$;

CREATE FUNCTION pg_redshift.column_numbers(rel oid, names text[], what text) RETURNS smallint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    found smallint[] := '{}';
    one text;
    number smallint;
BEGIN
    FOREACH one IN ARRAY names LOOP
        SELECT attnum INTO number FROM pg_catalog.pg_attribute
        WHERE attrelid = rel AND attname = one AND attnum > 0 AND NOT attisdropped;
        IF number IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '42703', MESSAGE = format('column "%s" %s does not exist', one, what);
        END IF;
        found := found || number;
    END LOOP;
    RETURN found;
END $$;

-- The columns of a distribution or sort key, in the words of translate/create_table.py.
CREATE FUNCTION pg_redshift.key_columns(rel oid, names text[], what text) RETURNS smallint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    numbers smallint[] := pg_redshift.column_numbers(rel, names, what);
    wrong text;
BEGIN
    SELECT attname INTO wrong FROM pg_catalog.pg_attribute
    WHERE attrelid = rel AND attnum = ANY(numbers) AND atttypid IN ('super'::regtype, 'varbyte'::regtype, 'interval'::regtype)
    ORDER BY attnum LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '0A000',
            MESSAGE = format('column "%s" of this type cannot be a distribution or sort key', wrong);
    END IF;
    RETURN numbers;
END $$;

CREATE FUNCTION pg_redshift.add_constraint(rel oid, spec jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kind "char" := spec->>'kind';
    columns text[] := ARRAY(SELECT jsonb_array_elements_text(spec->'columns'));
    numbers smallint[] := pg_redshift.column_numbers(rel, columns, 'named in key');
    target oid := 0;
    target_numbers smallint[];
    relation record;
    given_name text := spec->>'name';
BEGIN
    SELECT relname, relnamespace INTO relation FROM pg_catalog.pg_class WHERE oid = rel;
    IF kind = 'p' THEN
        IF EXISTS (SELECT FROM pg_redshift.key_constraint WHERE conrelid = rel AND contype = 'p') THEN
            RAISE EXCEPTION USING ERRCODE = '42P16', MESSAGE = format('multiple primary keys for table "%s" are not allowed', relation.relname);
        END IF;
    ELSIF kind = 'f' THEN
        target := to_regclass(spec->>'ref_table');
        IF target IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = format('relation "%s" does not exist', replace(spec->>'ref_table', '"', ''));
        END IF;
        IF jsonb_array_length(spec->'ref_columns') = 0 THEN
            SELECT conkey INTO target_numbers FROM pg_redshift.key_constraint WHERE conrelid = target AND contype = 'p';
            IF target_numbers IS NULL THEN
                RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('there is no primary key for referenced table "%s"', target::regclass);
            END IF;
        ELSE
            target_numbers := pg_redshift.column_numbers(
                target, ARRAY(SELECT jsonb_array_elements_text(spec->'ref_columns')), 'referenced in foreign key constraint');
            IF NOT EXISTS (SELECT FROM pg_redshift.key_constraint
                           WHERE conrelid = target AND contype IN ('p', 'u') AND conkey @> target_numbers AND conkey <@ target_numbers) THEN
                RAISE EXCEPTION USING ERRCODE = '42830',
                    MESSAGE = format('there is no unique constraint matching given keys for referenced table "%s"', target::regclass);
            END IF;
        END IF;
        IF cardinality(target_numbers) <> cardinality(numbers) THEN
            RAISE EXCEPTION USING ERRCODE = '42830', MESSAGE = 'number of referencing and referenced columns for foreign key disagree';
        END IF;
    END IF;
    IF given_name IS NULL THEN
        given_name := CASE kind WHEN 'p' THEN relation.relname || '_pkey'
                                WHEN 'u' THEN relation.relname || '_' || array_to_string(columns, '_') || '_key'
                                ELSE relation.relname || '_' || array_to_string(columns, '_') || '_fkey' END;
    END IF;
    IF EXISTS (SELECT FROM pg_redshift.key_constraint WHERE conrelid = rel AND conname = given_name) THEN
        RAISE EXCEPTION USING ERRCODE = '42710',
            MESSAGE = format('constraint "%s" for relation "%s" already exists', given_name, relation.relname);
    END IF;
    INSERT INTO pg_redshift.key_constraint (conname, connamespace, contype, conrelid, confrelid, conkey, confkey)
    VALUES (given_name, relation.relnamespace, kind, rel, target, numbers, target_numbers);
END $$;

-- A table that another is made like, or from: looked up before the new one can hide it, for this transaction.
CREATE FUNCTION pg_redshift.remember_parent(name text) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('redshift.parent', coalesce(to_regclass(name)::oid::text, '0'), true)
$$;

-- The table that CREATE has just made, or IF NOT EXISTS found: a temporary one of the same name does not hide it.
CREATE FUNCTION pg_redshift.relation_made(name text, temporary boolean) RETURNS oid LANGUAGE sql STABLE AS $$
    SELECT to_regclass(CASE WHEN cardinality(parse_ident(name)) > 1 THEN name
                            WHEN temporary THEN 'pg_temp.' || name
                            ELSE quote_ident(current_schema()) || '.' || name END)::oid
$$;

-- LIKE takes over distribution, sort key, encodings and BACKUP of the parent (r_CREATE_TABLE_NEW).
CREATE FUNCTION pg_redshift.declare_like(rel oid, parent oid, encodings jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    model pg_redshift.table_design;
BEGIN
    SELECT * INTO model FROM pg_redshift.table_design WHERE relid = parent;
    IF model.relid IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42809', MESSAGE = format('"%s" is not a table', parent::regclass);
    END IF;
    INSERT INTO pg_redshift.table_design (relid, diststyle, distkey, sortstyle, sortkey, encode_auto, backup)
    VALUES (rel, model.diststyle, pg_redshift.same_column(parent, model.distkey, rel), model.sortstyle,
            ARRAY(SELECT pg_redshift.same_column(parent, k.number, rel) FROM unnest(model.sortkey) WITH ORDINALITY AS k(number, place) ORDER BY k.place),
            model.encode_auto AND encodings = '{}'::jsonb, model.backup);
    INSERT INTO pg_redshift.column_design (relid, attnum, encoding)
    SELECT rel, a.attnum, coalesce(pg_redshift.encoding_code(encodings->>a.attname::text), e.encoding,
                                   pg_redshift.default_encoding(a.atttypid, false, c.relpersistence = 't'))
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_catalog.pg_attribute p ON p.attrelid = parent AND p.attname = a.attname AND NOT p.attisdropped
    LEFT JOIN pg_redshift.column_design e ON e.relid = parent AND e.attnum = p.attnum
    WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped;
END $$;

CREATE FUNCTION pg_redshift.same_column(parent oid, number smallint, rel oid) RETURNS smallint LANGUAGE sql STABLE AS $$
    SELECT a.attnum FROM pg_catalog.pg_attribute p JOIN pg_catalog.pg_attribute a ON a.attrelid = rel AND a.attname = p.attname
    WHERE p.attrelid = parent AND p.attnum = number
$$;

-- Called after CREATE TABLE. A table that already has a design (IF NOT EXISTS found it) is left as it is.
CREATE FUNCTION pg_redshift.declare_table(name text, spec jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    temporary boolean := (spec->>'temporary')::boolean;
    rel oid := pg_redshift.relation_made(name, temporary);
    sort_columns smallint[];
    distkey smallint;
    one jsonb;
BEGIN
    IF EXISTS (SELECT FROM pg_redshift.table_design WHERE relid = rel) THEN
        RETURN;
    END IF;
    IF (spec->>'like')::boolean THEN
        PERFORM pg_redshift.declare_like(rel, current_setting('redshift.parent')::oid, spec->'encode');
    ELSE
        IF spec->>'distkey' IS NOT NULL THEN
            distkey := (pg_redshift.column_numbers(rel, ARRAY[spec->>'distkey'], 'named in DISTKEY'))[1];
        END IF;
        sort_columns := pg_redshift.column_numbers(rel, ARRAY(SELECT jsonb_array_elements_text(spec->'sortkey')), 'named in SORTKEY');
        INSERT INTO pg_redshift.table_design (relid, diststyle, distkey, sortstyle, sortkey, encode_auto, backup)
        VALUES (rel, (spec->>'diststyle')::smallint, distkey, spec->>'sortstyle', sort_columns,
                (spec->>'encode_auto')::boolean, coalesce((spec->>'backup')::boolean, true));
        INSERT INTO pg_redshift.column_design (relid, attnum, encoding)
        SELECT rel, attnum, coalesce(pg_redshift.encoding_code(spec->'encode'->>attname::text),
                                     pg_redshift.default_encoding(atttypid, attnum = ANY(sort_columns), temporary))
        FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped;
    END IF;
    FOR one IN SELECT jsonb_array_elements(spec->'constraints') LOOP
        PERFORM pg_redshift.add_constraint(rel, one);
    END LOOP;
    PERFORM pg_redshift.keep_lengths(rel);
    PERFORM pg_redshift.serialise_writers(rel);
END $$;

-- Writers to a table wait for one another until they end; readers never do (AWS c_write_readwrite). UPDATE and DELETE also
-- read the table: a second lock, which nobody waits for, says so to wire/serial.py.
CREATE OR REPLACE FUNCTION pg_redshift.write_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock((2::bigint << 32) + TG_RELID::bigint);
    IF TG_OP <> 'INSERT' THEN
        PERFORM pg_catalog.pg_advisory_xact_lock_shared((4::bigint << 32) + TG_RELID::bigint);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION pg_redshift.serialise_writers(rel oid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT relpersistence <> 't' AND relkind = 'r' FROM pg_catalog.pg_class WHERE oid = rel) THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER rs_write_lock BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION pg_redshift.write_lock()', rel::regclass);
    END IF;
END $$;
DO $$ BEGIN PERFORM pg_redshift.serialise_writers(d.relid) FROM pg_redshift.table_design d JOIN pg_catalog.pg_class c ON c.oid = d.relid; END $$;

-- VARCHAR(n) and CHAR(n) count bytes in Redshift: a hidden check beside each such column says so.
CREATE FUNCTION pg_redshift.keep_lengths(rel oid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    changes text;
BEGIN
    WITH wanted AS (
        SELECT a.attnum, a.attname, a.atttypmod - 4 AS size,
               format('rs_bytes_%s_%s_%s', a.attnum, CASE a.atttypid WHEN 'varchar'::regtype THEN 'v' ELSE 'c' END, a.atttypmod - 4) AS conname
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4
    ), present AS (
        SELECT conname::text FROM pg_catalog.pg_constraint WHERE conrelid = rel AND contype = 'c' AND conname LIKE 'rs\_bytes\_%'
    )
    SELECT string_agg(change, ', ') INTO changes FROM (
        SELECT format('DROP CONSTRAINT %I', conname) AS change FROM present WHERE conname NOT IN (SELECT conname FROM wanted)
        UNION ALL
        SELECT format('ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)', conname, attname, size) FROM wanted
        WHERE conname NOT IN (SELECT conname FROM present)
    ) AS both_ways;
    IF changes IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s %s', rel::regclass, changes);
    END IF;
END $$;

CREATE FUNCTION pg_redshift.after_add_column(name text, column_name text, encoding text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := to_regclass(name);
BEGIN
    INSERT INTO pg_redshift.column_design (relid, attnum, encoding)
    SELECT rel, a.attnum, coalesce(pg_redshift.encoding_code(encoding), pg_redshift.default_encoding(a.atttypid, false, c.relpersistence = 't'))
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    WHERE a.attrelid = rel AND a.attname = column_name AND NOT a.attisdropped;
    PERFORM pg_redshift.keep_lengths(rel);
END $$;

CREATE FUNCTION pg_redshift.before_drop_column(name text, column_name text, drop_cascade boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := to_regclass(name);
    number smallint;
    design pg_redshift.table_design;
    live integer;
    holder text;
BEGIN
    SELECT attnum INTO number FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attname = column_name AND attnum > 0 AND NOT attisdropped;
    SELECT * INTO design FROM pg_redshift.table_design WHERE relid = rel;
    IF number IS NULL THEN
        RETURN; -- PostgreSQL says what is missing
    END IF;
    IF number = design.distkey THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('cannot drop distkey column "%s"', column_name);
    END IF;
    IF number = ANY(design.sortkey) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('cannot drop sortkey column "%s"', column_name);
    END IF;
    SELECT count(*) INTO live FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped;
    IF live = 1 THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'cannot drop the only column of a table';
    END IF;
    IF NOT drop_cascade THEN
        SELECT conname INTO holder FROM pg_redshift.key_constraint
        WHERE (conrelid = rel AND number = ANY(conkey) AND (contype = 'f' OR cardinality(conkey) > 1)) OR (confrelid = rel AND number = ANY(confkey));
        IF holder IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = '2BP01',
                MESSAGE = format('cannot drop table %s column %s because other objects depend on it', rel::regclass, column_name),
                DETAIL = format('constraint %s depends on it', holder), HINT = 'Use DROP ... CASCADE to drop the dependent objects too.';
        END IF;
    END IF;
    DELETE FROM pg_redshift.key_constraint
    WHERE (conrelid = rel AND number = ANY(conkey)) OR (confrelid = rel AND number = ANY(confkey));
END $$;

CREATE FUNCTION pg_redshift.before_drop_table(names text[], drop_cascade boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    dropped oid[] := ARRAY(SELECT to_regclass(one)::oid FROM unnest(names) AS one);
    holder record;
BEGIN
    IF NOT drop_cascade THEN
        SELECT k.conname, k.conrelid, k.confrelid INTO holder FROM pg_redshift.key_constraint k
        WHERE k.contype = 'f' AND k.confrelid = ANY(dropped) AND NOT k.conrelid = ANY(dropped);
        IF holder.conname IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = '2BP01',
                MESSAGE = format('cannot drop table %s because other objects depend on it', holder.confrelid::regclass),
                DETAIL = format('constraint %s on table %s depends on table %s', holder.conname, holder.conrelid::regclass, holder.confrelid::regclass),
                HINT = 'Use DROP ... CASCADE to drop the dependent objects too.';
        END IF;
    END IF;
END $$;

CREATE FUNCTION pg_redshift.drop_constraint(name text, constraint_name text, drop_cascade boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := to_regclass(name);
    found pg_redshift.key_constraint;
    holder text;
BEGIN
    IF rel IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = format('relation "%s" does not exist', replace(name, '"', ''));
    END IF;
    SELECT * INTO found FROM pg_redshift.key_constraint WHERE conrelid = rel AND conname = constraint_name;
    IF found.oid IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('constraint "%s" does not exist', constraint_name);
    END IF;
    IF found.contype IN ('p', 'u') THEN
        SELECT conname INTO holder FROM pg_redshift.key_constraint WHERE contype = 'f' AND confrelid = rel AND confkey @> found.conkey AND confkey <@ found.conkey;
        IF holder IS NOT NULL AND NOT drop_cascade THEN
            RAISE EXCEPTION USING ERRCODE = '2BP01',
                MESSAGE = format('cannot drop constraint %s on table %s because other objects depend on it', constraint_name, rel::regclass),
                DETAIL = format('constraint %s depends on it', holder), HINT = 'Use DROP ... CASCADE to drop the dependent objects too.';
        END IF;
        DELETE FROM pg_redshift.key_constraint WHERE contype = 'f' AND confrelid = rel AND confkey @> found.conkey AND confkey <@ found.conkey;
    END IF;
    DELETE FROM pg_redshift.key_constraint WHERE oid = found.oid;
END $$;

CREATE FUNCTION pg_redshift.alter_add_constraint(name text, spec jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := to_regclass(name);
    loose text;
BEGIN
    IF rel IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = format('relation "%s" does not exist', replace(name, '"', ''));
    END IF;
    IF spec->>'kind' = 'p' THEN
        SELECT attname INTO loose FROM pg_catalog.pg_attribute
        WHERE attrelid = rel AND NOT attnotnull AND attname = ANY(ARRAY(SELECT jsonb_array_elements_text(spec->'columns')));
        IF loose IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = '42P16', MESSAGE = format('column "%s" is not declared NOT NULL, a primary key needs that', loose);
        END IF;
    END IF;
    PERFORM pg_redshift.add_constraint(rel, spec);
END $$;

CREATE FUNCTION pg_redshift.forget_dropped() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    gone record;
BEGIN
    FOR gone IN SELECT objid, objsubid FROM pg_event_trigger_dropped_objects() WHERE classid = 'pg_catalog.pg_class'::regclass LOOP
        IF gone.objsubid = 0 THEN
            DELETE FROM pg_redshift.table_design WHERE relid = gone.objid;
            DELETE FROM pg_redshift.column_design WHERE relid = gone.objid;
            DELETE FROM pg_redshift.key_constraint WHERE conrelid = gone.objid OR confrelid = gone.objid;
            DELETE FROM pg_redshift.materialized_view WHERE relid = gone.objid;
            IF current_setting('redshift.rebinding', true) IS DISTINCT FROM 'on' THEN
                DELETE FROM pg_redshift.late_view WHERE relid = gone.objid;
            END IF;
        ELSE
            DELETE FROM pg_redshift.column_design WHERE relid = gone.objid AND attnum = gone.objsubid;
        END IF;
    END LOOP;
END $$;
DROP EVENT TRIGGER IF EXISTS redshift_forget_dropped;
CREATE EVENT TRIGGER redshift_forget_dropped ON sql_drop EXECUTE FUNCTION pg_redshift.forget_dropped();
