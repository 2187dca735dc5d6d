"""awswrangler.redshift, unmodified: to_sql, copy, unload, upsert. S3 comes by the usual AWS variables."""

from __future__ import annotations

import datetime as dt
import decimal

import awswrangler as wr
import pandas as pd
import pytest
import redshift_connector


@pytest.fixture
def s3(local_server, monkeypatch):
    """What boto3 needs to find the embedded server's S3 endpoint, for awswrangler itself."""
    s3 = local_server["s3"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3["secret_key"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", s3["region"])
    monkeypatch.setattr(wr.config, "s3_endpoint_url", s3["endpoint_url"])
    return s3


@pytest.fixture
def connection(local_server, shared, schema):
    opened = redshift_connector.connect(
        host=local_server["host"],
        port=local_server["port"],
        user=local_server["user"],
        password=local_server["password"],
        database=shared,
        ssl=False,
    )
    yield opened
    opened.close()


FRAME = pd.DataFrame(
    {
        "id": [1, 2, 3],
        "name": ["a", None, "it's; c"],
        "share": [1.5, None, 2.5],
        "good": [True, False, None],
        "day": [dt.date(2020, 1, 1), None, dt.date(2020, 1, 3)],
        "at": pd.to_datetime(["2020-01-01 01:02:03.0", None, "2020-01-01 01:02:03.5"]),
        "paid": [decimal.Decimal("1.23"), decimal.Decimal("-4.50"), None],
    }
)
CHANGES = pd.DataFrame({"id": [3, 4], "name": ["new", "four"]})


def rows(connection, table, columns="id, name"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2")
        return [tuple(row) for row in cursor.fetchall()]


def test_a_frame_is_inserted_and_read_back(connection, schema):
    wr.redshift.to_sql(FRAME, connection, "t", schema, mode="overwrite", diststyle="KEY", distkey="id", sortkey=["day"])
    read = wr.redshift.read_sql_table("t", con=connection, schema=schema)
    assert list(read.sort_values("id")["paid"]) == [decimal.Decimal("1.23"), decimal.Decimal("-4.50"), None]
    assert rows(connection, f"{schema}.t", "id, share, good, day, at") == [
        (1, 1.5, True, dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, 1, 2, 3)),
        (2, None, False, None, None),
        (3, 2.5, None, dt.date(2020, 1, 3), dt.datetime(2020, 1, 1, 1, 2, 3, 500000)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"schema\" = '{schema}'")
        assert cursor.fetchone() == ["KEY(id)", "day"]
    chunks = wr.redshift.read_sql_query(f"SELECT id FROM {schema}.t", con=connection, chunksize=2)
    assert [len(chunk) for chunk in chunks] == [2, 1]


@pytest.mark.parametrize("method", ["drop", "cascade", "truncate", "delete"])
def test_to_sql_overwrites(connection, schema, method):
    for frame in (FRAME[["id", "name"]], CHANGES):
        wr.redshift.to_sql(frame, connection, "t", schema, mode="overwrite", overwrite_method=method)
    assert rows(connection, f"{schema}.t") == [(3, "new"), (4, "four")]


def test_to_sql_appends_and_upserts(connection, schema):
    for mode in ("append", "append", "upsert"):
        frame = CHANGES if mode == "upsert" else FRAME[["id", "name"]]
        wr.redshift.to_sql(frame, connection, "t", schema, mode=mode, primary_keys=["id"], use_column_names=True)
    assert rows(connection, f"{schema}.t") == [
        (1, "a"), (1, "a"), (2, None), (2, None), (3, "new"), (4, "four"),
    ]  # fmt: skip


@pytest.mark.parametrize("data_format", ["parquet", "csv"])
@pytest.mark.parametrize("mode", ["overwrite", "append", "upsert"])
def test_copy(connection, schema, stage, s3, mode, data_format):
    """A frame by way of Parquet files; copy_from_files also of CSV."""
    role = stage.role
    wr.redshift.copy(
        FRAME, f"{stage.uri}/first/", connection, "t", schema, iam_role=role, primary_keys=["id"], lock=True,
        varchar_lengths={"name": 20}, sortkey=["id"], sortstyle="INTERLEAVED",
    )  # fmt: skip
    given = {"path": f"{stage.uri}/second/", "con": connection, "table": "t", "schema": schema, "mode": mode}
    changes = FRAME.assign(name=["new", "newer", "newest"], id=[3, 4, 5])
    if data_format == "parquet":
        wr.redshift.copy(changes, **given, iam_role=role, primary_keys=["id"])
    else:
        wr.s3.to_csv(changes, f"{stage.uri}/second/rows.csv", index=False, header=False)
        types = {
            "id": "BIGINT", "name": "VARCHAR(20)", "share": "FLOAT8", "good": "BOOL", "day": "DATE", "at": "TIMESTAMP",
            "paid": "DECIMAL(3,2)",
        }  # fmt: skip
        wr.redshift.copy_from_files(
            **given, iam_role=role, primary_keys=["id"], data_format="csv", redshift_column_types=types
        )
    new = [(3, "new"), (4, "newer"), (5, "newest")]
    old = [(1, "a"), (2, None), (3, "it's; c")]
    assert (
        rows(connection, f"{schema}.t")
        == {
            "overwrite": new,
            "append": sorted([*old, *new], key=lambda row: (row[0], row[1] or "")),
            "upsert": [*old[:2], *new],
        }[mode]
    )


def test_copy_with_keys_instead_of_a_role(connection, schema, stage, s3):
    keys = {"aws_access_key_id": s3["access_key"], "aws_secret_access_key": s3["secret_key"]}
    wr.redshift.copy(FRAME[["id", "name"]], f"{stage.uri}/keys/", connection, "t", schema, **keys)
    assert len(rows(connection, f"{schema}.t")) == 3


def test_a_nested_column_becomes_super(connection, schema, stage, s3):
    frame = pd.DataFrame({"id": [1], "name": [[{"a": 1}, {"a": 2}]]})
    wr.redshift.copy(
        frame, f"{stage.uri}/nested/", connection, "t", schema, iam_role=stage.role, serialize_to_json=True
    )
    assert rows(connection, f"{schema}.t", "id, name[1].a") == [(1, "2")]


def test_unload(connection, schema, stage, s3):
    wr.redshift.to_sql(FRAME, connection, "t", schema)
    query = f"SELECT * FROM {schema}.t"
    given = {"con": connection, "iam_role": stage.role}
    read = wr.redshift.unload(query, f"{stage.uri}/u/", **given).sort_values("id")
    assert list(read["id"]) == [1, 2, 3] and list(read["at"].isna()) == [False, True, False]
    chunks = wr.redshift.unload(query, f"{stage.uri}/c/", **given, chunked=True)
    assert sum(len(chunk) for chunk in chunks) == 3
    wr.redshift.unload_to_files(query, f"{stage.uri}/f/", **given, unload_format="CSV", manifest=True, parallel=False)
    assert stage.read(f"{stage.uri}/f/000").splitlines()[0].startswith(b"1,a,")
    wr.redshift.unload_to_files(query, f"{stage.uri}/p/", **given, partition_cols=["good"])
    folders = {name.split("/")[1] for name in stage.names() if name.startswith("p/")}
    assert folders >= {"good=true", "good=false"}, folders
