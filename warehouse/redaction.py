"""Secrets in text that people and logs will see: found by their shape, replaced by ***.

What a caller says may hold one by mistake: a presigned URL as a source, a password in a URL, keys in a query. Errors
and the audit pass their texts through here, so that no other place has to think of it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-authorization.html
"""

from __future__ import annotations

import re

_NAMES = (
    r"x-amz-(?:signature|credential|security-token)|awsaccesskeyid|signature|sig|(?:aws_)?secret_access_key"
    r"|(?:aws_)?access_key_id|(?:aws_)?session_token|web_identity_token|client_secret|sslpassword|password|token"
)
_PATTERNS = (
    # scheme://user:password@host
    (re.compile(r"(://[^\s/?#:@]*:)[^\s/?#]+(?=@)"), r"\1***"),
    # name=value of a URL's query, of COPY's CREDENTIALS and of a connection string
    (re.compile(rf"(?i)\b({_NAMES})(\s*=\s*)('[^']*'|[^\s&;'\")]+)"), r"\1\2***"),
    # SECRET_ACCESS_KEY 'value', as in COPY, CREATE USER and CREATE LIBRARY
    (
        re.compile(r"(?i)\b(secret_access_key|access_key_id|session_token|password)(\s+(?:as\s+)?)'(?:[^']|'')*'"),
        r"\1\2'***'",
    ),
    # An access key by itself; its prefix says what it is.
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), "***"),
)  # fmt: skip


def redact(text: str) -> str:
    """`text` with *** in place of what has the shape of a secret. Text without one stays as it is."""
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text
