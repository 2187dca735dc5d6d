-- The last COPY of this session that completed: its query id and how many rows it loaded.
SELECT pg_last_copy_id() AS query_id, pg_last_copy_count() AS row_count
