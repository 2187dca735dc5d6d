"""The reference models: found by scanning, clean under the rules, the talk's table as the talk has it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

import warehouse.models
from warehouse.discipline import lint
from warehouse.models import MODELS, metadata
from warehouse.schema import TableDesign, all_, auto, compound, even, key, view_designs
from warehouse.schema.design import redshift_dialect

TABLES = ("airline", "airport", "customer", "flight", "load_audit", "load_quarantine", "plane", "weather")
VIEWS = ("daily_departure",)

# As the talk prints it.
TALK = """
CREATE TABLE IF NOT EXISTS public.customer(
    customer_key integer not null IDENTITY(1,1) encode zstd sortkey,
    customer_uuid char(36) encode zstd,
    customer_home_base char(20) encode zstd,
    customer_home_base_key integer encode zstd,
    primary key(customer_key));
"""

FLIGHT = """
CREATE TABLE flight (
    year SMALLINT ENCODE az64 NOT NULL,
    month SMALLINT ENCODE az64 NOT NULL,
    day SMALLINT ENCODE az64 NOT NULL,
    dep_time SMALLINT ENCODE az64,
    sched_dep_time SMALLINT ENCODE az64 NOT NULL,
    dep_delay SMALLINT ENCODE az64,
    arr_time SMALLINT ENCODE az64,
    sched_arr_time SMALLINT ENCODE az64 NOT NULL,
    arr_delay SMALLINT ENCODE az64,
    carrier CHAR(2) ENCODE bytedict NOT NULL,
    flight INTEGER ENCODE az64 NOT NULL,
    tailnum VARCHAR(10) ENCODE zstd,
    origin CHAR(3) ENCODE bytedict NOT NULL,
    dest CHAR(3) ENCODE bytedict NOT NULL,
    air_time SMALLINT ENCODE az64,
    distance SMALLINT ENCODE az64 NOT NULL,
    hour SMALLINT ENCODE az64 NOT NULL,
    minute SMALLINT ENCODE az64 NOT NULL,
    time_hour TIMESTAMP WITHOUT TIME ZONE ENCODE raw NOT NULL,
    CONSTRAINT flight_pkey PRIMARY KEY (carrier, flight, time_hour),
    CONSTRAINT flight_origin_time_hour_fkey FOREIGN KEY(origin, time_hour) REFERENCES weather (origin, time_hour),
    CONSTRAINT flight_carrier_fkey FOREIGN KEY(carrier) REFERENCES airline (carrier),
    CONSTRAINT flight_tailnum_fkey FOREIGN KEY(tailnum) REFERENCES plane (tailnum),
    CONSTRAINT flight_origin_fkey FOREIGN KEY(origin) REFERENCES airport (faa),
    CONSTRAINT flight_dest_fkey FOREIGN KEY(dest) REFERENCES airport (faa)
) DISTSTYLE KEY DISTKEY (time_hour) SORTKEY (time_hour, origin)
"""


def ddl(name: str) -> str:
    return str(CreateTable(metadata.tables[name]).compile(dialect=redshift_dialect()))


def design(name: str) -> TableDesign:
    return TableDesign.from_table(metadata.tables[name])


def facts(create: str) -> dict[str, object]:
    """What a CREATE TABLE means, whatever order and case its words have."""
    text = " ".join(create.lower().replace("\n", " ").split()).rstrip("; ")
    name, rest = re.fullmatch(r"create table (?:if not exists )?(?:public\.)?(\w+) ?\((.*)", text).groups()  # type: ignore[union-attr]
    # The closing bracket of the column list is the last one before the table's attributes.
    body, _, attributes = rest.partition(") sortkey") if ") sortkey" in rest else rest.rpartition(")")
    attributes = "sortkey" + attributes if ") sortkey" in rest else attributes
    sort = re.findall(r"sortkey ?\(([^)]*)\)", attributes)
    read: dict[str, object] = {"table": name, "diststyle": re.findall(r"diststyle (\w+)", attributes)}
    columns = {}
    for item in re.split(r",(?![^(]*\))", body):
        if found := re.search(r"primary key ?\(([^)]*)\)", item):
            read["primary key"] = found[1]
            continue
        column, type_ = re.match(r"\s*(\w+) (\w+(?:\(\d+\))?)", item).groups()  # type: ignore[union-attr]
        columns[column] = {
            "type": type_,
            "not null": "not null" in item,
            "identity": re.findall(r"identity ?\((\d+), ?(\d+)\)", item),
            "encode": re.findall(r"encode (\w+)", item),
        }
        if "sortkey" in item:
            sort.append(column)
    return {**read, "columns": columns, "sort key": sort}


def test_the_talks_customer_is_the_talks_customer() -> None:
    assert facts(ddl("customer")) == facts(TALK)
    read = design("customer")
    assert (read.dist, read.sort, read.columns[0].identity) == (auto(), compound("customer_key"), (1, 1))


def test_flight_compiles_under_the_unmodified_dialect() -> None:
    assert ddl("flight").split() == FLIGHT.split()


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("airline", "DISTSTYLE ALL SORTKEY (carrier)"),
        ("airport", "DISTSTYLE ALL SORTKEY (faa)"),
        ("plane", "DISTSTYLE ALL SORTKEY (tailnum)"),
        ("weather", "DISTSTYLE KEY DISTKEY (time_hour) SORTKEY (time_hour, origin)"),
        ("customer", "SORTKEY (customer_key)"),
        ("load_audit", "DISTSTYLE EVEN SORTKEY (started_at)"),
    ],
)
def test_each_table_compiles_with_its_keys(name: str, ending: str) -> None:
    assert ddl(name).strip().endswith(f"\n) {ending}")


def test_the_designs() -> None:
    assert {name: design(name).dist for name in TABLES} == {
        "airline": all_(),
        "airport": all_(),
        "plane": all_(),
        "weather": key("time_hour"),
        "flight": key("time_hour"),
        "customer": auto(),
        "load_audit": even(),
        "load_quarantine": auto(),
    }


def test_the_rules_find_nothing() -> None:
    assert lint(metadata) == []


@pytest.mark.parametrize("name", TABLES)
def test_the_leading_sort_column_is_raw_except_the_talks(name: str) -> None:
    read = design(name)
    assert read.sort is not None
    leading = read.column(read.sort.columns[0])
    assert leading is not None
    assert leading.encode == ("zstd" if name == "customer" else "raw")


def test_joined_columns_have_one_type() -> None:
    for name in TABLES:
        for foreign_key in design(name).foreign_keys:
            other = design(foreign_key.ref_table)
            assert foreign_key.ref_columns == other.primary_key or set(foreign_key.ref_columns) == set(
                other.primary_key
            )
            for mine, theirs in zip(foreign_key.columns, foreign_key.ref_columns, strict=True):
                column, target = design(name).column(mine), other.column(theirs)
                assert column is not None
                assert target is not None
                assert column.type == target.type


def test_flight_and_weather_lie_and_sort_alike() -> None:
    flight, weather = design("flight"), design("weather")
    assert (flight.dist, flight.sort) == (weather.dist, weather.sort)
    # The distribution key is part of the primary key, so an upsert's delete stays on its slice.
    assert flight.dist is not None
    assert flight.dist.key in flight.primary_key


def test_every_table_and_view_is_found_and_importable() -> None:
    assert tuple(sorted(metadata.tables)) == TABLES
    assert tuple(view.name for view in view_designs(metadata)) == VIEWS
    assert {model.__tablename__ for model in MODELS.values()} == {*TABLES, *VIEWS}
    assert warehouse.models.Flight.__table__ is metadata.tables["flight"]
    assert sorted(MODELS) == [
        "Airline",
        "Airport",
        "Customer",
        "DailyDeparture",
        "Flight",
        "LoadAudit",
        "LoadQuarantine",
        "Plane",
        "Weather",
    ]


def test_one_file_per_table_or_view() -> None:
    folder = Path(warehouse.models.__file__).parent
    assert sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__") == sorted((*TABLES, *VIEWS))


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(AttributeError, match=r"no model 'Flights'; it has Airline, .*Flight"):
        warehouse.models.Flights  # noqa: B018


def test_importing_the_models_is_light() -> None:
    # A process of its own: this one has imported everything already.
    code = (
        "import sys, warehouse.models\n"
        "print([m for m in ('boto3','pandas','pyarrow','airflow','redshift_connector','psycopg2') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"


def test_the_models_create_and_drop_in_the_order_of_their_keys() -> None:
    order = [table.name for table in metadata.sorted_tables]
    assert order.index("flight") > max(map(order.index, ("airline", "airport", "plane", "weather")))


def test_an_insert_of_a_customer_names_no_key() -> None:
    dialect = redshift_dialect().__class__()
    dialect.insert_returning = False
    statement = sa.insert(metadata.tables["customer"]).values(customer_uuid="u")
    assert str(statement.compile(dialect=dialect)) == "INSERT INTO customer (customer_uuid) VALUES (%s)"
