-- What was granted on every table and view of some schemas; what the owner may do is not listed.
SELECT
    namespace_name AS schema_name,
    relation_name,
    LOWER(privilege_type) AS privilege,
    identity_name AS grantee,
    identity_type AS grantee_kind
FROM svv_relation_privileges
WHERE namespace_name IN :schemas
ORDER BY namespace_name, relation_name, identity_name, privilege_type
