"""The password exchange, as Redshift's drivers do it: md5 over a salt, or SHA-256 over nonces. No I/O.

How a user's password is kept decides which (AWS r_CREATE_USER): as `md5(password + user)`, which every client of
PostgreSQL can answer for, or as `sha256(password + salt)`, for which only Redshift's own drivers can (authentication
13, "digest", in redshift_connector and JDBC). The server keeps what it compares with, never the password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from typing import Protocol

from warehouse.local.passwords import parse_digest

# SHA256 is the first of the algorithms that the drivers know.
_DIGEST, _SHA256 = 13, 0


class Challenge(Protocol):
    """What a client is asked: `question` is the body of an Authentication message, `kind` the type of the answer."""

    @property
    def kind(self) -> bytes: ...

    @property
    def question(self) -> bytes: ...

    def accepts(self, answer: bytes) -> bool:
        """True for the answer of a client that knows the password; compares in constant time."""


def challenge(stored: str | None) -> Challenge:
    """The question for a user whose password is kept as `stored`. Without one, no answer is accepted."""
    if stored is not None and (found := parse_digest(stored)):
        return _Digest(*found, secrets.token_bytes(32))
    known = stored is not None and stored.startswith("md5")
    # The answer of an unknown user is compared too, so that both take the same time.
    return _Md5(stored[3:] if stored is not None and known else "0" * 32, secrets.token_bytes(4), known)


@dataclass(frozen=True)
class _Md5:
    hash: str
    salt: bytes
    known: bool
    kind: bytes = b"p"

    @property
    def question(self) -> bytes:
        return struct.pack("!i", 5) + self.salt

    def accepts(self, answer: bytes) -> bool:
        wanted = md5_answer(self.hash, self.salt)
        return hmac.compare_digest(wanted, answer.rstrip(b"\0")) and self.known


def md5_answer(hash: str, salt: bytes) -> bytes:
    """What a client that knows the password answers to `salt` (PostgreSQL documentation, "Password Authentication")."""
    return b"md5" + hashlib.md5(hash.encode("ascii") + salt, usedforsecurity=False).hexdigest().encode("ascii")


@dataclass(frozen=True)
class _Digest:
    digest: bytes
    salt: bytes
    nonce: bytes
    kind: bytes = b"d"

    @property
    def question(self) -> bytes:
        return struct.pack("!ii", _DIGEST, _SHA256) + _counted(self.salt) + _counted(self.nonce)

    def accepts(self, answer: bytes) -> bool:
        """`answer` is the client's digest and its own nonce, each behind its length."""
        try:
            (size,) = struct.unpack_from("!i", answer)
            (more,) = struct.unpack_from("!i", answer, 4 + size)
        except struct.error:
            return False
        given, nonce = answer[4 : 4 + size], answer[8 + size :]
        wanted = hashlib.sha256(self.digest + self.nonce + nonce).digest()
        return more == len(nonce) and hmac.compare_digest(wanted, given)


def _counted(data: bytes) -> bytes:
    return struct.pack("!i", len(data)) + data
