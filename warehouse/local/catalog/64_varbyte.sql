-- VARBYTE values (AWS r_VARBYTE_type, "VARBYTE functions and operators", varbyte-functions).

CREATE FUNCTION pg_redshift.varbyte_digits(v varbyte) RETURNS text LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
CREATE FUNCTION pg_redshift.varbyte_of_digits(v text) RETURNS varbyte LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteasend';
CREATE FUNCTION pg_redshift.varbyte_bytes(v varbyte) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT decode(pg_redshift.varbyte_digits(v), 'hex') $$;
CREATE FUNCTION pg_redshift.varbyte_of_bytes(v bytea) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_digits(encode(v, 'hex')) $$;

-- Strings are UTF-8, integers keep their width.
CREATE FUNCTION pg_redshift.to_varbyte(v varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION pg_redshift.to_varbyte(v text) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bytes(convert_to(v, 'UTF8')) $$;
CREATE FUNCTION pg_redshift.to_varbyte(v varchar) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bytes(convert_to(v, 'UTF8')) $$;
CREATE FUNCTION pg_redshift.to_varbyte(v bpchar) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bytes(bpcharsend(v)) $$;
CREATE FUNCTION pg_redshift.to_varbyte(v smallint) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bytes(int2send(v)) $$;
CREATE FUNCTION pg_redshift.to_varbyte(v integer) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bytes(int4send(v)) $$;
CREATE FUNCTION pg_redshift.to_varbyte(v bigint) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bytes(int8send(v)) $$;
CREATE FUNCTION pg_redshift.from_hex(v text) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.varbyte_of_bytes(decode(repeat('0', length(v) % 2) || v, 'hex')) $$;
CREATE FUNCTION pg_redshift.to_varbyte(v text, format text) RETURNS varbyte LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    bits text;
BEGIN
    CASE lower(format)
        WHEN 'hex' THEN RETURN pg_redshift.from_hex(v);
        WHEN 'utf8', 'utf-8' THEN RETURN pg_redshift.to_varbyte(v);
        WHEN 'binary' THEN
            IF v !~ '^[01]*$' THEN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('invalid binary digits: "%s"', v); END IF;
            bits := repeat('0', (8 - length(v) % 8) % 8) || v;
            RETURN pg_redshift.varbyte_of_digits(coalesce((SELECT string_agg(lpad(to_hex(substr(bits, i, 8)::bit(8)::integer), 2, '0'), '' ORDER BY i)
                FROM generate_series(1, length(bits), 8) AS i), ''));
        ELSE RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('unsupported format: %s', format);
    END CASE;
END $$;

CREATE FUNCTION pg_redshift.varbyte_text(v varbyte) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT convert_from(pg_redshift.varbyte_bytes(v), 'UTF8') $$;
CREATE FUNCTION pg_redshift.varbyte_varchar(v varbyte) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT convert_from(pg_redshift.varbyte_bytes(v), 'UTF8') $$;
CREATE FUNCTION pg_redshift.varbyte_bpchar(v varbyte) RETURNS bpchar LANGUAGE sql IMMUTABLE AS $$ SELECT convert_from(pg_redshift.varbyte_bytes(v), 'UTF8')::bpchar $$;
CREATE FUNCTION pg_redshift.varbyte_number(v varbyte, bytes integer) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    digits text := pg_redshift.varbyte_digits(v);
BEGIN
    IF length(digits) > bytes * 2 THEN
        RAISE EXCEPTION USING ERRCODE = '22003', MESSAGE = format('a VARBYTE of %s bytes does not fit into an integer of %s', length(digits) / 2, bytes);
    END IF;
    RETURN CASE bytes WHEN 2 THEN ('x' || lpad(digits, 4, '0'))::bit(16)::bigint - CASE WHEN lpad(digits, 4, '0') >= '8000' THEN 65536 ELSE 0 END
        WHEN 4 THEN ('x' || lpad(digits, 8, '0'))::bit(32)::integer ELSE ('x' || lpad(digits, 16, '0'))::bit(64)::bigint END;
END $$;
CREATE FUNCTION pg_redshift.varbyte_smallint(v varbyte) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_number(v, 2)::smallint $$;
CREATE FUNCTION pg_redshift.varbyte_integer(v varbyte) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_number(v, 4)::integer $$;
CREATE FUNCTION pg_redshift.varbyte_bigint(v varbyte) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_number(v, 8) $$;
CREATE FUNCTION pg_redshift.varbyte_sized(v varbyte, modifier integer, explicit boolean) RETURNS varbyte LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    digits text := pg_redshift.varbyte_digits(v);
BEGIN
    IF modifier < 4 OR length(digits) <= (modifier - 4) * 2 THEN RETURN v; END IF;
    IF explicit THEN RETURN pg_redshift.varbyte_of_digits(left(digits, (modifier - 4) * 2)); END IF;
    RAISE EXCEPTION USING ERRCODE = '22001', MESSAGE = format('value too long for type binary varying(%s)', modifier - 4);
END $$;
CREATE CAST (varbyte AS varbyte) WITH FUNCTION pg_redshift.varbyte_sized(varbyte, integer, boolean) AS IMPLICIT;
CREATE CAST (text AS varbyte) WITH FUNCTION pg_redshift.to_varbyte(text) AS ASSIGNMENT;
CREATE CAST (varchar AS varbyte) WITH FUNCTION pg_redshift.to_varbyte(varchar) AS ASSIGNMENT;
CREATE CAST (bpchar AS varbyte) WITH FUNCTION pg_redshift.to_varbyte(bpchar) AS ASSIGNMENT;
CREATE CAST (smallint AS varbyte) WITH FUNCTION pg_redshift.to_varbyte(smallint);
CREATE CAST (integer AS varbyte) WITH FUNCTION pg_redshift.to_varbyte(integer);
CREATE CAST (bigint AS varbyte) WITH FUNCTION pg_redshift.to_varbyte(bigint);
CREATE CAST (varbyte AS text) WITH FUNCTION pg_redshift.varbyte_text(varbyte) AS ASSIGNMENT;
CREATE CAST (varbyte AS varchar) WITH FUNCTION pg_redshift.varbyte_varchar(varbyte) AS ASSIGNMENT;
CREATE CAST (varbyte AS bpchar) WITH FUNCTION pg_redshift.varbyte_bpchar(varbyte) AS ASSIGNMENT;
CREATE CAST (varbyte AS smallint) WITH FUNCTION pg_redshift.varbyte_smallint(varbyte);
CREATE CAST (varbyte AS integer) WITH FUNCTION pg_redshift.varbyte_integer(varbyte);
CREATE CAST (varbyte AS bigint) WITH FUNCTION pg_redshift.varbyte_bigint(varbyte);

CREATE FUNCTION pg_redshift.fitted(v varbyte, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.fitted(pg_redshift.varbyte_text(v), bytes) $$;
CREATE FUNCTION pg_redshift.from_varbyte(v varbyte, format text) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    CASE lower(format)
        WHEN 'hex' THEN RETURN pg_redshift.varbyte_digits(v);
        WHEN 'utf8', 'utf-8' THEN RETURN pg_redshift.varbyte_text(v);
        WHEN 'binary' THEN
            RETURN coalesce((SELECT string_agg(('x' || substr(d, i, 2))::bit(8)::text, '' ORDER BY i) FROM pg_redshift.varbyte_digits(v) AS d, generate_series(1, length(d), 2) AS i), '');
        ELSE RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('unsupported format: %s', format);
    END CASE;
END $$;
CREATE FUNCTION pg_redshift.from_varbyte(v text, format text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.from_varbyte(pg_redshift.to_varbyte(v), format) $$;
CREATE FUNCTION pg_redshift.getbit(v varbyte, place integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    bytes bytea := pg_redshift.varbyte_bytes(v);
BEGIN
    IF place NOT BETWEEN 0 AND length(bytes) * 8 - 1 THEN
        RAISE EXCEPTION USING ERRCODE = '2202E', MESSAGE = format('index %s out of valid range, 0..%s', place, length(bytes) * 8 - 1);
    END IF;
    RETURN (get_byte(bytes, length(bytes) - 1 - place / 8) >> (place % 8)) & 1;
END $$;
CREATE FUNCTION pg_redshift.to_hex(v varbyte) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_digits(v) $$;
CREATE FUNCTION pg_redshift.to_hex(v bigint) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.to_hex(v) $$;
CREATE FUNCTION pg_redshift.to_hex(v integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.to_hex(v) $$;
CREATE FUNCTION pg_redshift.len(v varbyte) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT length(pg_redshift.varbyte_digits(v)) / 2 $$;
CREATE FUNCTION pg_redshift.octet_length(v varbyte) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT length(pg_redshift.varbyte_digits(v)) / 2 $$;
CREATE FUNCTION pg_redshift.octet_length(v text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.octet_length(v) $$;
CREATE FUNCTION pg_redshift.octet_length(v bpchar) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.octet_length(v) $$;
CREATE FUNCTION pg_redshift.substring(v varbyte, start integer) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.varbyte_of_digits(substr(pg_redshift.varbyte_digits(v), (start - 1) * 2 + 1)) $$;
CREATE FUNCTION pg_redshift.substring(v varbyte, start integer, size integer) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.varbyte_of_digits(substr(pg_redshift.varbyte_digits(v), (start - 1) * 2 + 1, size * 2)) $$;
CREATE FUNCTION pg_redshift.concat(a varbyte, b varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.varbyte_of_digits(pg_redshift.varbyte_digits(a) || pg_redshift.varbyte_digits(b)) $$;
CREATE FUNCTION pg_redshift.json_parse(v varbyte) RETURNS super LANGUAGE sql STABLE AS $$ SELECT pg_redshift.json_parse(pg_redshift.varbyte_text(v)) $$;
CREATE FUNCTION pg_redshift.can_json_parse(v varbyte) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.can_json_parse(pg_redshift.varbyte_text(v)) $$;
CREATE FUNCTION pg_redshift.json_serialize_to_varbyte(v super) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.to_varbyte(v::json::text) $$;

-- Operators: their order is that of the bytes, which is that of the digits.
CREATE FUNCTION pg_redshift.varbyte_cmp(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteacmp';
CREATE FUNCTION pg_redshift.varbyte_hash(v pg_redshift.any_varbyte) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashvarlena';
CREATE FUNCTION pg_redshift.varbyte_eq(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteaeq';
CREATE FUNCTION pg_redshift.varbyte_ne(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteane';
CREATE FUNCTION pg_redshift.varbyte_lt(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bytealt';
CREATE FUNCTION pg_redshift.varbyte_le(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteale';
CREATE FUNCTION pg_redshift.varbyte_gt(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteagt';
CREATE FUNCTION pg_redshift.varbyte_ge(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'byteage';
CREATE OPERATOR pg_catalog.= (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_eq, COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), HASHES, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_ne, COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_lt, COMMUTATOR = OPERATOR(pg_catalog.>));
CREATE OPERATOR pg_catalog.> (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_gt, COMMUTATOR = OPERATOR(pg_catalog.<));
CREATE OPERATOR pg_catalog.<= (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_le, COMMUTATOR = OPERATOR(pg_catalog.>=));
CREATE OPERATOR pg_catalog.>= (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_ge, COMMUTATOR = OPERATOR(pg_catalog.<=));
CREATE OPERATOR CLASS pg_redshift.varbyte_ops DEFAULT FOR TYPE pg_redshift.any_varbyte USING btree AS
    OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=, OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
    FUNCTION 1 pg_redshift.varbyte_cmp(pg_redshift.any_varbyte, pg_redshift.any_varbyte);
CREATE OPERATOR CLASS pg_redshift.varbyte_hash_ops DEFAULT FOR TYPE pg_redshift.any_varbyte USING hash AS
    OPERATOR 1 pg_catalog.=, FUNCTION 1 pg_redshift.varbyte_hash(pg_redshift.any_varbyte);
DO $$
DECLARE
    ops constant text[] := ARRAY['=', '<>', '<', '<=', '>', '>='];
    names constant text[] := ARRAY['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
BEGIN
    FOR i IN 1 .. 6 LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION pg_redshift.varbyte_%s_text(a pg_redshift.any_varbyte, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $f$ SELECT a %s pg_redshift.to_varbyte(b) $f$', names[i], ops[i]);
        PERFORM pg_redshift.make(format('CREATE OPERATOR pg_catalog.%s (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = text, FUNCTION = pg_redshift.varbyte_%s_text)', ops[i], names[i]));
    END LOOP;
END $$;
CREATE FUNCTION pg_redshift.varbyte_joined(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.concat(a::varbyte, b::varbyte) $$;
CREATE OPERATOR pg_catalog.|| (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_joined);
CREATE OPERATOR pg_catalog.+ (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_joined);
CREATE FUNCTION pg_redshift.varbyte_bits(v pg_redshift.any_varbyte) RETURNS bit varying LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || pg_redshift.varbyte_digits(v::varbyte))::varbit $$;
CREATE FUNCTION pg_redshift.varbyte_of_bits(v bit varying) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.to_varbyte(v::text, 'binary') $$;
CREATE FUNCTION pg_redshift.varbyte_and(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bits(pg_redshift.varbyte_bits(a) & pg_redshift.varbyte_bits(b)) $$;
CREATE FUNCTION pg_redshift.varbyte_or(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bits(pg_redshift.varbyte_bits(a) | pg_redshift.varbyte_bits(b)) $$;
CREATE FUNCTION pg_redshift.varbyte_xor(a pg_redshift.any_varbyte, b pg_redshift.any_varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bits(pg_redshift.varbyte_bits(a) # pg_redshift.varbyte_bits(b)) $$;
CREATE FUNCTION pg_redshift.varbyte_not(v pg_redshift.any_varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.varbyte_of_bits(~ pg_redshift.varbyte_bits(v)) $$;
CREATE OPERATOR pg_catalog.& (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_and);
CREATE OPERATOR pg_catalog.| (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_or);
CREATE OPERATOR pg_catalog.# (LEFTARG = pg_redshift.any_varbyte, RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_xor);
CREATE OPERATOR pg_catalog.~ (RIGHTARG = pg_redshift.any_varbyte, FUNCTION = pg_redshift.varbyte_not);

CREATE FUNCTION pg_redshift.varbyte_greater(a varbyte, b varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE WHEN a > b THEN a ELSE b END $$;
CREATE FUNCTION pg_redshift.varbyte_smaller(a varbyte, b varbyte) RETURNS varbyte LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE WHEN a < b THEN a ELSE b END $$;
CREATE AGGREGATE pg_catalog.max(varbyte) (SFUNC = pg_redshift.varbyte_greater, STYPE = varbyte);
CREATE AGGREGATE pg_catalog.min(varbyte) (SFUNC = pg_redshift.varbyte_smaller, STYPE = varbyte);
