-- Tables made from a query: CREATE TABLE AS, SELECT INTO, materialized views (AWS r_CTAS_usage_notes).

-- PostgreSQL gives some expressions types that no Redshift table has; what has no length gets the widest there is.
CREATE FUNCTION pg_redshift.settle_types(rel oid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
    wanted text;
    digits integer;
BEGIN
    FOR one IN SELECT attname, atttypid, atttypmod FROM pg_catalog.pg_attribute
               WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped LOOP
        wanted := NULL;
        IF one.atttypid IN ('text'::regtype, 'varchar'::regtype) THEN
            wanted := CASE WHEN one.atttypmod < 0 THEN 'varchar(65535)' END;
        ELSIF one.atttypid = 'bpchar'::regtype THEN
            wanted := CASE WHEN one.atttypmod < 0 THEN 'char(256)' END;
        ELSIF one.atttypid = 'name'::regtype THEN
            wanted := 'varchar(128)';
        ELSIF one.atttypid = 'numeric'::regtype THEN
            IF one.atttypmod < 0 THEN
                EXECUTE format('SELECT least(coalesce(max(scale(%I)), 0), 37) FROM %s', one.attname, rel::regclass) INTO digits;
                wanted := format('numeric(38,%s)', digits);
            END IF;
        ELSIF one.atttypid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'bool'::regtype,
                                   'date'::regtype, 'time'::regtype, 'timetz'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'super'::regtype) THEN
            RAISE EXCEPTION USING ERRCODE = '0A000',
                MESSAGE = format('Column "%s" has unsupported type "%s".', one.attname, pg_catalog.format_type(one.atttypid, NULL));
        END IF;
        IF wanted IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s', rel::regclass, one.attname, wanted);
        END IF;
    END LOOP;
END $$;

-- A column by its name or its position in the query.
CREATE FUNCTION pg_redshift.output_columns(rel oid, keys text[], what text) RETURNS smallint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    names text[] := '{}';
    one text;
    found text;
BEGIN
    FOREACH one IN ARRAY keys LOOP
        IF one ~ '^\d+$' THEN
            SELECT attname INTO found FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum = one::smallint AND NOT attisdropped;
            IF found IS NULL THEN
                RAISE EXCEPTION USING ERRCODE = '42703', MESSAGE = format('column %s %s does not exist', one, what);
            END IF;
            names := names || found;
        ELSE
            names := names || one;
        END IF;
    END LOOP;
    RETURN pg_redshift.key_columns(rel, names, what);
END $$;

-- Which column of the new table each column of the scanned one became; `outputs` as translate/create_as.py gives them.
CREATE FUNCTION pg_redshift.scanned_columns(rel oid, parent oid, outputs jsonb)
RETURNS TABLE (source smallint, made smallint) LANGUAGE sql STABLE AS $$
    WITH every AS (
        SELECT attnum, attname, row_number() OVER (ORDER BY attnum) AS place
        FROM pg_catalog.pg_attribute WHERE attrelid = parent AND attnum > 0 AND NOT attisdropped
    ), listed AS (
        SELECT e.attnum, row_number() OVER (ORDER BY o.place, e.place) AS position
        FROM jsonb_array_elements_text(outputs) WITH ORDINALITY AS o(name, place)
        LEFT JOIN every e ON o.name = '*' OR e.attname = o.name
    )
    SELECT l.attnum, min(a.attnum) FROM listed l
    JOIN (SELECT attnum, row_number() OVER (ORDER BY attnum) AS position FROM pg_catalog.pg_attribute
          WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped) a USING (position)
    WHERE l.attnum IS NOT NULL GROUP BY l.attnum
$$;

CREATE FUNCTION pg_redshift.declare_query_table(name text, spec jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_redshift.declare_made(pg_redshift.relation_made(name, (spec->>'temporary')::boolean), spec);
END $$;

CREATE FUNCTION pg_redshift.declare_made(rel oid, spec jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent oid;
    model pg_redshift.table_design;
    style smallint := (spec->>'diststyle')::smallint;
    sort_style text := spec->>'sortstyle';
    dist_column smallint;
    sort_columns smallint[];
    ordered text[];
    is_table boolean := (SELECT relkind = 'r' FROM pg_catalog.pg_class WHERE oid = rel);
BEGIN
    IF is_table THEN -- a materialized view has the types of its query
        PERFORM pg_redshift.settle_types(rel);
    END IF;
    IF spec->>'distkey' IS NOT NULL THEN
        dist_column := (pg_redshift.output_columns(rel, ARRAY[spec->>'distkey'], 'named in DISTKEY'))[1];
    END IF;
    sort_columns := pg_redshift.output_columns(rel, ARRAY(SELECT jsonb_array_elements_text(spec->'sortkey')), 'named in SORTKEY');
    IF spec ? 'outputs' THEN
        parent := current_setting('redshift.parent')::oid;
        SELECT * INTO model FROM pg_redshift.table_design WHERE relid = parent;
    END IF;
    IF model.relid IS NOT NULL THEN
        IF model.diststyle <> 1 THEN
            style := model.diststyle;
        ELSE
            SELECT made INTO dist_column FROM pg_redshift.scanned_columns(rel, parent, spec->'outputs') WHERE source = model.distkey;
            style := CASE WHEN dist_column IS NULL THEN style ELSE 1 END;
        END IF;
        ordered := ARRAY(SELECT jsonb_array_elements_text(spec->'order'));
        IF cardinality(ordered) > 0 THEN
            sort_columns := pg_redshift.output_columns(rel, ordered, 'named in ORDER BY');
            sort_style := 'compound';
        ELSE
            -- As much of the key as is selected, from its first column on.
            SELECT coalesce(array_agg(s.made ORDER BY k.place), '{}') INTO sort_columns
            FROM unnest(model.sortkey) WITH ORDINALITY AS k(number, place)
            JOIN pg_redshift.scanned_columns(rel, parent, spec->'outputs') s ON s.source = k.number
            WHERE NOT EXISTS (SELECT FROM unnest(model.sortkey) WITH ORDINALITY AS e(number, place)
                              WHERE e.place < k.place AND e.number NOT IN (SELECT source FROM pg_redshift.scanned_columns(rel, parent, spec->'outputs')));
            sort_style := CASE WHEN sort_columns = '{}' THEN sort_style ELSE model.sortstyle END;
        END IF;
    END IF;
    INSERT INTO pg_redshift.table_design (relid, diststyle, distkey, sortstyle, sortkey, encode_auto, backup)
    VALUES (rel, style, dist_column, sort_style, sort_columns, true, (spec->>'backup')::boolean);
    INSERT INTO pg_redshift.column_design (relid, attnum, encoding)
    SELECT rel, a.attnum, pg_redshift.default_encoding(a.atttypid, a.attnum = ANY(sort_columns), c.relpersistence = 't')
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped;
    IF is_table THEN
        PERFORM pg_redshift.keep_lengths(rel);
        PERFORM pg_redshift.serialise_writers(rel);
    END IF;
END $$;
