"""TLS for clients that insist: a certificate of this server's own, made once and kept beside its data.

A client that verifies must be given the certificate (`sslrootcert=…/server.crt` for libpq, SSL_CERT_FILE for Python's
drivers): no public authority vouches for 127.0.0.1.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
import time
from pathlib import Path

CERTIFICATE = "server.crt"
KEY = "server.key"
# A laptop's certificate; a new one is made when it has run out.
_DAYS = 3650


def server_context(folder: Path) -> ssl.SSLContext:
    """A context with the certificate in `folder`, which is made when it is not there or has run out."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # Its age tells when it runs out; to read it would cost every start the import of a library.
        if time.time() - certificate.stat().st_mtime < (_DAYS - 1) * 86400:
            context.load_cert_chain(certificate, key)
            return context
    except (OSError, ssl.SSLError):
        pass  # there is none, or what is there is none
    _make(certificate, key)
    context.load_cert_chain(certificate, key)
    return context


def _make(certificate: Path, key: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "embedded Redshift")])
    now = dt.datetime.now(dt.UTC)
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    key.unlink(missing_ok=True)
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
