"""What is kept of a user's password. Never the password itself.

    md5…                            md5(password + user): every client of PostgreSQL can answer for it
    SCRAM-SHA-256$1:salt$digest:…   sha256(password + salt): only Redshift's own drivers can

PostgreSQL keeps it where only superusers can read it, in pg_authid. It takes nothing there but md5 and verifiers of its
own, so a SHA-256 password is written as one of those; its iteration count says that it is none.
"""

from __future__ import annotations

import base64
import hashlib
import re

_VERIFIER = re.compile(r"SCRAM-SHA-256\$1:([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):[A-Za-z0-9+/=]+")


def md5(password: str, user: str) -> str:
    return "md5" + hashlib.md5((password + user).encode("utf-8"), usedforsecurity=False).hexdigest()


def digest(value: bytes, salt: bytes) -> str:
    """sha256(password + salt), 32 bytes, and the salt in one string."""
    packed = [base64.b64encode(part).decode("ascii") for part in (salt, value, bytes(32))]
    return f"SCRAM-SHA-256$1:{packed[0]}${packed[1]}:{packed[2]}"


def parse_digest(kept: str) -> tuple[bytes, bytes] | None:
    """The two arguments of `digest`, or None when `kept` is something else."""
    found = _VERIFIER.fullmatch(kept)
    if found is None:
        return None
    salt, value = (base64.b64decode(part) for part in found.groups())
    return value, salt
