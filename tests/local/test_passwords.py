"""Passwords: both ways in which Redshift keeps them, with real drivers; and no log that tells one."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import warnings
from pathlib import Path

import psycopg
import pytest
import redshift_connector

SECRET = "Only4tests"
SALT = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"


@pytest.fixture
def user(pg, schema):
    """A name for a user of the test's own."""
    name = f"keeper_{schema}"
    yield name
    pg.execute(f"DROP USER IF EXISTS {name}")


@pytest.fixture
def log_in(local_server, shared, user):
    """Logs in with Redshift's own driver and says who it is."""

    def attempt(password):
        with redshift_connector.connect(
            host=local_server["host"],
            port=local_server["port"],
            user=user,
            password=password,
            database=shared,
            ssl=False,
        ) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT current_user")
            return cursor.fetchone()[0].strip()

    return attempt


@pytest.fixture
def refuse(log_in):
    """Expects that a password is refused. The driver forgets its socket then, which is not this server's fault."""

    def attempt(password):
        with pytest.raises(redshift_connector.Error, match="password authentication failed"):
            log_in(password)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    return attempt


def digest(password):
    return hashlib.sha256(password.encode() + bytes.fromhex(SALT)).hexdigest()


@pytest.mark.parametrize(
    "kept", [f"sha256|{SECRET}", f"sha256|{digest(SECRET)}|{SALT}", f"sha256|{digest(SECRET).upper()}|{SALT.upper()}"]
)
def test_a_sha256_password(pg, user, log_in, refuse, kept):
    pg.execute(f"CREATE USER {user} PASSWORD '{kept}'")
    assert log_in(SECRET) == user
    for wrong in ("Other4tests", "", digest(SECRET)):
        refuse(wrong)


def test_libpq_does_not_know_the_digest_as_on_a_cluster(local_server, pg, user, log_in, refuse):
    pg.execute(f"CREATE USER {user} PASSWORD 'sha256|{SECRET}'")
    where = {"host": local_server["host"], "port": local_server["port"], "dbname": "dev", "sslmode": "disable"}
    with pytest.raises(psycopg.OperationalError, match="13"):
        psycopg.connect(**where, user=user, password=SECRET)
    # With a password that is kept as md5 every client can log in, and with none nobody.
    pg.execute(f"ALTER USER {user} PASSWORD '{SECRET}2'")
    psycopg.connect(**where, user=user, password=f"{SECRET}2").close()
    assert log_in(f"{SECRET}2") == user
    pg.execute(f"ALTER USER {user} PASSWORD DISABLE")
    for password in ("", SECRET, f"{SECRET}2"):
        refuse(password)


def test_no_log_tells_a_password(local_server, pg, user, log_in, refuse):
    for text in (
        f"CREATE USER {user} PASSWORD '{SECRET}x'",
        f"ALTER USER {user} PASSWORD 'sha256|{SECRET}'",
        f"ALTER USER {user} PASSWORD '{SECRET}' '{SECRET}'",
        f"CREATE USER {user} PASSWORD {SECRET}",
        f"CREATE USER {user} WITH PASSWORD '{SECRET}' NONSENSE",
        f"CREATE USER {user} PASSWORD '{SECRET}",
        f"CREATE USER {user} PASSWORD '{SECRET}-without-end",
        f"ALTER USER nobody_{user} PASSWORD '{SECRET}'",
        f"COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=AKIA;aws_secret_access_key={SECRET}'",
        f"COPY t FROM 's3://b/k' ACCESS_KEY_ID 'AKIA' SECRET_ACCESS_KEY '{SECRET}' SESSION_TOKEN '{SECRET}' CSV",
        f"UNLOAD ('SELECT 1') TO 's3://b/k' CREDENTIALS '{SECRET}'",
    ):
        with contextlib.suppress(psycopg.Error):
            pg.execute(text)
    assert log_in(SECRET) == user
    refuse(f"{SECRET}wrong")

    state = Path(local_server["home"]) / ".warehouse"
    for log in ("server.log", "postgres.log", "ephemeral/postgres.log"):
        if (state / log).exists():
            assert SECRET not in (state / log).read_text(errors="replace"), log
    for query in (
        "SELECT querytxt FROM stl_query",
        "SELECT text FROM stl_querytext",
        "SELECT text FROM stl_ddltext",
        "SELECT text FROM stl_utilitytext",
        "SELECT text FROM svl_statementtext",
        "SELECT query_text || error_message FROM sys_query_history",
        "SELECT remotehost || username FROM stl_connection_log",
    ):
        found = [row[0] for row in pg.execute(query).fetchall() if row[0]]
        assert [text for text in found if SECRET in text] == [], query
    # What the PostgreSQL behind us ever saw of it is a hash.
    with psycopg.connect(
        host=str(Path(local_server["postgres"]).parent), user="rdsdb", dbname="postgres", autocommit=True
    ) as behind:
        kept = behind.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [user]).fetchone()[0]
        assert SECRET not in kept
        seen = behind.execute("SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        assert [query for (query,) in seen if SECRET in query] == []


def test_a_password_in_an_error_is_not_repeated(pg, user):
    for text in (f"ALTER USER {user} PASSWORD '{SECRET}' '{SECRET}'", f"CREATE USER {user} '{SECRET}'"):
        with pytest.raises(psycopg.Error) as caught:
            pg.execute(text)
        assert SECRET not in str(caught.value)
