-- String and hash functions (AWS "String functions", String_functions_header; "Hash functions", hash-functions).

CREATE FUNCTION pg_redshift.concat(a text, b text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT a || b $$;
CREATE FUNCTION pg_redshift.len(value text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT length(value) $$;
CREATE FUNCTION pg_redshift.len(value super) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT length(value::text) $$;
CREATE FUNCTION pg_redshift.substring(value text, start integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT substr(value, start) $$;
CREATE FUNCTION pg_redshift.substring(value text, start integer, size integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT substr(value, start, size) $$;
CREATE FUNCTION pg_redshift.substring(value super, start integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT substr(value::text, start) $$;
CREATE FUNCTION pg_redshift.substring(value super, start integer, size integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT substr(value::text, start, size) $$;
-- As many characters as fit into so many bytes: what CAST(… AS VARCHAR(n)) leaves (AWS r_Character_types).
CREATE FUNCTION pg_redshift.cut(v text, bytes integer) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    data bytea := substring(convert_to(v, 'UTF8') FROM 1 FOR bytes);
    -- A byte of a character that began before: 10xxxxxx.
    after integer := get_byte(convert_to(v, 'UTF8'), bytes);
BEGIN
    WHILE after & 192 = 128 LOOP
        after := get_byte(data, length(data) - 1);
        data := substring(data FROM 1 FOR length(data) - 1);
    END LOOP;
    RETURN convert_from(data, 'UTF8');
END $$;
CREATE FUNCTION pg_redshift.fitted(v text, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN octet_length(v) <= bytes THEN v ELSE pg_redshift.cut(v, bytes) END $$;
CREATE FUNCTION pg_redshift.fitted(v smallint, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT v::text $$;
CREATE FUNCTION pg_redshift.fitted(v integer, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT v::text $$;
CREATE FUNCTION pg_redshift.fitted(v bigint, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT v::text $$;
CREATE FUNCTION pg_redshift.fitted(v boolean, bytes integer) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RAISE EXCEPTION USING ERRCODE = '42846', MESSAGE = 'cannot cast type boolean to character varying'; END $$;
CREATE FUNCTION pg_redshift.octetindex(part text, whole text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT position(convert_to(part, 'UTF8') IN convert_to(whole, 'UTF8')) $$;
CREATE FUNCTION pg_redshift.charindex(part text, whole text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT strpos(whole, part) $$;

-- The C function of that name: blanks in front, a sign, 0x before base 16; an empty string is 0.
CREATE FUNCTION pg_redshift.strtol(value text, base integer) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    digits text := lower(btrim(value));
    negative boolean := digits LIKE '-%';
    total numeric := 0;
    digit integer;
BEGIN
    IF base NOT BETWEEN 2 AND 36 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'the base of STRTOL must be between 2 and 36';
    END IF;
    digits := ltrim(digits, '+-');
    IF base = 16 THEN digits := regexp_replace(digits, '^0x', ''); END IF;
    FOR i IN 1 .. length(digits) LOOP
        digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(digits, i, 1)) - 1;
        IF digit < 0 OR digit >= base THEN
            RAISE EXCEPTION USING ERRCODE = '22P02', MESSAGE = format('The input %s is not valid to be converted to base %s', value, base);
        END IF;
        total := total * base + digit;
    END LOOP;
    RETURN CASE WHEN negative THEN -total ELSE total END;
END $$;

CREATE FUNCTION pg_redshift.split_part(value text, delimiter text, part integer) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    IF part < 1 THEN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'field position must be greater than zero'; END IF;
    RETURN pg_catalog.split_part(value, delimiter, part);
END $$;

-- The example of AWS (crc32-function) is a CRC-32C.
CREATE FUNCTION pg_redshift.crc32(value text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT to_hex(pg_catalog.crc32c(convert_to(value, 'UTF8'))) $$;

CREATE FUNCTION pg_redshift.soundex(value text) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    letters text := regexp_replace(upper(value), '[^A-Z]', '', 'g');
    codes constant text := '01230120022455012623010202';
    result text := left(letters, 1);
    last text;
    code text;
BEGIN
    IF letters = '' THEN RETURN ''; END IF;
    last := substr(codes, ascii(letters) - 64, 1);
    FOR i IN 2 .. length(letters) LOOP
        code := substr(codes, ascii(substr(letters, i, 1)) - 64, 1);
        IF code <> '0' AND code <> last THEN result := result || code; END IF;
        -- H and W do not part two letters of one code; vowels do.
        IF substr(letters, i, 1) NOT IN ('H', 'W') THEN last := code; END IF;
        EXIT WHEN length(result) = 4;
    END LOOP;
    RETURN rpad(result, 4, '0');
END $$;
CREATE FUNCTION pg_redshift.difference(a text, b text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT sum((substr(pg_redshift.soundex(a), i, 1) = substr(pg_redshift.soundex(b), i, 1))::integer)::integer FROM generate_series(1, 4) AS i
$$;

-- Parameters of regular expressions: c, i, e (the first group), p (Perl's dialect; PostgreSQL's is near to it).
CREATE FUNCTION pg_redshift.regexp_flags(parameters text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT translate(parameters, 'pe', '') $$;
CREATE FUNCTION pg_redshift.regexp_count(value text, pattern text, start integer DEFAULT 1, parameters text DEFAULT 'c') RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.regexp_count(value, pattern, start, pg_redshift.regexp_flags(parameters)) $$;
CREATE FUNCTION pg_redshift.regexp_instr(value text, pattern text, start integer DEFAULT 1, nth integer DEFAULT 1, after integer DEFAULT 0, parameters text DEFAULT 'c') RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.regexp_instr(value, pattern, start, nth, after, pg_redshift.regexp_flags(parameters), strpos(parameters, 'e')) $$;
CREATE FUNCTION pg_redshift.regexp_substr(value text, pattern text, start integer DEFAULT 1, nth integer DEFAULT 1, parameters text DEFAULT 'c') RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NOT NULL AND pattern IS NOT NULL THEN
        coalesce(pg_catalog.regexp_substr(value, pattern, start, nth, pg_redshift.regexp_flags(parameters), (strpos(parameters, 'e') > 0)::integer), '') END $$;
CREATE FUNCTION pg_redshift.regexp_replace(value text, pattern text, replacement text DEFAULT '', start integer DEFAULT 1, parameters text DEFAULT 'c') RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.regexp_replace(value, pattern, replacement, start, 0, pg_redshift.regexp_flags(parameters)) $$;

CREATE FUNCTION pg_redshift.bpcharcmp(a text, b text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END $$;

CREATE FUNCTION pg_redshift.sha2(value text, bits integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE bits WHEN 224 THEN encode(sha224(convert_to(value, 'UTF8')), 'hex') WHEN 384 THEN encode(sha384(convert_to(value, 'UTF8')), 'hex')
        WHEN 512 THEN encode(sha512(convert_to(value, 'UTF8')), 'hex') WHEN 0 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex')
        WHEN 256 THEN encode(sha256(convert_to(value, 'UTF8')), 'hex') ELSE '' END
$$;

-- SHA-1 (FIPS 180-4); PostgreSQL's core has the newer ones only.
CREATE FUNCTION pg_redshift.sha1(value text) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    mask constant bigint := 4294967295;
    data bytea := convert_to(value, 'UTF8');
    bits bigint := length(data) * 8;
    h bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    w bigint[];
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; t bigint;
BEGIN
    data := data || '\x80'::bytea || decode(repeat('00', ((119 - length(data) % 64) % 64)), 'hex') || int8send(bits);
    FOR chunk IN 0 .. length(data) / 64 - 1 LOOP
        FOR i IN 0 .. 15 LOOP
            w[i] := (get_byte(data, chunk * 64 + i * 4)::bigint << 24) | (get_byte(data, chunk * 64 + i * 4 + 1) << 16)
                  | (get_byte(data, chunk * 64 + i * 4 + 2) << 8) | get_byte(data, chunk * 64 + i * 4 + 3);
        END LOOP;
        FOR i IN 16 .. 79 LOOP
            t := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
            w[i] := ((t << 1) | (t >> 31)) & mask;
        END LOOP;
        a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
        FOR i IN 0 .. 79 LOOP
            IF i < 20 THEN f := (b & c) | ((~b) & mask & d); k := 1518500249;
            ELSIF i < 40 THEN f := b # c # d; k := 1859775393;
            ELSIF i < 60 THEN f := (b & c) | (b & d) | (c & d); k := 2400959708;
            ELSE f := b # c # d; k := 3395469782;
            END IF;
            t := ((((a << 5) | (a >> 27)) & mask) + f + e + k + w[i]) & mask;
            e := d; d := c; c := ((b << 30) | (b >> 2)) & mask; b := a; a := t;
        END LOOP;
        h := ARRAY[(h[1] + a) & mask, (h[2] + b) & mask, (h[3] + c) & mask, (h[4] + d) & mask, (h[5] + e) & mask];
    END LOOP;
    RETURN lpad(to_hex(h[1]), 8, '0') || lpad(to_hex(h[2]), 8, '0') || lpad(to_hex(h[3]), 8, '0') || lpad(to_hex(h[4]), 8, '0') || lpad(to_hex(h[5]), 8, '0');
END $$;
CREATE FUNCTION pg_redshift.func_sha1(value text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.sha1(value) $$;
CREATE FUNCTION pg_redshift.sha(value text) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.sha1(value) $$;

-- FNV-1a of 64 bits over the bytes of the value (AWS r_FNV_HASH); the seed is the state to go on from.
CREATE FUNCTION pg_redshift.fnv_bytes(value bytea, seed bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    prime constant numeric := 1099511628211;
    wide constant numeric := 18446744073709551616;
    state numeric := CASE WHEN seed < 0 THEN seed + wide ELSE seed END;
    low integer;
BEGIN
    IF value IS NULL THEN RETURN seed; END IF;
    FOR i IN 0 .. length(value) - 1 LOOP
        low := mod(state, 256)::integer;
        state := mod((state - low + (low # get_byte(value, i))) * prime, wide);
    END LOOP;
    RETURN CASE WHEN state >= 9223372036854775808 THEN state - wide ELSE state END;
END $$;
CREATE FUNCTION pg_redshift.fnv_hash(value text, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.fnv_bytes(convert_to(value, 'UTF8'), seed) $$;
CREATE FUNCTION pg_redshift.reversed(value bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(substr(value, i, 1), ''::bytea ORDER BY i DESC) FROM generate_series(1, length(value)) AS i $$;
CREATE FUNCTION pg_redshift.fnv_hash(value smallint, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.fnv_bytes(pg_redshift.reversed(int2send(value)), seed) $$;
CREATE FUNCTION pg_redshift.fnv_hash(value integer, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.fnv_bytes(pg_redshift.reversed(int4send(value)), seed) $$;
CREATE FUNCTION pg_redshift.fnv_hash(value bigint, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_redshift.fnv_bytes(pg_redshift.reversed(int8send(value)), seed) $$;
