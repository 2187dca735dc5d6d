-- Every column of every table of some schemas, with what Redshift keeps beside it: encoding, keys, identity, comment.
SELECT
    c.oid AS relation_id,
    att.attname AS column_name,
    att.attnum AS position,
    format_type(att.atttypid, att.atttypmod) AS column_type,
    att.attnotnull AS not_null,
    format_encoding(att.attencodingtype::integer) AS encoding,
    att.attisdistkey AS is_distkey,
    att.attsortkeyord AS sortkey_order,
    ad.adsrc AS default_text,
    d.description AS comment_text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute att ON att.attrelid = c.oid
LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = att.attrelid AND ad.adnum = att.attnum
LEFT JOIN pg_catalog.pg_description d
    ON d.objoid = c.oid
    AND d.objsubid = att.attnum
    AND d.classoid = (
        SELECT k.oid
        FROM pg_catalog.pg_class k
        JOIN pg_catalog.pg_namespace m ON m.oid = k.relnamespace
        WHERE k.relname = 'pg_class' AND m.nspname = 'pg_catalog'
    )
WHERE c.relkind = 'r'
    AND n.nspname IN :schemas
    AND att.attnum > 0
    AND NOT att.attisdropped
ORDER BY c.oid, att.attnum
