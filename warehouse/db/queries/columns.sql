-- Every column of a schema's tables (or of one table), with what Redshift keeps beside it: encoding, keys, identity, comment.
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    c.reldiststyle AS dist_code,
    att.attname AS column_name,
    att.attnum AS position,
    format_type(att.atttypid, att.atttypmod) AS column_type,
    att.attnotnull AS not_null,
    format_encoding(att.attencodingtype::integer) AS encoding,
    att.attisdistkey AS is_distkey,
    att.attsortkeyord AS sortkey_order,
    pg_catalog.pg_get_expr(ad.adbin, ad.adrelid) AS default_text,
    pg_catalog.col_description(att.attrelid, att.attnum) AS comment_text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute att ON att.attrelid = c.oid
LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = att.attrelid AND ad.adnum = att.attnum
WHERE c.relkind = 'r'
    AND n.nspname = :schema_name
    AND (:every = 1 OR c.relname = :table_name)
    AND att.attnum > 0
    AND NOT att.attisdropped
ORDER BY c.relname, att.attnum
