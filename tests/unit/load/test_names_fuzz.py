"""Names stay names and secrets stay secret, whatever stands in them, through every way in.

pytest tests/unit/load/test_names_fuzz.py --names 200      the long form (default: 3)
"""

from __future__ import annotations

import traceback
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from warehouse.cli import main
from warehouse.errors import WarehouseError
from warehouse.load import Versions, history, load, read, unload, upsert
from warehouse.migrate.tables import table_of
from warehouse.models import LoadAudit
from warehouse.redaction import redact
from warehouse.schema import ColumnDesign, TableDesign

NASTY = "'\"\\;-$%:(){}[]*/.,&|<>= é€😀`?@#!~^"
names = st.text(st.sampled_from(NASTY + "ab_1"), min_size=1, max_size=12).filter(lambda text: text == text.strip())
values = st.text(st.sampled_from(NASTY + "\n\tab"), max_size=8)


def test_any_name_goes_through_every_entry_point(request: Any, own: dict[str, Any]) -> None:
    @settings(max_examples=request.config.getoption("--names"), deadline=None, database=None,
              phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.lists(names, min_size=6, max_size=6, unique_by=str.casefold), values)
    @example(["{a}", "{moment}", "%(b)s", ":c", "[red]d[/]", "e\"'\\"], "%s {0} :x [bold]")
    def run(found: list[str], value: str) -> None:
        table, key, text, began, ended, current = (name.lower() for name in found)
        # A table whose name begins with # is temporary (AWS r_CREATE_TABLE_NEW).
        table = f"t{table}"
        design = TableDesign(
            table,
            columns=(
                ColumnDesign(key, "integer", nullable=False),
                ColumnDesign(text, "character varying(64)"),
                ColumnDesign(began, "timestamp without time zone"),
                ColumnDesign(ended, "timestamp without time zone"),
                ColumnDesign(current, "boolean"),
            ),
            primary_key=(key,),
        )
        model = table_of(design, sa.MetaData(), primary_key_name="k")
        rows = [{key: 1, text: value}, {key: 2, text: ""}, {key: 3, text: None}]
        with own["engine"].begin() as connection:
            model.create(connection)
        try:
            there_and_back(model, design, rows, Versions(began, ended, current), own)
        finally:
            with own["engine"].begin() as connection:
                model.drop(connection)

    run()


def there_and_back(
    model: sa.Table, design: TableDesign, rows: list[dict[str, Any]], versions: Versions, own: dict[str, Any]
) -> None:
    key, text = (column.name for column in design.columns[:2])

    every = sa.select(model.c[key], model.c[text]).order_by(model.c[key])

    def held() -> list[tuple[Any, ...]]:
        with own["engine"].connect() as connection:
            return [
                tuple(row) for row in connection.execute(sa.select(model.c[key], model.c[text]).order_by(model.c[key]))
            ]

    expected = [(row[key], row[text]) for row in rows]
    load(model, rows, columns=[key, text], **own)
    assert held() == expected
    upsert(model, rows, columns=[key, text], **own)
    assert held() == expected
    load(model, rows, columns=[key, text], mode="replace", defaults={versions.is_current: True}, **own)
    assert held() == expected
    for moment in (datetime(2020, 1, 1), datetime(2020, 1, 2)):
        with own["engine"].begin() as connection:
            connection.execute(sa.delete(model))
        history(model, rows, keys=[key], columns=[key, text], versions=versions, as_of=moment, missing="close", **own)
    assert held() == expected
    uri = f"{own['settings'].stage}/names/"
    unload(model, uri, replace=True, **own)
    load(model, f"{uri}manifest", mode="replace", **own)
    assert held() == expected
    with read(every, **own) as reading:
        found = [tuple(row.values()) for batch in reading for row in batch.to_pylist()]
    assert found == expected


KEY = "AKIA" + "ABCDEFGH12345678"
SECRET = "wJalrXUtnFEMI" + "K7MDENGbPxRfiCY"
SECRETS = (
    f"https://bucket.s3.amazonaws.com/a.csv?X-Amz-Credential={SECRET}%2F2020&X-Amz-Signature={SECRET}&X-Amz-Expires=60",
    f"https://bucket.s3.amazonaws.com/a.csv?AWSAccessKeyId={KEY}&Signature={SECRET}",
    f"s3://{KEY}:{SECRET}@bucket/a.csv",
    f"redshift://somebody:{SECRET}@host/dev",
    f"/nowhere/{KEY}.csv",
    f"/nowhere/a.csv?token={SECRET}",
)


@pytest.mark.parametrize("source", SECRETS)
def test_a_secret_in_a_source_is_in_no_error_and_no_log(
    source: str, sale: sa.Table, own: dict[str, Any], caplog: Any
) -> None:
    for attempt in (
        lambda: load(sale, source, actor=source, **own),
        lambda: upsert(sale, source, actor=source, **own),
        lambda: unload(sale, source, actor=source, **own),
        lambda: unload(
            f"SELECT '{SECRET}' FROM nowhere WHERE secret_access_key = '{SECRET}'", "s3://warehouse/x/", **own
        ),
    ):
        with pytest.raises(WarehouseError) as caught:
            attempt()
        told = "".join([str(caught.value), repr(caught.value), repr(vars(caught.value))])
        if source in traceback.format_exc():
            told += source
        assert SECRET not in told and KEY not in told
    with own["engine"].connect() as connection:
        log = [str(value) for row in connection.execute(sa.select(LoadAudit.__table__)) for value in row]
    assert log
    for one in (*log, caplog.text):
        assert SECRET not in one and KEY not in one


def test_text_without_a_secret_stays_as_it_is() -> None:
    for text in (
        "s3://bucket/a=1/b.csv",
        "password authentication failed for user x",
        "a token",
        "x@y.z",
        "10:30@noon",
    ):
        assert redact(text) == text
    for text in (f"CREATE USER a PASSWORD '{SECRET}'", f"SECRET_ACCESS_KEY '{SECRET}' SESSION_TOKEN AS '{SECRET}'",
                 f"CREDENTIALS 'aws_access_key_id={KEY};aws_secret_access_key={SECRET}'"):  # fmt: skip
        assert SECRET not in redact(text) and KEY not in redact(text)
        assert redact(redact(text)) == redact(text)


def test_the_command_shows_brackets_as_they_are() -> None:
    said = CliRunner().invoke(main, ["load", "[red]flight[/]", "[bold]nowhere.csv"]).output
    assert "[red]flight[/]" in said
