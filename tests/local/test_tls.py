"""TLS on the embedded server, for clients that insist; the certificate is its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import pytest


def url(server: dict[str, Any], mode: str) -> str:
    return str(server["psql"]).replace("sslmode=disable", mode)


@pytest.mark.parametrize("driver", [psycopg2, psycopg])
def test_a_client_that_verifies_the_certificate_reads_many_rows(local_server: dict[str, Any], driver: Any) -> None:
    verified = url(local_server, f"sslmode=verify-full&sslrootcert={local_server['certificate']}")
    with driver.connect(verified) as connection, connection.cursor() as cursor:
        # More than fits into one TLS record or one read, in both directions.
        cursor.execute("SELECT %s || ''", ("x" * 300_000,))
        assert cursor.fetchone() == ("x" * 300_000,)
        cursor.execute("SELECT n FROM generate_series(1, 50000) AS s(n)")
        assert sum(row[0] for row in cursor.fetchall()) == 50_000 * 50_001 // 2
    connection.close()


def test_another_certificate_is_not_believed(local_server: dict[str, Any], tmp_path: Path) -> None:
    from warehouse.local.wire.tls import server_context

    server_context(tmp_path)
    wrong = url(local_server, f"sslmode=verify-full&sslrootcert={tmp_path / 'server.crt'}")
    with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
        psycopg2.connect(wrong)


def test_redshift_connector_with_verified_tls(local_server: dict[str, Any]) -> None:
    """The driver's default is verify-full; the certificate comes through OpenSSL's own variable."""
    code = (
        "import redshift_connector as r, sys\n"
        "port, user, password = sys.argv[1:]\n"
        "c = r.connect(host='127.0.0.1', port=int(port), user=user, password=password, database='dev')\n"
        "cursor = c.cursor(); cursor.execute('SELECT 1'); print(cursor.fetchall(), type(c._usock).__name__); c.close()"
    )
    arguments = [str(local_server[name]) for name in ("port", "user", "password")]
    environment = {"SSL_CERT_FILE": local_server["certificate"], "PATH": ""}
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.stdout.strip() == "([1],) SSLSocket", ran.stderr


def test_a_broken_handshake_harms_nobody(local_server: dict[str, Any]) -> None:
    for garbage in (b"\x16\x03\x01\x00\x05hello", b"\0" * 64, b""):
        with socket.create_connection((local_server["host"], local_server["port"]), timeout=10) as raw:
            raw.sendall((8).to_bytes(4, "big") + (80877103).to_bytes(4, "big"))
            assert raw.recv(1) == b"S"
            with contextlib.suppress(OSError):  # the server may hang up at any point of this
                raw.sendall(garbage)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(4096):
                    pass
    with psycopg2.connect(url(local_server, "sslmode=require")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    connection.close()


def test_the_key_is_for_its_owner_alone(local_server: dict[str, Any]) -> None:
    key = Path(local_server["certificate"]).with_name("server.key")
    assert key.stat().st_mode & 0o077 == 0
    assert ssl.PEM_cert_to_DER_cert(Path(local_server["certificate"]).read_text())
