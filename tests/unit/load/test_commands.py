"""`warehouse load`, `upsert`, `unload` and `runs`, as they are called: what they print, ask and refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from warehouse.cli import console, main
from warehouse.models import Customer
from warehouse.settings import Settings

HEADER = "customer_uuid,customer_home_base,customer_home_base_key\n"


@pytest.fixture
def run(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls `warehouse` in a folder of the test's own, against the test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "WAREHOUSE_URL": settings.url,
        "WAREHOUSE_STAGE": settings.stage,
        "WAREHOUSE_IAM_ROLE": settings.iam_role,
        "WAREHOUSE_REGION": settings.region,
        "WAREHOUSE_S3_ENDPOINT": settings.s3_endpoint,
        "WAREHOUSE_HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": settings.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key,
    }.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, arguments, **more)

    return call


@pytest.fixture
def customers(engine: sa.Engine) -> Callable[[], list[Any]]:
    def read() -> list[Any]:
        table = Customer.__table__
        columns = (table.c.customer_uuid, table.c.customer_home_base, table.c.customer_home_base_key)
        with engine.connect() as connection:
            found = connection.execute(sa.select(*columns).order_by(table.c.customer_uuid)).all()
        return [(uuid.strip(), base and base.strip(), number) for uuid, base, number in found]

    return read


def test_from_a_file_to_the_log_and_back(
    run: Callable[..., Result], customers: Any, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "c.csv").write_text(HEADER + "a,Rome,1\nb,Oslo,2\n")
    dry = run("load", "customer", "c.csv", "--dry-run")
    assert "nothing was sent or changed" in dry.output and "COPY customer (customer_uuid" in dry.output
    assert settings.iam_role not in dry.output
    assert customers() == []
    loaded = run(
        "load", "customer", "c.csv", "--load-key", "first", "--query-group", "nightly", "--statement-timeout", "60"
    )
    assert loaded.exit_code == 0, loaded.output
    assert customers() == [("a", "Rome", 1), ("b", "Oslo", 2)]
    again = run("load", "customer", "c.csv", "--load-key", "first")
    assert "Nothing was done" in again.output and len(customers()) == 2
    (tmp_path / "d.csv").write_text("customer_uuid,customer_home_base\nb,Bergen\nc,Nice\n")
    upserted = run("upsert", "customer", "d.csv", "--key", "customer_uuid", "--default", "customer_home_base_key=9")
    assert upserted.exit_code == 0, upserted.output
    assert "advised: ANALYZE customer" in upserted.output and "--upkeep runs it" in upserted.output
    assert customers() == [("a", "Rome", 1), ("b", "Bergen", 9), ("c", "Nice", 9)]
    to = f"{settings.stage}/out/customer_"
    dry = run("unload", "customer", to, "--dry-run")
    assert "nothing was written" in dry.output and f"TO '{to}'" in dry.output
    written = run("unload", "SELECT customer_uuid, customer_home_base FROM customer", to, "--format", "csv")
    assert written.exit_code == 0 and to in written.output, written.output
    more = run(
        "upsert", "customer", f"{to}manifest", "--key", "customer_uuid", "--default", "customer_home_base_key=7",
        "--cast", "customer_home_base=UPPER(customer_home_base)", "--upkeep",
    )  # fmt: skip
    assert more.exit_code == 0 and "advised" not in more.output, more.output
    assert customers() == [("a", "ROME", 7), ("b", "BERGEN", 7), ("c", "NICE", 7)]
    bad = run("load", "customer", "gone.csv")
    assert bad.exit_code == 1 and "There is no file gone.csv" in bad.output
    listed = run("runs")
    assert [listed.output.count(word) for word in ("load ", "upsert ", "unload ")] >= [2, 2, 1]
    assert "There is no file gone.csv" in run("runs", "--failed", "--table", "customer").output


def test_a_share_that_is_too_large_is_asked_about_in_a_terminal(
    run: Callable[..., Result], customers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.csv").write_text(HEADER + "a,Rome,1\nb,Oslo,2\n")
    assert run("load", "customer", "c.csv").exit_code == 0
    (tmp_path / "c.csv").write_text(HEADER + "a,Nice,1\n")
    replace = ("load", "customer", "c.csv", "--mode", "replace", "--most-rewritten", "40")
    refused = run(*replace, input="y\n")
    assert refused.exit_code == 1 and "would rewrite 2 of 2 rows, more than 40% of the table" in refused.output
    monkeypatch.setattr(console, "may_ask", lambda: True)
    declined = run(*replace, input="n\n")
    assert declined.exit_code == 1 and "Go on? [y/N]" in declined.output
    assert len(customers()) == 2
    assert run(*replace, input="y\n").exit_code == 0
    assert customers() == [("a", "Nice", 1)]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("unload", "DELETE FROM customer", "s3://bucket/out/"), "no query but DELETE"),
        (("unload", "SELECT 1; SELECT 2", "s3://bucket/out/", "--dry-run"), "holds 2 statements"),
        (("unload", "customer", "/tmp/out/"), "UNLOAD writes to S3, and '/tmp/out/' is no prefix of it. Write s3://"),
        (("load", "customer", "c.csv", "--must", "TRUE) OR (TRUE"), "no single condition"),
        (("load", "customer", "c.csv", "--delimiter", "||"), "delimiter '||' is not one ASCII character"),
        (("load", "customer", "c.csv", "--date-format", "Auto"), "dateformat 'Auto'"),
    ],
)
def test_what_cannot_be_run_is_said(run: Callable[..., Result], command: tuple[str, ...], said: str) -> None:
    result = run(*command)
    assert result.exit_code == 1 and said in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--default", "region"), "'region' is not COLUMN=VALUE"),
        (("--cast", "price="), "'price=' is not COLUMN=SQL"),
        (("--rename", "=id"), "'=id' is not FIELD=COLUMN"),
        (("--mode", "truncate"), "'truncate' is not one of 'append', 'replace', 'swap'"),
    ],
)
def test_what_is_misspelt_is_said(run: Callable[..., Result], option: tuple[str, str], said: str) -> None:
    result = run("load", "customer", "c.csv", *option)
    assert result.exit_code == 2 and said in result.output


def test_an_interrupt_says_what_became_of_the_run(
    run: Callable[..., Result], customers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "c.csv").write_text(HEADER + "a,Rome,1\n")
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.load.audit.record_success", interrupted)  # the last thing before the commit
        stopped = run("load", "customer", "c.csv")
    assert stopped.exit_code == 130
    said = " ".join(stopped.output.split())
    assert "error: interrupted. Run " in said and "is rolled back. What was staged is kept: s3://" in said
    assert customers() == []
    assert "KeyboardInterrupt" in run("runs", "--failed").output
