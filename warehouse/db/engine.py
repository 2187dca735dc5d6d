"""The Engine of a warehouse: from a URL, with the dialect corrected, TLS verified and every failure to connect
explained.

    redshift+redshift_connector://USER:PASSWORD@HOST:5439/DB
    redshift+redshift_connector://HOST:5439/DB?iam=true&db_user=USER&cluster_identifier=NAME&region=REGION&profile=PROFILE
    redshift+psycopg2://USER:PASSWORD@HOST:5439/DB

The query of the URL takes every parameter of `redshift_connector.connect` (or of libpq, with psycopg2). It arrives as
text, and the driver compares with `is True`: left alone, `ssl=true` would *switch TLS off*. So each value gets the type
that the driver's signature names, and an unknown name is refused. Secrets in the query are kept out of the engine's
URL, hence out of its repr. Unless the URL says otherwise the server's certificate and name are verified
(sslmode=verify-full).
"""

from __future__ import annotations

import difflib
import inspect
import socket
import traceback
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from warehouse.db.dialect import adapt
from warehouse.db.failures import SECRET_OPTIONS, TWO_WAYS, connection_failed
from warehouse.errors import ConnectionFailed, SettingsError, WarehouseError
from warehouse.settings import Settings, load_settings

_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})
# redshift_connector ignores any other mode, and then speaks plain text to a server that expects TLS.
_SSLMODES = ("verify-full", "verify-ca")
# Read by the dialect before the driver sees the query.
_DIALECT_OPTIONS = ("client_encoding",)


def connect(settings: Settings | None = None, **engine_options: Any) -> sa.Engine:
    """An Engine for `settings.url` (default: the settings of the environment). Opens no connection yet.

    `engine_options` go to `sqlalchemy.create_engine`. Raises ConnectionFailed when no URL is configured, SettingsError
    when the URL is malformed; connections of the engine raise ConnectionFailed.
    """
    configured = load_settings() if settings is None else settings
    url = warehouse_url(configured.url)
    secrets = {name: value for name, value in url.query.items() if name in SECRET_OPTIONS}
    public = url.difference_update_query(list(secrets))
    try:
        engine = sa.create_engine(public, **engine_options)
    except ImportError as error:
        raise SettingsError(
            f"The driver of {url.drivername} is not installed.",
            next_step="Say redshift+redshift_connector:// or install it.",
        ) from error
    adapt(engine.dialect)
    typed = driver_options(url.drivername, {**public.query, **secrets})

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
        parameters.update(typed)
        try:
            made = dialect.loaded_dbapi.connect(*arguments, **parameters)
        except WarehouseError:
            raise
        except Exception as error:  # drivers raise what they like here: their own tree, OSError, botocore's
            _close_leftover(error)
            raise connection_failed(error, url) from error
        if dialect.driver != "redshift_connector":
            return made
        from warehouse.db.broken import guard

        return guard(made)

    return engine


def ping(engine: sa.Engine) -> None:
    """Ask the warehouse for one row. Raises ConnectionFailed when it cannot be reached or refuses the login."""
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.DBAPIError as error:
        raise connection_failed(error, engine.url) from error


def warehouse_url(text: str) -> sa.URL:
    """`text` as a URL of a Redshift. Raises ConnectionFailed when empty, SettingsError when it is no such URL."""
    if not text:
        raise ConnectionFailed("No warehouse is configured.", next_step=TWO_WAYS)
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        # `from None`: the original message may quote the URL, and with it the password.
        raise SettingsError(
            "WAREHOUSE_URL is not a URL that SQLAlchemy understands.",
            next_step="Write redshift+redshift_connector://USER:PASSWORD@HOST:5439/DB, "
            "with special characters percent-encoded.",
        ) from (None if text in str(error) else error)
    if url.get_backend_name() != "redshift":
        raise SettingsError(
            f"WAREHOUSE_URL names {url.get_backend_name()!r}, not Redshift.",
            next_step="Begin it with redshift+redshift_connector:// (or redshift+psycopg2://).",
        )
    return url


def driver_options(drivername: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """The URL's query with the types that redshift_connector wants; libpq's options stay text.

    Raises SettingsError for an unknown option, a malformed value, or an sslmode that would leave the connection
    unprotected.
    """
    given = {name: value for name, value in query.items() if name not in _DIALECT_OPTIONS}
    if not drivername.endswith("+redshift_connector"):
        return given
    types = _driver_types()
    typed = {}
    for name, value in given.items():
        if name not in types:
            near = difflib.get_close_matches(name, types, n=1)
            raise SettingsError(
                f"The URL's query has an option {name!r} that redshift_connector does not know.",
                next_step=f"Did you mean {near[0]!r}?" if near else "See the parameters of redshift_connector.connect.",
            )
        typed[name] = _typed(name, value, types[name])
    if typed.get("ssl", True) and typed.get("sslmode", "verify-full") not in _SSLMODES:
        raise SettingsError(
            f"sslmode={typed['sslmode']} would leave the connection unprotected with redshift_connector.",
            next_step="Say sslmode=verify-full or verify-ca; for a server without TLS say ssl=false.",
        )
    return typed


def _close_leftover(error: BaseException) -> None:
    """Close the socket that redshift_connector leaves open when the server refuses TLS or the login."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        leftover = getattr(frame.f_locals.get("self"), "_usock", None)
        if isinstance(leftover, socket.socket):
            leftover.close()


@cache
def _driver_types() -> dict[str, Any]:
    """Parameter name -> bool, int, str or list, as the driver's own signature says."""
    import redshift_connector

    hints = typing.get_type_hints(redshift_connector.connect)
    named = inspect.signature(redshift_connector.connect).parameters
    return {name: _plain(hints.get(name, str)) for name in named}


def _plain(hint: Any) -> Any:
    inner = [one for one in typing.get_args(hint) if one is not type(None)] or [hint]
    return typing.get_origin(inner[0]) or inner[0]


def _typed(name: str, value: Any, wanted: Any) -> Any:
    if wanted is list:
        return list(value) if isinstance(value, tuple) else [part for part in str(value).split(",") if part]
    if isinstance(value, tuple):
        raise SettingsError(f"The URL's query gives {name} more than once.", next_step="Say it once.")
    if not isinstance(value, str):
        return value
    if wanted is bool:
        if value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        raise SettingsError(f"The URL's query says {name}={_shown(name, value)}.", next_step="Say true or false.")
    if wanted is int:
        try:
            return int(value)
        except ValueError:
            raise SettingsError(
                f"The URL's query says {name}={_shown(name, value)}.", next_step="Say a whole number."
            ) from None
    return value


def _shown(name: str, value: str) -> str:
    return "***" if name in SECRET_OPTIONS else value
