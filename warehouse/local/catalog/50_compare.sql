-- Comparing and joining strings.

-- Redshift ignores trailing blanks when it compares VARCHARs, as PostgreSQL does for CHAR (AWS r_Character_types,
-- "Significance of trailing blanks"). VARCHAR and TEXT share the operators of text, so these are given bpchar's functions:
-- =, <>, <, IN, joins, GROUP BY, DISTINCT and ORDER BY then agree with one another. LIKE, LEN and || see every blank.
UPDATE pg_catalog.pg_operator o SET oprcode = f.new::regproc
FROM (VALUES ('=', 'pg_catalog.bpchareq'), ('<>', 'pg_catalog.bpcharne'), ('<', 'pg_catalog.bpcharlt'), ('<=', 'pg_catalog.bpcharle'), ('>', 'pg_catalog.bpchargt'), ('>=', 'pg_catalog.bpcharge')) AS f(name, new)
WHERE o.oprname = f.name AND o.oprleft = 'text'::regtype AND o.oprright = 'text'::regtype;
UPDATE pg_catalog.pg_amproc p SET amproc = f.new::regproc
FROM (VALUES ('btree', 1, 'pg_catalog.bpcharcmp'), ('btree', 2, 'pg_catalog.bpchar_sortsupport'),
             ('hash', 1, 'pg_catalog.hashbpchar'), ('hash', 2, 'pg_catalog.hashbpcharextended')) AS f(method, number, new),
     pg_catalog.pg_opfamily o, pg_catalog.pg_am a
WHERE p.amprocfamily = o.oid AND o.opfname = 'text_ops' AND o.opfmethod = a.oid AND a.amname = f.method
  AND p.amproclefttype = 'text'::regtype AND p.amprocrighttype = 'text'::regtype AND p.amprocnum = f.number;

-- 'a' + 'b' is 'ab' (AWS r_concat_op).
DROP OPERATOR IF EXISTS pg_catalog.+ (text, text);
CREATE OPERATOR pg_catalog.+ (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.textcat);
