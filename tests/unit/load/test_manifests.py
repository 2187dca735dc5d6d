"""A manifest as the source of a load: what UNLOAD has written comes back, and what is missing is missed."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
import sqlalchemy as sa

from warehouse.errors import SourceError
from warehouse.load import load, unload
from warehouse.load.stage import Staged
from warehouse.objectstore import ObjectStore, split_uri

ROWS = [
    {"id": 1, "region": "", "name": 'a,"\n', "price": 1.25, "at": "2013-01-01"},
    {"id": 2, "region": None, "name": "\\N", "price": None, "at": None},
]


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_an_unload_comes_back_by_its_manifest(format: Any, sale: sa.Table, own: dict[str, Any], rows: Any) -> None:
    load(sale, ROWS, **own)
    before = rows()
    prefix = f"{own['settings'].stage}/out/sale_"
    unload(sale, prefix, format=format, **own)
    report = load(sale, f"{prefix}manifest", mode="replace", **own)
    assert (report.inserted, report.deleted) == (2, 2)
    assert all(file.startswith(prefix) and not file.endswith("manifest") for file in report.files)
    if format == "parquet":
        assert rows() == before
    else:
        # Redshift's CSV quotes the text \\N, and COPY takes it for its marker of NULL all the same.
        assert [row[:2] for row in rows()] == [row[:2] for row in before]


def test_what_a_manifest_names_must_be_there(
    sale: sa.Table, own: dict[str, Any], rows: Any, stores: ObjectStore
) -> None:
    stage = own["settings"].stage
    body = b"id,region,name,price,at\n1,n,x,1,\n"
    stores.put(f"{stage}/in/a.csv", body)
    stores.put(f"{stage}/in/b.csv", body.replace(b"\n1,", b"\n2,"))

    def name(*entries: Any) -> str:
        stores.put(f"{stage}/in/these", json.dumps({"entries": entries}).encode())
        return f"{stage}/in/these"

    a, b, gone = ({"url": f"{stage}/in/{one}.csv"} for one in ("a", "b", "gone"))
    assert load(sale, name(a), **own).files == (a["url"],)
    assert [row[0] for row in rows()] == [1]
    load(sale, name(b, {**gone, "mandatory": False}), **own)
    assert [row[0] for row in rows()] == [1, 2]
    for entries, said in (
        ((a, gone), "gone.csv, which is not there"),
        (({**a, "meta": {"content_length": 5}},), f"a.csv, which has {len(body)} bytes instead of 5"),
        (({**gone, "mandatory": False},), "a manifest without files"),
        (({"url": "file:///etc/hosts"},), "no object in S3"),
    ):
        with pytest.raises(SourceError, match=said):
            load(sale, name(*entries), **own)
    assert [row[0] for row in rows()] == [1, 2]


def test_json_lines_are_no_manifest(sale: sa.Table, own: dict[str, Any], rows: Any, stores: ObjectStore) -> None:
    stage = own["settings"].stage
    stores.put(f"{stage}/in/rows.json", b'{"id": 1, "region": "n", "name": "x", "price": 1, "at": null}\n')
    assert load(sale, f"{stage}/in/rows.json", **own).inserted == 1
    assert [row[0] for row in rows()] == [1]


def test_what_is_staged_and_unloaded_is_encrypted_with_the_key(
    sale: sa.Table, own: dict[str, Any], rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers of S3: what botocore is asked to send, and what the endpoint says of what UNLOAD has put."""
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    settings = replace(own["settings"], kms_key=key)
    sent: list[Any] = []
    monkeypatch.setattr(
        Staged, "remove", lambda self, store: sent.extend([self.manifest, *(p.uri for p in self.parts)])
    )
    load(sale, ROWS, engine=own["engine"], settings=settings)
    assert len(rows()) == 2 and len(sent) == 2
    sent += unload(sale, f"{settings.stage}/out/s_", engine=own["engine"], settings=settings).files
    client = boto3.client(
        "s3", endpoint_url=settings.s3_endpoint, region_name=settings.region,
        aws_access_key_id=settings.s3_access_key, aws_secret_access_key=settings.s3_secret_key,
    )  # fmt: skip
    with contextlib.closing(client):
        for uri in [*sent, f"{settings.stage}/out/s_manifest"]:
            bucket, name = split_uri(uri)
            head = client.head_object(Bucket=bucket, Key=name)
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_value_in_the_path_is_pointed_at(sale: sa.Table, own: dict[str, Any], rows: Any, stores: ObjectStore) -> None:
    stage = own["settings"].stage
    stores.put(f"{stage}/in/region=n/a.csv", b"id,name,price,at\n1,x,1,\n")
    with pytest.raises(SourceError, match=r"region stands in the path, .*--default \"region=…\""):
        load(sale, f"{stage}/in/region=n/", **own)
    load(sale, f"{stage}/in/region=n/", defaults={"region": "n"}, **own)
    assert [row[:2] for row in rows()] == [(1, "n")]
