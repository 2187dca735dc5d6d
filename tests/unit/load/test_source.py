"""Describing a delivery and holding it against a table: nothing is sent, every mismatch is named at once."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.errors import SourceError
from warehouse.load.copy import CopyOptions
from warehouse.load.fit import fit
from warehouse.load.source import Source, describe
from warehouse.models import Airline, Customer
from warehouse.objectstore import ObjectStore
from warehouse.schema import TableDesign

AIRLINE = TableDesign.from_table(Airline.__table__)
CUSTOMER = TableDesign.from_table(Customer.__table__)
CSV = b"carrier,name\n9E,Endeavor Air Inc.\n"


def described(source: object, **options: object) -> Source:
    return describe(source, CopyOptions(**options), ObjectStore())  # type: ignore[arg-type]


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "packing"),
    [
        ("a.csv", CSV, "plain"),
        ("a.csv", b"\xef\xbb\xbf" + CSV, "plain"),
        ("a.csv", CSV.replace(b"\n", b"\r\n"), "plain"),
        ("a.csv.gz", gzip.compress(CSV, mtime=0), "gzip"),
        ("no-name-at-all", gzip.compress(CSV, mtime=0), "gzip"),
        ("flights.csv.zip", zipped(("airlines.csv", CSV)), "zip"),
    ],
)
def test_text_is_known_by_its_bytes(tmp_path: Path, name: str, body: bytes, packing: str) -> None:
    (tmp_path / name).write_bytes(body)
    source = described(tmp_path / name)
    assert (source.kind, source.format, source.names, source.width) == ("files", "text", ("carrier", "name"), 2)
    assert [piece.packing for piece in source.pieces] == [packing]
    assert fit(source, AIRLINE) == ("carrier", "name")


def test_a_header_of_quoted_names_and_a_first_record_over_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'"carrier","name"\n"A","two\nlines, ""quoted"""\n')
    source = described(tmp_path / "a.csv")
    assert (source.names, source.width) == (("carrier", "name"), 2)


def test_a_glob_is_sorted_and_its_headers_agree(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(CSV)
    source = described(str(tmp_path / "*.csv"))
    assert [Path(piece.name).name for piece in source.pieces] == ["a.csv", "b.csv"]
    (tmp_path / "c.csv").write_bytes(b"name,carrier\nx,y\n")
    with pytest.raises(SourceError, match=r"c\.csv has another header than .*a\.csv"):
        described(str(tmp_path / "*.csv"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b"\nx,y\n", "its first line is blank"),
        (b"\xef\xbb\xbf \r\ncarrier,name\n9E,x\n", "its first line is blank"),
        (b"\n\n", "is empty"),
        (b"carrier,name\r9E,x\r", "carriage returns"),
        ("carrier,größe\n".encode("latin-1"), "not UTF-8"),
        ("carrier,name\n".encode("utf-16"), "UTF-16"),
        (b"BZh91AY&SY", "cannot be unpacked"),
        (zipped(("a", CSV), ("b", CSV)), "holds 2 files"),
        (gzip.compress(CSV, mtime=0)[:12], "cannot be unpacked"),
        (b"PAR1 is not all it takes", "not a readable Parquet"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, body: bytes, said: str) -> None:
    (tmp_path / "bad.csv").write_bytes(body)
    with pytest.raises(SourceError, match=said) as caught:
        described(tmp_path / "bad.csv")
    assert "bad.csv" in str(caught.value)


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    for source, said in (
        (tmp_path / "gone.csv", "no file"),
        (str(tmp_path / "*.csv"), "No file matches"),
        (tmp_path, "is a folder"),
        ((tmp_path / "x").as_uri(), "not a URI"),
        (42, "no source"),
    ):
        with pytest.raises(SourceError, match=said):
            described(source)


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").write_bytes(CSV)
    assert described(tmp_path / "a[1].csv").size == len(CSV)


def test_every_mismatch_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"carier,color,color\nx,y,z\n")
    with pytest.raises(SourceError) as caught:
        fit(described(tmp_path / "a.csv"), AIRLINE)
    said = str(caught.value)
    assert "no column carier, color" in said
    assert "color is named more than once" in said
    assert "the source has no column carrier, name" in said
    assert "--no-header" in said


def test_without_a_header_the_fields_are_the_columns_but_identity(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(b"u1,base,1\n")
    source = described(tmp_path / "c.csv", ignoreheader=0)
    assert fit(source, CUSTOMER) == ("customer_uuid", "customer_home_base", "customer_home_base_key")
    assert (
        fit(source, CUSTOMER, ["customer_home_base", "customer_uuid", "customer_home_base_key"])[1] == "customer_uuid"
    )


def test_the_number_of_fields_is_checked(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(b"u1,base\n")
    with pytest.raises(SourceError, match="2 fields, expected are 3"):
        fit(described(tmp_path / "c.csv", ignoreheader=0), CUSTOMER)


def test_an_identity_column_is_not_delivered(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(b"customer_key,customer_uuid,customer_home_base,customer_home_base_key\n")
    with pytest.raises(SourceError, match="customer_key is an IDENTITY column"):
        fit(described(tmp_path / "c.csv"), CUSTOMER)


def test_columns_rename_a_foreign_header_but_never_swap(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"code,label\n9E,x\n")
    assert fit(described(tmp_path / "a.csv"), AIRLINE, ["carrier", "name"]) == ("carrier", "name")
    (tmp_path / "a.csv").write_bytes(CSV)
    with pytest.raises(SourceError, match="columns= says name where the header says carrier"):
        fit(described(tmp_path / "a.csv"), AIRLINE, ["name", "carrier"])


def test_a_header_may_stand_below_other_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\ncarrier,name\n9E,x\n")
    assert described(tmp_path / "a.csv", ignoreheader=2).names == ("carrier", "name")
    (tmp_path / "a.csv").write_bytes(b"carrier,name\n9E,x\n\n")
    with pytest.raises(SourceError, match="its line 3 is blank"):
        described(tmp_path / "a.csv", ignoreheader=3)


@pytest.mark.parametrize(
    "first",
    ["7,x", "x,2024-01-01", "-1.5,x", "x,", "1e3,x", "x,2024-01-01 05:00:00", "31.12.2013,x", "x,12:30", '"1,000",x'],
)
def test_a_first_row_is_not_taken_for_a_foreign_header(tmp_path: Path, first: str) -> None:
    (tmp_path / "a.csv").write_text(f"{first}\n9E,x\n")
    with pytest.raises(SourceError, match="seems to have no header") as caught:
        fit(described(tmp_path / "a.csv"), AIRLINE, ["carrier", "name"])
    assert "--no-header" in caught.value.next_step
    assert fit(described(tmp_path / "a.csv", ignoreheader=0), AIRLINE, ["carrier", "name"]) == ("carrier", "name")
    assert fit(described(pd.DataFrame([["9E", "x"]])), AIRLINE, ["carrier", "name"]) == ("carrier", "name")


def test_a_column_may_be_left_out_only_on_purpose(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(b"customer_uuid\nu1\n")
    source = described(tmp_path / "c.csv")
    with pytest.raises(SourceError, match="no column customer_home_base, customer_home_base_key"):
        fit(source, CUSTOMER)
    assert fit(source, CUSTOMER, ["customer_uuid"]) == ("customer_uuid",)
    with pytest.raises(SourceError, match="no column"):
        fit(described(pd.DataFrame({"name": ["x"]})), AIRLINE, ["name"])  # carrier is NOT NULL


def test_frames_and_parquet_are_described_by_their_schema(tmp_path: Path) -> None:
    table = pa.table({"carrier": ["9E", "UA"], "name": ["x", None]})
    pq.write_table(table, tmp_path / "a.parquet")
    for source in (table, table.to_pandas(), tmp_path / "a.parquet"):
        found = described(source)
        assert (found.format, found.names, found.rows) == ("parquet", ("carrier", "name"), 2)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    assert described(reader).rows is None


def test_parquet_and_text_do_not_mix(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.x")
    (tmp_path / "b.x").write_bytes(CSV)
    with pytest.raises(SourceError, match="mixes Parquet"):
        described(str(tmp_path / "*.x"))
    pq.write_table(pa.table({"b": [1]}), tmp_path / "b.x")
    with pytest.raises(SourceError, match="another schema"):
        described(str(tmp_path / "*.x"))
