-- Rows that COPY rejected, newest first, with the raw value: provisioned clusters only; every text is padded with blanks.
SELECT
    query AS query_id,
    TRIM(filename) AS file_name,
    line_number,
    TRIM(colname) AS column_name,
    TRIM(type) AS column_type,
    TRIM(col_length) AS column_length,
    position,
    err_code AS error_code,
    TRIM(err_reason) AS reason,
    TRIM(raw_field_value) AS raw_value,
    TRIM(raw_line) AS raw_line
FROM stl_load_errors
WHERE session = :session_id
    AND query > :after
ORDER BY query DESC, filename, line_number
LIMIT :rows
