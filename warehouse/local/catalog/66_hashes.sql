-- Hashes with public definitions (AWS "Hash functions", hash-functions). Numbers of 64 bits wrap around: they are reckoned as NUMERIC.

CREATE FUNCTION pg_redshift.wrapped(v numeric) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN m >= 9223372036854775808 THEN m - 18446744073709551616 ELSE m END::bigint FROM (SELECT mod(mod(v, 18446744073709551616) + 18446744073709551616, 18446744073709551616) AS m) AS w $$;
CREATE FUNCTION pg_redshift.wrapped_product(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.wrapped(a::numeric * b) $$;
CREATE FUNCTION pg_redshift.wrapped_sum(VARIADIC v bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.wrapped(sum(x)) FROM unnest(v) AS x $$;
CREATE FUNCTION pg_redshift.shifted(v bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT (v >> n) & ((1::bigint << (64 - n)) - 1) $$;
CREATE FUNCTION pg_redshift.rotated(v bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.shifted(v, n) | (v << (64 - n)) $$;
CREATE FUNCTION pg_redshift.little_endian(data bytea, place integer, bytes integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT bit_or(get_byte(data, place + i)::bigint << (8 * i)) FROM generate_series(0, bytes - 1) AS i $$;

-- FarmHash's Fingerprint64 (r_FARMFINGERPRINT64).
CREATE FUNCTION pg_redshift.farm_16(u bigint, v bigint, mul bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    a bigint := pg_redshift.wrapped_product(u # v, mul);
    b bigint;
BEGIN
    a := a # pg_redshift.shifted(a, 47);
    b := pg_redshift.wrapped_product(v # a, mul);
    b := b # pg_redshift.shifted(b, 47);
    RETURN pg_redshift.wrapped_product(b, mul);
END $$;
CREATE FUNCTION pg_redshift.farm_weak(data bytea, place integer, a bigint, b bigint) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    w bigint := pg_redshift.little_endian(data, place, 8); x bigint := pg_redshift.little_endian(data, place + 8, 8);
    y bigint := pg_redshift.little_endian(data, place + 16, 8); z bigint := pg_redshift.little_endian(data, place + 24, 8);
    c bigint;
BEGIN
    a := pg_redshift.wrapped_sum(a, w);
    b := pg_redshift.rotated(pg_redshift.wrapped_sum(b, a, z), 21);
    c := a;
    a := pg_redshift.wrapped_sum(a, x, y);
    b := pg_redshift.wrapped_sum(b, pg_redshift.rotated(a, 44));
    RETURN ARRAY[pg_redshift.wrapped_sum(a, z), pg_redshift.wrapped_sum(b, c)];
END $$;
CREATE FUNCTION pg_redshift.farm_hash(data bytea) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    k0 constant bigint := -4348849565147123417;
    k1 constant bigint := -5435081209227447693;
    k2 constant bigint := -7286425919675154353;
    n constant integer := length(data);
    mul bigint := pg_redshift.wrapped_sum(k2, n * 2);
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; g bigint; h bigint; x bigint; y bigint; z bigint; t bigint;
    v bigint[] := '{0,0}'; w bigint[] := '{0,0}';
    place integer := 0;
BEGIN
    IF n = 0 THEN RETURN k2; END IF;
    IF n < 4 THEN
        y := get_byte(data, 0) + (get_byte(data, n / 2) << 8);
        z := n + (get_byte(data, n - 1) << 2);
        a := pg_redshift.wrapped_product(y, k2) # pg_redshift.wrapped_product(z, k0);
        RETURN pg_redshift.wrapped_product(a # pg_redshift.shifted(a, 47), k2);
    ELSIF n < 8 THEN
        RETURN pg_redshift.farm_16(n + (pg_redshift.little_endian(data, 0, 4) << 3), pg_redshift.little_endian(data, n - 4, 4), mul);
    ELSIF n <= 16 THEN
        a := pg_redshift.wrapped_sum(pg_redshift.little_endian(data, 0, 8), k2);
        b := pg_redshift.little_endian(data, n - 8, 8);
        c := pg_redshift.wrapped_sum(pg_redshift.wrapped_product(pg_redshift.rotated(b, 37), mul), a);
        d := pg_redshift.wrapped_product(pg_redshift.wrapped_sum(pg_redshift.rotated(a, 25), b), mul);
        RETURN pg_redshift.farm_16(c, d, mul);
    ELSIF n <= 64 THEN
        a := pg_redshift.wrapped_product(pg_redshift.little_endian(data, 0, 8), CASE WHEN n <= 32 THEN k1 ELSE k2 END);
        b := pg_redshift.little_endian(data, 8, 8);
        c := pg_redshift.wrapped_product(pg_redshift.little_endian(data, n - 8, 8), mul);
        d := pg_redshift.wrapped_product(pg_redshift.little_endian(data, n - 16, 8), k2);
        y := pg_redshift.wrapped_sum(pg_redshift.rotated(pg_redshift.wrapped_sum(a, b), 43), pg_redshift.rotated(c, 30), d);
        z := pg_redshift.farm_16(y, pg_redshift.wrapped_sum(a, pg_redshift.rotated(pg_redshift.wrapped_sum(b, k2), 18), c), mul);
        IF n <= 32 THEN RETURN z; END IF;
        e := pg_redshift.wrapped_product(pg_redshift.little_endian(data, 16, 8), mul);
        f := pg_redshift.little_endian(data, 24, 8);
        g := pg_redshift.wrapped_product(pg_redshift.wrapped_sum(y, pg_redshift.little_endian(data, n - 32, 8)), mul);
        h := pg_redshift.wrapped_product(pg_redshift.wrapped_sum(z, pg_redshift.little_endian(data, n - 24, 8)), mul);
        RETURN pg_redshift.farm_16(pg_redshift.wrapped_sum(pg_redshift.rotated(pg_redshift.wrapped_sum(e, f), 43), pg_redshift.rotated(g, 30), h),
            pg_redshift.wrapped_sum(e, pg_redshift.rotated(pg_redshift.wrapped_sum(f, a), 18), g), mul);
    END IF;
    x := 81;
    y := pg_redshift.wrapped_sum(pg_redshift.wrapped_product(81, k1), 113);
    z := pg_redshift.wrapped_sum(pg_redshift.wrapped_product(y, k2), 113);
    z := pg_redshift.wrapped_product(z # pg_redshift.shifted(z, 47), k2);
    x := pg_redshift.wrapped_sum(pg_redshift.wrapped_product(x, k2), pg_redshift.little_endian(data, 0, 8));
    mul := k1;
    LOOP
        IF place = (n - 1) / 64 * 64 THEN  -- the last 64 bytes, whatever of them was read before
            mul := pg_redshift.wrapped_sum(k1, (z & 255) << 1);
            place := n - 64;
            w[1] := pg_redshift.wrapped_sum(w[1], (n - 1) & 63);
            v[1] := pg_redshift.wrapped_sum(v[1], w[1]);
            w[1] := pg_redshift.wrapped_sum(w[1], v[1]);
        END IF;
        x := pg_redshift.wrapped_product(pg_redshift.rotated(pg_redshift.wrapped_sum(x, y, v[1], pg_redshift.little_endian(data, place + 8, 8)), 37), mul);
        y := pg_redshift.wrapped_product(pg_redshift.rotated(pg_redshift.wrapped_sum(y, v[2], pg_redshift.little_endian(data, place + 48, 8)), 42), mul);
        IF mul = k1 THEN
            x := x # w[2];
            y := pg_redshift.wrapped_sum(y, v[1], pg_redshift.little_endian(data, place + 40, 8));
        ELSE
            x := x # pg_redshift.wrapped_product(w[2], 9);
            y := pg_redshift.wrapped_sum(y, pg_redshift.wrapped_product(v[1], 9), pg_redshift.little_endian(data, place + 40, 8));
        END IF;
        z := pg_redshift.wrapped_product(pg_redshift.rotated(pg_redshift.wrapped_sum(z, w[1]), 33), mul);
        v := pg_redshift.farm_weak(data, place, pg_redshift.wrapped_product(v[2], mul), pg_redshift.wrapped_sum(x, w[1]));
        w := pg_redshift.farm_weak(data, place + 32, pg_redshift.wrapped_sum(z, w[2]), pg_redshift.wrapped_sum(y, pg_redshift.little_endian(data, place + 16, 8)));
        t := z; z := x; x := t;
        EXIT WHEN mul <> k1;
        place := place + 64;
    END LOOP;
    RETURN pg_redshift.farm_16(
        pg_redshift.wrapped_sum(pg_redshift.farm_16(v[1], w[1], mul), pg_redshift.wrapped_product(y # pg_redshift.shifted(y, 47), k0), z),
        pg_redshift.wrapped_sum(pg_redshift.farm_16(v[2], w[2], mul), x), mul);
END $$;
CREATE FUNCTION pg_redshift.farmfingerprint64(v text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.farm_hash(convert_to(v, 'UTF8')) $$;
CREATE FUNCTION pg_redshift.farmfingerprint64(v varbyte) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.farm_hash(pg_redshift.varbyte_bytes(v)) $$;

-- Murmur3A of 32 bits over what Apache Iceberg's specification makes of a value (MURMUR3_32_HASH): integers and days are 8 bytes.
CREATE FUNCTION pg_redshift.murmur_product(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT ((a & 65535) * b + ((((a >> 16) * b) & 65535) << 16)) & 4294967295 $$;
CREATE FUNCTION pg_redshift.murmur_rotated(a bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT ((a << n) | (a >> (32 - n))) & 4294967295 $$;
CREATE FUNCTION pg_redshift.murmur(data bytea, seed integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    h bigint := seed::bigint & 4294967295;
    k bigint;
    n constant integer := length(data);
BEGIN
    IF data IS NULL THEN RETURN seed; END IF;
    FOR i IN 0 .. n / 4 - 1 LOOP
        k := pg_redshift.murmur_product(pg_redshift.murmur_rotated(pg_redshift.murmur_product(pg_redshift.little_endian(data, i * 4, 4), 3432918353), 15), 461845907);
        h := (pg_redshift.murmur_rotated(h # k, 13) * 5 + 3864292196) & 4294967295;
    END LOOP;
    IF n % 4 > 0 THEN
        k := pg_redshift.little_endian(data, n / 4 * 4, n % 4);
        h := h # pg_redshift.murmur_product(pg_redshift.murmur_rotated(pg_redshift.murmur_product(k, 3432918353), 15), 461845907);
    END IF;
    h := h # n;
    h := pg_redshift.murmur_product(h # (h >> 16), 2246822507);
    h := pg_redshift.murmur_product(h # (h >> 13), 3266489909);
    h := h # (h >> 16);
    RETURN CASE WHEN h >= 2147483648 THEN h - 4294967296 ELSE h END;
END $$;
-- A DECIMAL is its digits without the point, in as few bytes as hold them with the sign, the greatest first.
CREATE FUNCTION pg_redshift.unscaled_bytes(v numeric) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    n numeric := trunc(v * 10 ^ scale(v)::numeric);
    bytes integer := 1;
    made bytea := '';
BEGIN
    WHILE n < -(128 * 256 ^ (bytes - 1)::numeric) OR n > 128 * 256 ^ (bytes - 1)::numeric - 1 LOOP bytes := bytes + 1; END LOOP;
    IF n < 0 THEN n := n + 256 ^ bytes::numeric; END IF;
    FOR i IN 1 .. bytes LOOP
        made := decode(lpad(pg_catalog.to_hex(mod(n, 256)::integer), 2, '0'), 'hex') || made;
        n := trunc(n / 256);
    END LOOP;
    RETURN made;
END $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v bigint, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur(pg_redshift.reversed(int8send(v)), seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v integer, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur3_32_hash(v::bigint, seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v smallint, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur3_32_hash(v::bigint, seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v text, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur(convert_to(v, 'UTF8'), seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v varbyte, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur(pg_redshift.varbyte_bytes(v), seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v numeric, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur(pg_redshift.unscaled_bytes(v), seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v date, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur3_32_hash((v - date '1970-01-01')::bigint, seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v time, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur3_32_hash((extract(epoch FROM v) * 1000000)::bigint, seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v timestamp, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur3_32_hash((extract(epoch FROM v) * 1000000)::bigint, seed) $$;
CREATE FUNCTION pg_redshift.murmur3_32_hash(v timestamptz, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT pg_redshift.murmur3_32_hash((extract(epoch FROM v) * 1000000)::bigint, seed) $$;

-- Of a DECIMAL it is the digits without the point (r_CHECKSUM); other types are not known.
CREATE FUNCTION pg_redshift.checksum(v numeric) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT (v * 10 ^ scale(v)::numeric)::integer $$;
