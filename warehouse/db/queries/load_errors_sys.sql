-- Rows that COPY rejected, newest first, from the view that provisioned clusters and serverless share.
SELECT
    query_id,
    TRIM(file_name) AS file_name,
    line_number,
    TRIM(column_name) AS column_name,
    TRIM(column_type) AS column_type,
    TRIM(column_length) AS column_length,
    position,
    error_code,
    TRIM(error_message) AS reason
FROM sys_load_error_detail
WHERE session_id = :session_id
    AND query_id > :after
ORDER BY query_id DESC, file_name, line_number
LIMIT :rows
