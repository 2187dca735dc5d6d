-- Views of what does not happen here: no external catalog, no advisor, no S3 client of a cluster. Empty, with the columns that clients ask for.

CREATE VIEW pg_redshift.svv_external_databases AS
SELECT NULL::integer AS eskind, NULL::text AS esoptions, NULL::text AS databasename, NULL::text AS location, NULL::text AS parameters WHERE false;
CREATE VIEW pg_redshift.svv_external_schemas AS
SELECT NULL::oid AS esoid, NULL::smallint AS eskind, NULL::name AS schemaname, NULL::integer AS esowner, NULL::text AS databasename, NULL::text AS esoptions WHERE false;
CREATE VIEW pg_redshift.svv_external_tables AS
SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS tabletype, NULL::text AS location,
       NULL::text AS input_format, NULL::text AS output_format, NULL::text AS serialization_lib, NULL::text AS serde_parameters, NULL::integer AS compressed,
       NULL::text AS parameters WHERE false;
CREATE VIEW pg_redshift.svv_external_columns AS
SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS columnname, NULL::text AS external_type,
       NULL::integer AS columnnum, NULL::integer AS part_key, NULL::text AS is_nullable WHERE false;
CREATE VIEW pg_redshift.svv_external_partitions AS
SELECT NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS "values", NULL::text AS location, NULL::text AS input_format, NULL::text AS output_format,
       NULL::text AS serialization_lib, NULL::text AS serde_parameters, NULL::integer AS compressed, NULL::text AS parameters WHERE false;
CREATE VIEW pg_redshift.pg_external_schema AS
SELECT NULL::oid AS esoid, NULL::integer AS eskind, NULL::text AS esdbname, NULL::text AS esoptions WHERE false;
CREATE VIEW pg_redshift.svv_datashares AS
SELECT NULL::varchar(128) AS share_name, NULL::integer AS share_id, NULL::integer AS share_owner, NULL::varchar(128) AS source_database, NULL::varchar(128) AS consumer_database,
       NULL::varchar(8) AS share_type, NULL::timestamp AS createdate, NULL::boolean AS is_publicaccessible, NULL::varchar(256) AS share_acl,
       NULL::varchar(16) AS producer_account, NULL::varchar(64) AS producer_namespace WHERE false;

-- Automatic table optimization does nothing here.
CREATE VIEW pg_redshift.svv_alter_table_recommendations AS
SELECT NULL::character(30) AS type, NULL::character(128) AS database, NULL::integer AS table_id, NULL::integer AS group_id, NULL::character(1024) AS ddl,
       NULL::character(1) AS auto_eligible WHERE false;
CREATE VIEW pg_redshift.svl_auto_worker_action AS
SELECT NULL::integer AS table_id, NULL::character(32) AS type, NULL::character(128) AS status, NULL::timestamp AS eventtime, NULL::integer AS sequence,
       NULL::character(200) AS previous_state WHERE false;
-- Interleaved keys are kept and not used, so they have no skew.
CREATE VIEW pg_redshift.svv_interleaved_columns AS
SELECT NULL::integer AS tbl, NULL::integer AS col, NULL::numeric(19,2) AS interleaved_skew, NULL::timestamp AS last_reindex WHERE false;
CREATE VIEW pg_redshift.stl_alert_event_log AS
SELECT NULL::integer AS userid, NULL::integer AS query, NULL::integer AS slice, NULL::integer AS segment, NULL::integer AS step, NULL::integer AS pid,
       NULL::bigint AS xid, NULL::character(1024) AS event, NULL::character(1024) AS solution, NULL::timestamp AS event_time WHERE false;
CREATE VIEW pg_redshift.stl_s3client AS
SELECT NULL::integer AS userid, NULL::integer AS query, NULL::integer AS slice, NULL::timestamp AS recordtime, NULL::integer AS pid, NULL::character(64) AS http_method,
       NULL::character(64) AS bucket, NULL::character(256) AS key, NULL::bigint AS transfer_size, NULL::bigint AS data_size, NULL::bigint AS start_time,
       NULL::bigint AS end_time, NULL::bigint AS transfer_time, NULL::bigint AS compression_time, NULL::bigint AS connect_time, NULL::bigint AS app_connect_time,
       NULL::bigint AS retries, NULL::character(32) AS request_id, NULL::character(128) AS extended_request_id, NULL::character(64) AS ip_address,
       NULL::integer AS is_partial, NULL::bigint AS start_offset WHERE false;
CREATE VIEW pg_redshift.stl_s3client_error AS
SELECT NULL::integer AS userid, NULL::integer AS query, NULL::integer AS sliceid, NULL::timestamp AS recordtime, NULL::integer AS pid, NULL::character(64) AS http_method,
       NULL::character(64) AS bucket, NULL::character(256) AS key, NULL::character(1024) AS error, NULL::integer AS is_partial, NULL::bigint AS start_offset WHERE false;
CREATE VIEW pg_redshift.svv_vacuum_progress AS
SELECT NULL::text AS table_name, NULL::text AS status, NULL::text AS time_remaining_estimate WHERE false;
