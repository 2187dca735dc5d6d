-- Whether a query would run: what the translator asks before it takes an alias for what it stands for (translate/aliases.py).
CREATE FUNCTION pg_redshift.runs(query text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    EXECUTE query || ' LIMIT 0';
    RETURN true;
EXCEPTION WHEN undefined_column OR undefined_table OR ambiguous_column THEN
    RETURN SQLSTATE = '42702';
END $$;
