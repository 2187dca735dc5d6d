-- The defaults of one table's columns, as the catalog spells them.
SELECT att.attname AS column_name, ad.adsrc AS default_text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute att ON att.attrelid = c.oid
JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = att.attrelid AND ad.adnum = att.attnum
WHERE c.relname = :table_name
    AND pg_catalog.pg_table_is_visible(c.oid)
