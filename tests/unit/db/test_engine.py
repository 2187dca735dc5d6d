"""From a URL to an Engine: types of the driver, verified TLS, secrets out of sight, failures explained."""

from __future__ import annotations

import socket
import traceback

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from warehouse.db.engine import connect, driver_options, ping
from warehouse.db.failures import TWO_WAYS
from warehouse.errors import ConnectionFailed, SettingsError
from warehouse.settings import Settings

CONNECTOR = "redshift+redshift_connector"


def url_of(rest, driver=CONNECTOR):
    return Settings(url=f"{driver}://{rest}")


def opened_with(monkeypatch, settings):
    """The parameters that the driver is called with."""
    seen = {}

    def record(*arguments, **parameters):
        seen.update(parameters)
        raise ConnectionRefusedError(111, "refused")

    engine = connect(settings)
    monkeypatch.setattr(engine.dialect.loaded_dbapi, "connect", record)
    with pytest.raises(ConnectionFailed):
        ping(engine)
    return seen


def test_without_a_url_both_ways_on_are_named():
    with pytest.raises(ConnectionFailed, match=r'"warehouse local start".*WAREHOUSE_URL'):
        connect(Settings())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:hunter2@h/db", "names 'postgresql', not Redshift"),
        ("hunter2 is not a url", "not a URL that SQLAlchemy understands"),
        ("redshift+redshift_connector://u:hunter2@h:port/db", "not a URL that SQLAlchemy understands"),
    ],
)
def test_a_url_that_is_no_redshift_is_refused_without_showing_it(url, told):
    with pytest.raises(SettingsError, match=told) as caught:
        connect(Settings(url=url))
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_tls_is_verified_unless_the_url_says_otherwise(monkeypatch):
    seen = opened_with(monkeypatch, url_of("u:p@h:5439/dev"))
    assert (seen["ssl"], seen["sslmode"]) == (True, "verify-full")


def test_psycopg2_verifies_too(monkeypatch):
    seen = opened_with(monkeypatch, url_of("u:p@h:5439/dev", "redshift+psycopg2"))
    assert seen["sslmode"] == "verify-full"
    assert seen["sslrootcert"].endswith("redshift-ca-bundle.crt")


@pytest.mark.parametrize("word", ["true", "True", "1", "yes", "on"])
def test_ssl_true_in_a_url_switches_tls_on_not_off(monkeypatch, word):
    # As text the driver would compare it with `is True`, and go on in plain text.
    assert opened_with(monkeypatch, url_of(f"u:p@h/dev?ssl={word}"))["ssl"] is True


def test_ssl_false_is_false(monkeypatch):
    assert opened_with(monkeypatch, url_of("u:p@h/dev?ssl=false"))["ssl"] is False


def test_iam_options_get_the_drivers_types(monkeypatch):
    query = "iam=true&cluster_identifier=c1&profile=p1&region=eu-west-1&auto_create=false&timeout=30&db_groups=a,b"
    seen = opened_with(monkeypatch, url_of(f"h:5439/dev?{query}"))
    assert seen["iam"] is True
    assert seen["auto_create"] is False
    assert seen["timeout"] == 30
    assert seen["db_groups"] == ["a", "b"]
    assert (seen["cluster_identifier"], seen["region"]) == ("c1", "eu-west-1")


def test_secrets_in_the_query_reach_the_driver_but_not_the_repr(monkeypatch):
    settings = url_of("u:pw-secret@h/dev?iam=true&secret_access_key=sk-secret&session_token=st-secret")
    assert opened_with(monkeypatch, settings)["secret_access_key"] == "sk-secret"
    engine = connect(settings)
    assert "secret" not in repr(engine).replace("secret_access_key", "")
    assert "secret" not in engine.url.render_as_string(hide_password=True)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("sslmode=require", "sslmode=require would leave the connection unprotected"),
        ("sslmode=disable", "ssl=false"),
        ("ssl=maybe", "ssl=maybe.*true or false"),
        ("timeout=soon", "timeout=soon.*whole number"),
        ("regoin=eu-west-1", "Did you mean 'region'"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(query, told):
    with pytest.raises(SettingsError, match=told):
        connect(url_of(f"u:p@h/dev?{query}"))


def test_a_malformed_secret_is_not_shown():
    with pytest.raises(SettingsError) as caught:
        driver_options(CONNECTOR, {"access_key_id": ("one-secret", "two-secret")})
    assert "secret" not in str(caught.value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=4, max_size=20))
def test_no_password_ever_appears_in_a_message(password):
    url = sa.URL.create(CONNECTOR, "user", password, "127.0.0.1", 1, "dev", {"ssl": "false"})
    engine = connect(Settings(url=url.render_as_string(hide_password=False)))
    with pytest.raises(ConnectionFailed) as caught:
        ping(engine)
    message = str(caught.value)
    fixed = "Nothing listens at 127.0.0.1:1: the warehouse is down, or this is not its address."
    assert message.startswith(fixed)
    assert password not in message.removeprefix(fixed) or password in TWO_WAYS


def test_a_stopped_server_names_the_two_ways_on():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    engine = connect(url_of(f"u:p@127.0.0.1:{port}/dev?ssl=false"))
    with pytest.raises(
        ConnectionFailed, match=rf'127\.0\.0\.1:{port}.*"warehouse local start".*WAREHOUSE_URL'
    ) as caught:
        ping(engine)
    assert caught.value.retryable
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("raised", "told", "retryable"),
    [
        (OSError("communication error", socket.gaierror(-2, "Name or service not known")), "host 'h' is unknown", True),
        (TimeoutError("connection time out"), "does not answer in time", True),
        (
            Exception({"S": "FATAL", "C": "28000", "M": "password authentication failed"}),
            "refuses the login of 'u'",
            False,
        ),
        (Exception({"S": "FATAL", "C": "28P01", "M": "no"}), "refuses the login of 'u'", False),
        (Exception({"S": "FATAL", "C": "3D000", "M": 'database "dev" does not exist'}), "has no database 'dev'", False),
        (Exception("Server refuses SSL"), "does not speak TLS as asked", False),
        (Exception("something with pw-secret in it"), r"failed: something with \*\*\* in it", True),
    ],
)
def test_what_a_driver_raises_is_explained(monkeypatch, raised, told, retryable):
    def refuse(*arguments, **parameters):
        raise raised

    engine = connect(url_of("u:pw-secret@h:5439/dev"))
    monkeypatch.setattr(engine.dialect.loaded_dbapi, "connect", refuse)
    with pytest.raises(ConnectionFailed, match=told) as caught:
        ping(engine)
    assert caught.value.retryable is retryable
    assert caught.value.__cause__ is raised
    assert "pw-secret" not in str(caught.value)
