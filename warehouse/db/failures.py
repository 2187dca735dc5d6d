"""What a driver's error means: one paragraph with the next step, and never a secret.

redshift_connector raises nearly everything as ProgrammingError or InterfaceError around a dict of the server's fields
({"S", "C", "M", "D", …}); psycopg2 has attributes. `server_error` reads both, `connection_failed` turns what happens
while connecting into ConnectionFailed.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.errors import ConnectionFailed, WarehouseError

TWO_WAYS = (
    'Run "warehouse local start" for the embedded Redshift of this project, '
    "or set WAREHOUSE_URL to the URL of a Redshift."
)
# Options of redshift_connector.connect and of libpq whose value is a secret.
SECRET_OPTIONS = frozenset(
    {"password", "access_key_id", "secret_access_key", "session_token", "token", "web_identity_token", "client_secret"}
    | {"sslpassword", "passfile"}
)


@dataclass(frozen=True)
class ServerError:
    """What the server said: SQLSTATE ("" when the driver has none), message, detail."""

    code: str
    message: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


def server_error(error: BaseException) -> ServerError:
    """Read the server's fields from an error of redshift_connector, psycopg2 or SQLAlchemy around them."""
    original = getattr(error, "orig", None) or error
    fields = original.args[0] if original.args and isinstance(original.args[0], dict) else None
    if fields is not None:
        return ServerError(str(fields.get("C", "")), _one_line(fields.get("M", "")), _one_line(fields.get("D", "")))
    diagnostics = getattr(original, "diag", None)
    if diagnostics is not None and getattr(diagnostics, "message_primary", None):
        return ServerError(
            getattr(original, "pgcode", None) or "",
            _one_line(diagnostics.message_primary),
            _one_line(diagnostics.message_detail or ""),
        )
    texts = [str(argument) for argument in original.args] or [type(original).__name__]
    return ServerError("", _one_line(": ".join(texts)))


def refused(error: sa.exc.DBAPIError) -> WarehouseError:
    """What the warehouse refused of a command that only looks. The caller raises it `from error`."""
    said = server_error(error)
    return WarehouseError(f"The warehouse refused a question: {said}.", next_step=right_missing(said))


def right_missing(said: ServerError) -> str:
    """The next step of whoever may not do something; "" for another error."""
    if said.code != "42501":
        return ""
    return "Ask its owner for the right that is missing (GRANT … TO …), or log in as a user who has it."


def connection_failed(error: BaseException, url: sa.URL) -> ConnectionFailed:
    """ConnectionFailed for whatever a driver raised while connecting to `url`. The caller raises it `from error`."""
    where = f"{url.host or 'localhost'}:{url.port or 5439}"
    said = redact(str(server_error(error)), url)
    causes = list(_causes(error))
    code = server_error(error).code
    lowered = said.lower()

    def failed(message: str, next_step: str, *, retryable: bool = False) -> ConnectionFailed:
        made = ConnectionFailed(message, next_step=next_step)
        made.retryable = retryable
        return made

    if type(error).__module__.split(".")[0] in ("botocore", "boto3") or "botocore" in said:
        return failed(
            f"AWS gave no temporary login for {where}: {type(error).__name__}: {said}",
            "Check profile=, region= and cluster_identifier= (or serverless_work_group=) in the URL, "
            "and the AWS login itself.",
        )
    if code in ("28000", "28P01") or "password authentication failed" in lowered:
        return failed(
            f"The warehouse at {where} refuses the login of {url.username or 'the user'!r}.",
            "Check the user and the password in WAREHOUSE_URL (special characters must be percent-encoded); "
            'for the embedded Redshift, "warehouse local url" prints the right URL.',
        )
    if code == "3D000" or ("database" in lowered and "does not exist" in lowered):
        return failed(
            f"The warehouse at {where} has no database {url.database!r}.", "Check the name after the last / of the URL."
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes) or "could not translate host name" in lowered:
        return failed(
            f"The host {url.host!r} is unknown.",
            f"Check its spelling, the network and the VPN. {TWO_WAYS}",
            retryable=True,
        )
    if (
        any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
        or "certificate verify failed" in lowered
    ):
        return failed(
            f"The certificate of {where} cannot be trusted, so nothing was sent: {said}",
            "Behind a tunnel the certificate's name differs: say sslmode=verify-ca in the URL's query. "
            "Verification is never switched off silently.",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or _is_tls(lowered):
        return failed(
            f"{where} does not speak TLS as asked: {said}",
            "A Redshift always does: check host and port. Only for the embedded Redshift the URL says ssl=false "
            "(psycopg2: sslmode=disable).",
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes) or "connection refused" in lowered:
        return failed(
            f"Nothing listens at {where}: the warehouse is down, or this is not its address.", TWO_WAYS, retryable=True
        )
    if (
        any(isinstance(cause, TimeoutError) for cause in causes)
        or "timeout expired" in lowered
        or "time out" in lowered
    ):
        return failed(
            f"{where} does not answer in time.",
            "Check the security group, the VPN and whether the cluster is paused.",
            retryable=True,
        )
    return failed(f"Connecting to {where} failed: {said}", TWO_WAYS, retryable=True)


def redact(text: str, url: sa.URL) -> str:
    """`text` with every secret of `url` replaced by ***."""
    secrets = [url.password] + [value for name, value in url.query.items() if name in SECRET_OPTIONS]
    for secret in secrets:
        for part in (secret,) if isinstance(secret, str) else secret or ():
            text = text.replace(part, "***") if part else text
    return text


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and the errors that redshift_connector keeps among its arguments."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "orig", None), *one.args]


def _is_tls(text: str) -> bool:
    return "server refuses ssl" in text or "does not support ssl" in text or "ssl error" in text


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())
