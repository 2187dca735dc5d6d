-- ALTER TABLE … ALTER: changes of a design in place, and what Redshift refuses (AWS r_ALTER_TABLE).

CREATE FUNCTION pg_redshift.one_column(rel oid, name text) RETURNS smallint LANGUAGE plpgsql STABLE AS $$
DECLARE
    number smallint;
BEGIN
    SELECT attnum INTO number FROM pg_catalog.pg_attribute
    WHERE attrelid = rel AND attname = name AND attnum > 0 AND NOT attisdropped;
    IF number IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42703', MESSAGE = format('column "%s" of relation "%s" does not exist', name, rel::regclass);
    END IF;
    RETURN number;
END $$;

CREATE FUNCTION pg_redshift.alter_design(name text, actions jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := to_regclass(name);
    design pg_redshift.table_design;
    one jsonb;
    number smallint;
    numbers smallint[];
    type_name text;
    code smallint;
    temporary boolean;
BEGIN
    SELECT * INTO design FROM pg_redshift.table_design WHERE relid = rel FOR UPDATE;
    IF design.relid IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42809', MESSAGE = format('"%s" is not a table', replace(name, '"', ''));
    END IF;
    SELECT relpersistence = 't' INTO temporary FROM pg_catalog.pg_class WHERE oid = rel;
    FOR one IN SELECT jsonb_array_elements(actions) LOOP
        IF one->>'action' IN ('dist', 'encode') AND design.sortstyle = 'interleaved' THEN
            RAISE EXCEPTION USING ERRCODE = '0A000',
                MESSAGE = format('ALTER TABLE ALTER %s is not supported for tables with an interleaved sort key',
                                 CASE one->>'action' WHEN 'dist' THEN 'DISTSTYLE' ELSE 'COLUMN ENCODE' END);
        END IF;
        CASE one->>'action'
        WHEN 'dist' THEN
            IF temporary THEN
                RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'ALTER TABLE ALTER DISTSTYLE is not supported for temporary tables';
            END IF;
            number := CASE WHEN one->>'distkey' IS NOT NULL THEN pg_redshift.one_column(rel, one->>'distkey') END;
            PERFORM pg_redshift.key_columns(rel, ARRAY[one->>'distkey'], 'named in DISTKEY') WHERE number IS NOT NULL;
            UPDATE pg_redshift.table_design SET diststyle = (one->>'style')::smallint, distkey = number WHERE relid = rel;
        WHEN 'sort' THEN
            -- AUTO keeps the key that there is (REDSHIFT.md, section 2).
            IF one->>'style' = 'auto' THEN
                UPDATE pg_redshift.table_design SET sortstyle = 'auto' WHERE relid = rel;
            ELSE
                numbers := pg_redshift.key_columns(rel, ARRAY(SELECT jsonb_array_elements_text(one->'columns')), 'named in SORTKEY');
                IF design.encode_auto THEN
                    UPDATE pg_redshift.column_design SET encoding = 0 WHERE relid = rel AND attnum = ANY(numbers);
                END IF;
                UPDATE pg_redshift.table_design SET sortstyle = one->>'style', sortkey = numbers WHERE relid = rel;
            END IF;
        WHEN 'encode auto' THEN
            UPDATE pg_redshift.table_design SET encode_auto = true WHERE relid = rel;
        WHEN 'encode' THEN
            number := pg_redshift.one_column(rel, one->>'column');
            code := pg_redshift.encoding_code(one->>'encode');
            SELECT CASE t.typname WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'integer' WHEN 'int8' THEN 'bigint' ELSE t.typname::text END
            INTO type_name
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = rel AND a.attnum = number;
            IF one->'types' <> 'null'::jsonb AND NOT one->'types' ? type_name THEN
                RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('invalid encoding type specified for column "%s"', one->>'column');
            END IF;
            IF EXISTS (SELECT FROM pg_redshift.column_design WHERE relid = rel AND attnum = number AND encoding = code) THEN
                RAISE EXCEPTION USING ERRCODE = '0A000',
                    MESSAGE = format('column "%s" already has encoding %s', one->>'column', trim(pg_redshift.format_encoding(code)));
            END IF;
            UPDATE pg_redshift.column_design SET encoding = code WHERE relid = rel AND attnum = number;
            UPDATE pg_redshift.table_design SET encode_auto = false WHERE relid = rel;
        END CASE;
    END LOOP;
END $$;

CREATE FUNCTION pg_redshift.before_alter_type(name text, column_name text, size integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := to_regclass(name);
    number smallint;
    present record;
    longest integer;
    code text;
BEGIN
    IF rel IS NULL THEN
        RETURN; -- PostgreSQL says what is missing
    END IF;
    number := pg_redshift.one_column(rel, column_name);
    SELECT atttypid, atttypmod - 4 AS size, atthasdef INTO present FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum = number;
    IF present.atttypid <> 'varchar'::regtype THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('ALTER TABLE ALTER COLUMN "%s" type change is not supported', column_name),
            DETAIL = 'Only the size of a VARCHAR can change.';
    END IF;
    SELECT trim(pg_redshift.format_encoding(encoding)) INTO code FROM pg_redshift.column_design WHERE relid = rel AND attnum = number;
    IF code IN ('bytedict', 'runlength', 'text255', 'text32k') THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('cannot alter type of a column with encoding %s', code);
    END IF;
    IF EXISTS (SELECT FROM pg_redshift.key_constraint
               WHERE (conrelid = rel AND number = ANY(conkey)) OR (confrelid = rel AND number = ANY(confkey))) THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'cannot alter type of a column used in a PRIMARY KEY, UNIQUE or FOREIGN KEY constraint';
    END IF;
    IF size < present.size THEN
        IF present.atthasdef THEN
            RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'cannot decrease a VARCHAR column size with default value';
        END IF;
        EXECUTE format('SELECT max(octet_length(%I)) FROM %s', column_name, rel::regclass) INTO longest;
        IF longest > size THEN
            RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'target column size should be greater or equal to current maximum column size';
        END IF;
    END IF;
END $$;
