"""A user's password, as CREATE USER and ALTER USER take it, and what is kept of it (AWS r_CREATE_USER).

'Abcdefg1'                clear text, kept as md5(password + user)
'md5…'                    that hash
'sha256|Abcdefg1'         clear text, kept as sha256(password + salt) with a salt made here
'sha256|digest|salt'      that digest and its salt, both in hex
"""

from __future__ import annotations

import hashlib
import re
import secrets

from warehouse.local.passwords import digest, md5
from warehouse.local.translate.plan import Refused

_MD5 = re.compile(r"md5[0-9a-fA-F]{32}")
_DIGEST = re.compile(r"([0-9a-fA-F]{64})\|((?:[0-9a-fA-F]{2})+)")
# Printable characters, but for these.
_NOT_IN_PASSWORDS = set("'\"\\/@ ")


def kept(text: str, user: str) -> str:
    """What is kept of the password `text`: it is all that goes on to PostgreSQL. Raises Refused (22023)."""
    if _MD5.fullmatch(text):
        return text
    if not text.startswith("sha256|"):
        return md5(_checked(text), user)
    rest = text.removeprefix("sha256|")
    if found := _DIGEST.fullmatch(rest):
        return digest(*(bytes.fromhex(part) for part in found.groups()))
    salt = secrets.token_bytes(32)
    return digest(hashlib.sha256(_checked(rest).encode() + salt).digest(), salt)


def _checked(text: str) -> str:
    if not 8 <= len(text) <= 64:
        raise Refused("The password must be 8 to 64 characters in length", "22023")
    kinds = (str.isupper, str.islower, str.isdigit)
    if not all(any(test(c) for c in text) for test in kinds):
        raise Refused("The password must contain an uppercase letter, a lowercase letter and a number", "22023")
    if any(c in _NOT_IN_PASSWORDS or not 33 <= ord(c) <= 126 for c in text):
        raise Refused("The password contains a character that is not allowed", "22023")
    return text
