"""The `alembic` command itself: plain, from the project's folder."""

from __future__ import annotations

import pytest
from alembic.config import CommandLine

SECRET = "correct-horse"


def alembic(*words):
    """Run the command in this process, as its script does."""
    CommandLine(prog="alembic").main(list(words))


@pytest.fixture(autouse=True)
def quiet_logging():
    # The command sets logging up for a terminal; the next test shall not inherit it.
    import logging

    before = list(logging.getLogger().handlers)
    yield
    for handler in logging.getLogger().handlers[:]:
        if handler not in before:
            logging.getLogger().removeHandler(handler)


def test_sql_is_printed_without_a_server(project, capsys):
    project.revision('op.execute("SELECT 1")')
    alembic("upgrade", "head", "--sql")
    assert "SELECT 1;" in capsys.readouterr().out


def test_a_server_that_is_down_is_one_paragraph_with_the_two_ways_on(project, capsys):
    project.revision("pass")
    with pytest.raises(SystemExit) as caught:
        alembic("-x", f"url=redshift+redshift_connector://u:{SECRET}@127.0.0.1:1/dev?ssl=false", "upgrade", "head")
    assert caught.value.code != 0
    told = "".join(capsys.readouterr())
    assert "Nothing listens at 127.0.0.1:1" in told
    assert "warehouse local start" in told
    assert "WAREHOUSE_URL" in told
    assert "Traceback" not in told
    assert SECRET not in told


def test_debug_shows_the_error_itself(project):
    from warehouse.errors import ConnectionFailed

    project.revision("pass")
    with pytest.raises(ConnectionFailed):
        alembic("-x", f"url=redshift+redshift_connector://u:{SECRET}@127.0.0.1:1/dev", "-x", "debug=true", "current")


def test_a_broken_rule_stops_the_command(project, capsys):
    project.revision('op.create_table("t", sa.Column("c", sa.INTEGER()))')
    with pytest.raises(SystemExit):
        alembic("upgrade", "head", "--sql")
    told = " ".join(capsys.readouterr().out.split())
    assert "FAILED: migrations/versions/r1.py:" in told
    assert "WH003 t" in told
    assert "CREATE TABLE t" not in told
