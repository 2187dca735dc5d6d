"""Where the warehouse is: the environment first, then the embedded server's file, then nowhere; and never a secret in a
repr.
"""

from __future__ import annotations

import json

import pytest

from warehouse.errors import SettingsError
from warehouse.settings import Settings, find_home, load_settings

SERVER = {
    "url": "redshift+redshift_connector://awsuser:hidden-pw@127.0.0.1:5439/dev?ssl=false",
    "iam_role": "arn:aws:iam::000000000000:role/local",
    "s3": {
        "stage": "s3://warehouse/stage",
        "region": "us-east-1",
        "endpoint_url": "http://127.0.0.1:9000",
        "access_key": "local",
        "secret_key": "hidden-key",
    },
}


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".warehouse").mkdir()
    return tmp_path


def write(home, server):
    (home / ".warehouse" / "server.json").write_text(server if isinstance(server, str) else json.dumps(server))


def test_nothing_configured_means_an_empty_url(home):
    assert load_settings({}, home=home) == Settings(home=home)


def test_the_embedded_server_is_found_through_its_file(home):
    write(home, SERVER)
    settings = load_settings({}, home=home)
    assert settings.is_local
    assert settings.url == SERVER["url"]
    assert settings.stage == "s3://warehouse/stage"
    assert settings.s3_keys == ("local", "hidden-key")


def test_the_environment_wins_and_brings_no_local_keys_along(home):
    write(home, SERVER)
    settings = load_settings(
        {"WAREHOUSE_URL": "redshift://elsewhere/db", "WAREHOUSE_STAGE": "s3://bucket/x/"}, home=home
    )
    assert not settings.is_local
    assert settings.url == "redshift://elsewhere/db"
    assert settings.stage == "s3://bucket/x"
    assert settings.s3_keys is None


def test_single_settings_override_the_embedded_servers(home):
    write(home, SERVER)
    settings = load_settings({"WAREHOUSE_IAM_ROLE": "arn:mine"}, home=home)
    assert settings.is_local
    assert settings.iam_role == "arn:mine"


def test_repr_holds_no_secret(home):
    write(home, SERVER)
    shown = repr(load_settings({}, home=home))
    assert "hidden" not in shown
    assert "s3://warehouse/stage" in shown


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"url": "x"}', '{"url": "x", "iam_role": "y", "s3": 1}'])
def test_a_damaged_server_file_is_named_with_the_way_on(home, text):
    write(home, text)
    with pytest.raises(SettingsError, match=r"server\.json is not a server file.*warehouse local start"):
        load_settings({}, home=home)


def test_home_is_the_nearest_project_upwards(tmp_path):
    (tmp_path / "alembic.ini").touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_home(inner) == tmp_path


def test_warehouse_home_says_where_the_project_is(home):
    write(home, SERVER)
    assert load_settings({"WAREHOUSE_HOME": str(home)}).url == SERVER["url"]
