-- Stored procedures and functions of users: PostgreSQL has them as functions (translate/routines.py); what it cannot keep of them stands here.

CREATE TABLE IF NOT EXISTS pg_redshift.user_routine (
    oid oid PRIMARY KEY,
    kind "char" NOT NULL,                    -- p or f
    source text NOT NULL,                    -- as it was written
    arguments jsonb NOT NULL,                -- [[name, mode, type], …]
    nonatomic boolean NOT NULL DEFAULT false,
    definer boolean NOT NULL DEFAULT false,
    settings jsonb NOT NULL DEFAULT '{}'
);

-- The routine of that name and those input types; without types, the only one of that name.
CREATE FUNCTION pg_redshift.routine(kind text, name text, types text) RETURNS oid LANGUAGE plpgsql STABLE AS $$
DECLARE
    found oid[];
    full_name text := name || coalesce('(' || types || ')', '');
BEGIN
    IF types IS NULL THEN
        found := ARRAY(SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_redshift.user_routine r ON r.oid = p.oid
                       JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                       WHERE p.proname = (parse_ident(name))[cardinality(parse_ident(name))] AND r.kind = left(routine.kind, 1)
                         AND CASE WHEN cardinality(parse_ident(name)) > 1 THEN n.nspname = (parse_ident(name))[1] ELSE n.nspname = ANY(current_schemas(false)) END);
        IF cardinality(found) > 1 THEN
            RAISE EXCEPTION USING ERRCODE = '42725', MESSAGE = format('%s name "%s" is not unique', kind, replace(name, '"', '')),
                HINT = format('Specify the argument list to select the %s unambiguously.', kind);
        END IF;
    ELSE
        found := ARRAY(SELECT r.oid FROM pg_redshift.user_routine r WHERE r.oid = to_regprocedure(full_name) AND r.kind = left(routine.kind, 1));
    END IF;
    IF cardinality(found) = 0 THEN
        RAISE EXCEPTION USING ERRCODE = '42883', MESSAGE = format('%s %s does not exist', kind, replace(full_name, '"', ''));
    END IF;
    RETURN found[1];
END $$;

-- A procedure does not become a function of the same name and types, nor the other way.
CREATE FUNCTION pg_redshift.before_routine(name text, types text, kind "char") RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_redshift.user_routine r WHERE r.oid = to_regprocedure(name || '(' || types || ')') AND r.kind <> before_routine.kind) THEN
        RAISE EXCEPTION USING ERRCODE = '42809', MESSAGE = 'cannot change routine kind',
            DETAIL = format('"%s" is a %s.', replace(name, '"', ''), CASE kind WHEN 'p' THEN 'function' ELSE 'procedure' END);
    END IF;
END $$;

CREATE FUNCTION pg_redshift.declare_routine(name text, types text, details text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    spec jsonb := details;
    full_name text := CASE WHEN cardinality(parse_ident(name)) > 1 THEN name ELSE quote_ident(current_schema()) || '.' || name END || '(' || types || ')';
    made oid := to_regprocedure(full_name);
BEGIN
    -- Whoever may not call it now does not get the right with a new body.
    IF NOT EXISTS (SELECT FROM pg_redshift.user_routine r WHERE r.oid = made) AND spec->>'kind' = 'p' THEN
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made::regprocedure);
    END IF;
    DELETE FROM pg_redshift.user_routine r WHERE r.oid = made;
    INSERT INTO pg_redshift.user_routine VALUES (made, (spec->>'kind')::"char", spec->>'source', spec->'arguments', coalesce((spec->>'nonatomic')::boolean, false),
        coalesce((spec->>'definer')::boolean, false), coalesce(spec->'settings', '{}'));
END $$;

CREATE FUNCTION pg_redshift.forget_routines() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM pg_redshift.user_routine r USING pg_event_trigger_dropped_objects() d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = r.oid;
END $$;

-- `statements`, formats with one %s, for each function or procedure of the schemas.
CREATE FUNCTION pg_redshift.for_routines(kind text, schemas text[], statements text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT name FROM unnest(schemas) AS name WHERE to_regnamespace(quote_ident(name)) IS NULL LOOP
        RAISE EXCEPTION USING ERRCODE = '3F000', MESSAGE = format('schema "%s" does not exist', one.name);
    END LOOP;
    FOR one IN SELECT format(s, r.oid::regprocedure) AS sql FROM pg_redshift.user_routine r JOIN pg_catalog.pg_proc p ON p.oid = r.oid
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace CROSS JOIN unnest(statements) WITH ORDINALITY AS u(s, place)
               WHERE r.kind = left(for_routines.kind, 1) AND n.nspname = ANY(schemas) ORDER BY r.oid, place LOOP
        EXECUTE one.sql;
    END LOOP;
END $$;

-- Languages that Redshift has: rights on them can be granted, though no function in them can be made here (AWS r_GRANT).
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpythonu') THEN
        CREATE TRUSTED LANGUAGE plpythonu HANDLER pg_catalog.plpgsql_call_handler;
        REVOKE ALL ON LANGUAGE plpythonu FROM PUBLIC;
        CREATE TRUSTED LANGUAGE exfunc HANDLER pg_catalog.plpgsql_call_handler;
    END IF;
END $$;

-- What the session needs to run a procedure, as JSON.
CREATE FUNCTION pg_redshift.procedure_called(called oid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_object('name', p.proname, 'owner', pg_catalog.pg_get_userbyid(p.proowner), 'kind', r.kind, 'source', r.source, 'arguments', r.arguments,
                             'nonatomic', r.nonatomic, 'definer', r.definer, 'settings', r.settings)::text
    FROM pg_catalog.pg_proc p JOIN pg_redshift.user_routine r ON r.oid = p.oid WHERE p.oid = called
$$;

-- A procedure with SECURITY DEFINER runs as its owner. Who calls it takes the owner's role on for that long; only a session that runs
-- the procedure gets here.
CREATE FUNCTION pg_redshift.lend_role(called oid, lent boolean) RETURNS name LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    owner name;
BEGIN
    SELECT pg_catalog.pg_get_userbyid(p.proowner) INTO owner FROM pg_catalog.pg_proc p JOIN pg_redshift.user_routine r ON r.oid = p.oid
    WHERE p.oid = called AND r.definer AND has_function_privilege(session_user, p.oid, 'EXECUTE');
    IF owner <> session_user AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user) THEN
        IF lent THEN
            EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', owner, session_user);
        ELSE
            EXECUTE format('REVOKE %I FROM %I', owner, session_user);
        END IF;
    END IF;
    RETURN owner;
END $$;

-- Types as SHOW PROCEDURE and the catalogs spell them.
CREATE FUNCTION pg_redshift.argument_list(called oid, named boolean) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(concat_ws(' ', CASE WHEN named THEN CASE a.value->>1 WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' END END,
                                         CASE WHEN named THEN quote_ident(nullif(a.value->>0, '')) END,
                                         CASE a.value->>2 WHEN 'refcursor' THEN 'refcursor' ELSE pg_redshift.format_type((a.value->>2)::regtype, NULL) END),
                               ', ' ORDER BY a.ordinality) FILTER (WHERE named OR a.value->>1 <> 'o'), '')
    FROM pg_redshift.user_routine r CROSS JOIN LATERAL jsonb_array_elements(r.arguments) WITH ORDINALITY AS a WHERE r.oid = called
$$;
CREATE FUNCTION pg_redshift.show_procedure(name text, types text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format(E'CREATE OR REPLACE PROCEDURE %s.%s(%s)\n%sLANGUAGE plpgsql%s%s\nAS $_$%s$_$\n', quote_ident(n.nspname), quote_ident(p.proname),
                  pg_redshift.argument_list(p.oid, true), CASE WHEN r.nonatomic THEN E'NONATOMIC\n' ELSE '' END,
                  CASE WHEN r.definer THEN E'\nSECURITY DEFINER' ELSE '' END,
                  (SELECT coalesce(string_agg(format(E'\nSET %s TO %s', key, value), ''), '') FROM jsonb_each_text(r.settings)), r.source)
    FROM pg_redshift.user_routine r JOIN pg_catalog.pg_proc p ON p.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE r.oid = pg_redshift.routine('procedure', name, types)
$$;

-- Tools tell stored procedures by the number that this language has on clusters (awslabs/amazon-redshift-utils, AdminViews).
CREATE FUNCTION pg_redshift.language_number(language oid) RETURNS oid LANGUAGE sql STABLE AS $$
    SELECT CASE lanname WHEN 'plpgsql' THEN 100356::oid ELSE language END FROM pg_catalog.pg_language WHERE oid = language
$$;
CREATE VIEW pg_redshift.pg_language AS
SELECT pg_redshift.language_number(oid) AS oid, lanname, lanispl, lanpltrusted, lanplcallfoid, lanvalidator, lanacl FROM pg_catalog.pg_language;
CREATE VIEW pg_redshift.pg_proc AS
SELECT p.oid, p.proname, p.pronamespace, pg_redshift.user_number(p.proowner) AS proowner, pg_redshift.language_number(p.prolang) AS prolang, p.prokind = 'a' AS proisagg, coalesce(r.definer, p.prosecdef) AS prosecdef, p.proisstrict, p.proretset,
       p.provolatile, p.pronargs, p.prorettype, p.proargtypes, p.proargnames, coalesce(r.source, p.prosrc) AS prosrc, p.probin, p.proacl
FROM pg_catalog.pg_proc p LEFT JOIN pg_redshift.user_routine r ON r.oid = p.oid WHERE p.pronamespace <> 'pg_redshift'::regnamespace;
CREATE VIEW pg_redshift.pg_proc_info AS
SELECT p.oid AS prooid, p.proname, p.pronamespace, p.proowner, p.prolang, p.proisagg, p.prosecdef, p.proisstrict, p.proretset, p.provolatile, p.pronargs,
       p.prorettype, p.proargtypes, p.proargnames, p.prosrc, p.probin, p.proacl, coalesce(r.kind, q.prokind) AS prokind, q.proargmodes, q.proallargtypes
FROM pg_redshift.pg_proc p JOIN pg_catalog.pg_proc q ON q.oid = p.oid LEFT JOIN pg_redshift.user_routine r ON r.oid = p.oid;

CREATE VIEW pg_redshift.pg_proc_of_psql AS
SELECT i.*, i.prooid AS oid, i.prokind = 'w' AS proiswindow FROM pg_redshift.pg_proc_info i;

DROP EVENT TRIGGER IF EXISTS redshift_forget_routines;
CREATE EVENT TRIGGER redshift_forget_routines ON sql_drop EXECUTE FUNCTION pg_redshift.forget_routines();
