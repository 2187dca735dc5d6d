"""Faults on request, so that a project can test what it does when Redshift fails:

    SET warehouse.fault TO 'conflict'                          COMMIT fails with error 1023
    SET warehouse.fault TO 'disk full on COPY'                 a statement that writes fails for want of space
    SET warehouse.fault TO 'drop connection after COMMIT'      the connection ends; the work is done, its answer lost
    SET warehouse.fault TO 'slow copy seconds 2.5'             COPY takes so much longer, and holds what it locks
    SET warehouse.fault TO 's3 403'                            S3 denies access, to everybody
    SET warehouse.fault TO 's3 503 times 3 under s3://b/p'     S3 asks three times to slow down, below that prefix
    SET warehouse.fault TO ''                                  no faults any more

A fault happens once, or so many `times`, to the next statements of any session of the database that it fits: `on` one
kind of statement (its first word), in place of it or `after` it. No cluster knows this setting.
"""

from __future__ import annotations

import re
from dataclasses import replace

from warehouse.local.translate.plan import Fault, Refused

_OF_S3 = ("s3 403", "s3 503")
KINDS = ("conflict", "disk full", "drop connection", "slow copy", *_OF_S3)
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


def parse(text: str) -> Fault:
    """What a value of `warehouse.fault` asks for. Raises Refused (22023)."""
    words = text.split()
    if not words:
        return Fault()
    kind = next((one for one in KINDS if words[: len(one.split())] == one.split()), "")
    rest = words[len(kind.split()) :]
    if not kind or len(rest) % 2:
        raise _invalid(text)
    fault = Fault(kind)
    for name, value in zip(rest[::2], rest[1::2], strict=True):
        if name == "times" and value.isdigit() and int(value):
            fault = replace(fault, times=int(value))
        elif name == "seconds" and kind == "slow copy" and _SECONDS.fullmatch(value):
            fault = replace(fault, seconds=float(value))
        elif name == "under" and kind in _OF_S3 and value.startswith("s3://"):
            fault = replace(fault, under=value)
        elif name == "on" and kind not in _OF_S3 and value.isalpha():
            fault = replace(fault, on=value.upper())
        elif name == "after" and kind == "drop connection" and value.isalpha():
            fault = replace(fault, on=value.upper(), after=True)
        else:
            raise _invalid(text)
    return fault


def _invalid(text: str) -> Refused:
    return Refused(
        f'invalid value for parameter "warehouse.fault": "{text}"',
        "22023",
        hint=f"Known are {', '.join(KINDS)}; then: times N, on STATEMENT, after STATEMENT, seconds S, under s3://…",
    )
