"""The credentials of a COPY or UNLOAD: their form is checked, as Redshift does; whether they are good is for S3 to say.

They are never shown. Source: AWS copy-parameters-authorization.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from warehouse.local.copying.failure import CopyError

_WAYS = ("IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID")
# An account has twelve digits; AWS's own pages write 0123456789012 for one, and a cluster takes that for a stranger's.
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d+:role/[\w+=,.@/-]+(,arn:aws[a-z-]*:iam::\d+:role/[\w+=,.@/-]+)*")
_STRING_FORM = re.compile(
    r"(aws_iam_role=.+|aws_access_key_id=[^;]+;aws_secret_access_key=[^;]+(;token=[^;]+)?)(;master_symmetric_key=[^;]+)?"
)


def check_credentials(given: Mapping[str, Any]) -> None:
    """Raises CopyError for none, for two ways at once, and for a form that Redshift does not know."""
    ways = [name for name in _WAYS if name in given]
    if len(ways) > 1:
        raise CopyError("conflicting or redundant options: credentials are given twice", "42601")
    if not ways:
        raise CopyError(
            "S3 COPY and UNLOAD need credentials", "42601", hint="Say IAM_ROLE 'arn:aws:iam::<account>:role/<name>'."
        )
    if ways == ["IAM_ROLE"] and given["IAM_ROLE"] != "default" and not _ROLE.fullmatch(given["IAM_ROLE"]):
        raise CopyError("Invalid credentials. Must be of the format: arn:aws:iam::<account>:role/<name>", "XX000")
    if ways == ["CREDENTIALS"] and not _STRING_FORM.fullmatch(given["CREDENTIALS"]):
        raise CopyError(
            "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or "
            "'aws_access_key_id=<access-key-id>;aws_secret_access_key=<secret-access-key>[;token=<temporary-session-token>]'"
        )
    if ways == ["ACCESS_KEY_ID"] and "SECRET_ACCESS_KEY" not in given:
        raise CopyError("ACCESS_KEY_ID needs SECRET_ACCESS_KEY", "42601")
    if "master_symmetric_key=" in str(given.get("CREDENTIALS", "")):
        raise CopyError("not emulated: client-side encryption (master_symmetric_key)", "0A000")
