-- Views. A late-binding view is a view of PostgreSQL without dependencies: after each DDL statement those whose relations
-- have changed are bound anew from their text; one that cannot be bound fails when it is read (AWS r_CREATE_VIEW).

CREATE TABLE IF NOT EXISTS pg_redshift.materialized_view (relid oid PRIMARY KEY, auto_refresh boolean NOT NULL);

CREATE OR REPLACE FUNCTION pg_redshift.refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '0A000',
        MESSAGE = format('cannot %s a view', CASE TG_OP WHEN 'INSERT' THEN 'insert into' WHEN 'UPDATE' THEN 'update' ELSE 'delete from' END);
END $$;

-- Views are read-only. A trigger for each row is what makes PostgreSQL call the one for each statement.
CREATE FUNCTION pg_redshift.make_read_only(rel oid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER rs_read_only_row INSTEAD OF INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION pg_redshift.refuse_write()', rel::regclass);
    EXECUTE format('CREATE OR REPLACE TRIGGER rs_read_only BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION pg_redshift.refuse_write()', rel::regclass);
END $$;

CREATE FUNCTION pg_redshift.columns_of(rel oid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(format('%I %s', attname, pg_catalog.format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
    FROM pg_catalog.pg_attribute WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped
$$;

CREATE FUNCTION pg_redshift.before_create_view(name text) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('redshift.columns', coalesce(pg_redshift.columns_of(to_regclass(name)), ''), true)
$$;

CREATE FUNCTION pg_redshift.after_create_view(name text, temporary boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := pg_redshift.relation_made(name, temporary);
    before text := current_setting('redshift.columns', true);
BEGIN
    IF before <> '' AND before <> pg_redshift.columns_of(rel) THEN
        RAISE EXCEPTION USING ERRCODE = '42P16', MESSAGE = 'cannot change number of columns in view';
    END IF;
    DELETE FROM pg_redshift.late_view WHERE relid = rel; -- a bound view that replaces one
    PERFORM set_config('redshift.columns', '', true);
    PERFORM pg_redshift.make_read_only(rel);
END $$;

-- The relations that a view reads, so that any change of them shows.
CREATE FUNCTION pg_redshift.state_of(reads text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(md5(string_agg(coalesce(r.rel::oid::text || pg_redshift.columns_of(r.rel), '-'), ';' ORDER BY r.place)), '')
    FROM (SELECT to_regclass(one) AS rel, place FROM unnest(reads) WITH ORDINALITY AS u(one, place)) r
$$;

-- Reading a view that could not be bound.
CREATE OR REPLACE FUNCTION pg_redshift.unbound(state text, message text) RETURNS SETOF record LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message;
END $$;

-- Makes or remakes the view `name` and forgets its dependencies. True when its query could be bound.
CREATE FUNCTION pg_redshift.bind_late_view(name text, columns text, query text, known text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    made boolean := true;
    old oid := to_regclass(name);
    saved record;
    one record;
    failed_state text;
    failed_message text;
    body text := query;
    listed text := columns;
BEGIN
    PERFORM set_config('redshift.rebinding', 'on', true);
    BEGIN
        EXECUTE format('CREATE OR REPLACE VIEW pg_temp.rs_bind%s AS %s', columns, query);
        DROP VIEW pg_temp.rs_bind;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS failed_state = RETURNED_SQLSTATE, failed_message = MESSAGE_TEXT;
        made := false;
        listed := '';
        body := format('SELECT * FROM pg_redshift.unbound(%L, %L) AS u(%s)', failed_state, failed_message, coalesce(nullif(known, ''), 'unbound text'));
    END;
    BEGIN
        EXECUTE format('CREATE OR REPLACE VIEW %s%s AS %s', name, listed, body);
    EXCEPTION WHEN invalid_table_definition THEN -- its columns have changed
        SELECT relowner, relacl, pg_catalog.obj_description(oid, 'pg_class') AS remarks INTO saved FROM pg_catalog.pg_class WHERE oid = old;
        EXECUTE format('DROP VIEW %s', name);
        EXECUTE format('CREATE VIEW %s%s AS %s', name, listed, body);
        EXECUTE format('ALTER VIEW %s OWNER TO %I', name, pg_catalog.pg_get_userbyid(saved.relowner));
        FOR one IN SELECT grantee, privilege_type, is_grantable FROM aclexplode(saved.relacl) WHERE grantee <> saved.relowner LOOP
            EXECUTE format('GRANT %s ON %s TO %s%s', one.privilege_type, name,
                           CASE one.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(one.grantee)) END,
                           CASE WHEN one.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        IF saved.remarks IS NOT NULL THEN
            EXECUTE format('COMMENT ON VIEW %s IS %L', name, saved.remarks);
        END IF;
        UPDATE pg_redshift.late_view SET relid = to_regclass(name) WHERE relid = old;
    END;
    PERFORM pg_redshift.make_read_only(to_regclass(name));
    DELETE FROM pg_catalog.pg_depend d USING pg_catalog.pg_rewrite r
    WHERE r.ev_class = to_regclass(name) AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
          AND d.deptype = 'n' AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class;
    PERFORM set_config('redshift.rebinding', 'off', true);
    RETURN made;
END $$;

CREATE FUNCTION pg_redshift.create_late_view(name text, details text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    spec jsonb := details;
    parts text[] := parse_ident(name);
    schema_name text := CASE WHEN cardinality(parts) > 1 THEN parts[1] ELSE current_schema() END;
    full_name text := format('%I.%I', schema_name, parts[cardinality(parts)]);
    rel oid := to_regclass(full_name);
    reads text[] := ARRAY(SELECT jsonb_array_elements_text(spec->'reads'));
    one text;
    made boolean;
BEGIN
    FOREACH one IN ARRAY reads LOOP
        IF to_regnamespace(quote_ident((parse_ident(one))[1])) IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '3F000', MESSAGE = format('schema "%s" does not exist', (parse_ident(one))[1]);
        END IF;
    END LOOP;
    IF to_regnamespace(quote_ident(schema_name)) IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '3F000', MESSAGE = format('schema "%s" does not exist', schema_name);
    END IF;
    IF NOT has_schema_privilege(to_regnamespace(quote_ident(schema_name)), 'CREATE') THEN
        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('permission denied for schema %s', schema_name);
    END IF;
    IF rel IS NOT NULL THEN
        IF (SELECT relkind FROM pg_catalog.pg_class WHERE oid = rel) <> 'v' THEN
            RAISE EXCEPTION USING ERRCODE = '42809', MESSAGE = format('"%s" is not a view', parts[cardinality(parts)]);
        ELSIF NOT (spec->>'replace')::boolean THEN
            RAISE EXCEPTION USING ERRCODE = '42P07', MESSAGE = format('relation "%s" already exists', parts[cardinality(parts)]);
        ELSIF NOT pg_has_role((SELECT relowner FROM pg_catalog.pg_class WHERE oid = rel), 'USAGE') THEN
            RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('must be owner of view %s', parts[cardinality(parts)]);
        END IF;
    END IF;
    made := pg_redshift.bind_late_view(full_name, spec->>'columns', spec->>'query', '');
    PERFORM pg_redshift.keep_late_view(full_name, CASE WHEN rel IS NULL THEN current_user::text END, spec->>'columns', spec->>'query', reads, made, spec->>'said');
END $$;

CREATE FUNCTION pg_redshift.keep_late_view(name text, new_owner text, columns text, query text, reads text[], made boolean, said text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF new_owner IS NOT NULL THEN
        EXECUTE format('ALTER VIEW %s OWNER TO %I', name, new_owner);
    END IF;
    DELETE FROM pg_redshift.late_view WHERE relid = to_regclass(name);
    INSERT INTO pg_redshift.late_view VALUES (to_regclass(name), columns, query, reads, pg_redshift.state_of(reads), made, said);
END $$;

-- After every DDL statement. Views may read views: what was bound anew may change what the next one reads.
CREATE FUNCTION pg_redshift.rebind_views() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    one record;
    made boolean;
BEGIN
    IF current_setting('redshift.rebinding', true) = 'on' THEN
        RETURN;
    END IF;
    FOR round IN 1..8 LOOP
        FOR one IN SELECT v.*, format('%I.%I', n.nspname, c.relname) AS name FROM pg_redshift.late_view v
                   JOIN pg_catalog.pg_class c ON c.oid = v.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE v.seen <> pg_redshift.state_of(v.reads) ORDER BY v.relid LOOP
            made := pg_redshift.bind_late_view(one.name, one.columns, one.query, pg_redshift.columns_of(one.relid));
            UPDATE pg_redshift.late_view SET bound = made, seen = pg_redshift.state_of(reads) WHERE relid = to_regclass(one.name);
        END LOOP;
        EXIT WHEN NOT FOUND;
    END LOOP;
END $$;
DROP EVENT TRIGGER IF EXISTS redshift_rebind_views;
CREATE EVENT TRIGGER redshift_rebind_views ON ddl_command_end EXECUTE FUNCTION pg_redshift.rebind_views();

CREATE OR REPLACE FUNCTION pg_redshift.pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)::varchar, a.attnum::int
    FROM pg_redshift.late_view v
    JOIN pg_catalog.pg_class c ON c.oid = v.relid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = v.relid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE v.bound ORDER BY 1, 2, 5
$$;

CREATE FUNCTION pg_redshift.after_create_materialized(name text, spec jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rel oid := pg_redshift.relation_made(name, false);
    standard text;
BEGIN
    SELECT c.relname INTO standard FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
    JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'v'
    WHERE r.ev_class = rel LIMIT 1;
    IF standard IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = 'Materialized views cannot be defined on standard views or system views',
            DETAIL = format('"%s" is a view.', standard);
    END IF;
    PERFORM pg_redshift.declare_made(rel, spec);
    INSERT INTO pg_redshift.materialized_view VALUES (rel, (spec->>'auto_refresh')::boolean);
END $$;

CREATE FUNCTION pg_redshift.alter_auto_refresh(name text, automatic boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pg_redshift.materialized_view SET auto_refresh = automatic WHERE relid = to_regclass(name);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '42P01', MESSAGE = format('materialized view "%s" does not exist', replace(name, '"', ''));
    END IF;
END $$;

CREATE FUNCTION pg_redshift.comment_on_view(name text, comment text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COMMENT ON %s %s IS %L',
                   CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = to_regclass(name) AND relkind = 'm') THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
                   name, comment);
END $$;

-- A view's text, with our functions under Redshift's names. A late-binding view keeps the statement that made it.
CREATE FUNCTION pg_redshift.pg_get_viewdef(rel oid, pretty boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT replace(coalesce((SELECT rtrim(coalesce(said, query || ' WITH NO SCHEMA BINDING'), E' ;\n') || ';' FROM pg_redshift.late_view WHERE relid = rel),
                            pg_catalog.pg_get_viewdef(rel, pretty)), 'pg_redshift.', '')
$$;
CREATE FUNCTION pg_redshift.pg_get_viewdef(name text, pretty boolean DEFAULT false) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT pg_redshift.pg_get_viewdef(name::regclass::oid, pretty)
$$;
