"""The password exchange, as Redshift's drivers do it: md5 over a salt. No I/O.

The server keeps `md5(password + user)`, never the password (PostgreSQL documentation, "Password Authentication").
"""

from __future__ import annotations

import hashlib
import hmac


def stored_hash(user: str, password: str) -> str:
    """What the server keeps of a password: `md5` and 32 hex digits, as CREATE USER … PASSWORD 'md5…' takes it."""
    return "md5" + hashlib.md5((password + user).encode("utf-8"), usedforsecurity=False).hexdigest()


def expected_response(stored: str, salt: bytes) -> bytes:
    """What a client that knows the password answers to `salt` (4 bytes)."""
    return b"md5" + hashlib.md5(stored[3:].encode("ascii") + salt, usedforsecurity=False).hexdigest().encode("ascii")


def matches(stored: str, salt: bytes, response: bytes) -> bool:
    """True when `response` answers `salt` for the stored hash; compares in constant time."""
    return hmac.compare_digest(expected_response(stored, salt), response.rstrip(b"\0"))
