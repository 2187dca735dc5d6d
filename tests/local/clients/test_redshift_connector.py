"""redshift_connector's metadata calls, bulk insert and data frames, unmodified, on the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import redshift_connector

TABLES = (
    "CREATE SCHEMA shop",
    "CREATE TABLE shop.customer (id int NOT NULL DISTKEY SORTKEY, name varchar(40) DEFAULT 'x', "
    "balance numeric(8,2) ENCODE zstd, since timestamp, PRIMARY KEY (id))",
    "CREATE TABLE shop.orders (id bigint IDENTITY(1,1), customer int REFERENCES shop.customer (id)) DISTSTYLE EVEN",
    "COMMENT ON TABLE shop.customer IS 'who buys'",
)


@pytest.fixture(scope="module", params=[True, False], ids=["current database", "all databases"])
def connection(request: pytest.FixtureRequest, local_server: dict[str, Any]) -> Iterator[Any]:
    connection = redshift_connector.connect(
        host=local_server["host"],
        port=local_server["port"],
        user=local_server["user"],
        password=local_server["password"],
        database="dev",
        ssl=False,
        database_metadata_current_db_only=request.param,
    )
    connection.autocommit = True
    cursor = connection.cursor()
    for statement in TABLES:
        cursor.execute(statement)
    yield connection
    cursor.execute("DROP SCHEMA shop CASCADE")
    connection.close()


@pytest.fixture
def cursor(connection: Any) -> Any:
    return connection.cursor()


def named(cursor: Any, rows: Any) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_the_server_announces_the_show_commands(cursor: Any) -> None:
    assert cursor.get_show_discovery_version() == 4


def test_catalogs(cursor: Any) -> None:
    assert ["dev"] in [list(row) for row in cursor.get_catalogs()]


def test_schemas(cursor: Any) -> None:
    assert [list(row) for row in cursor.get_schemas(catalog="dev", schema_pattern="sh%")] == [["shop", "dev"]]


def test_tables(cursor: Any) -> None:
    found = named(cursor, cursor.get_tables(catalog="dev", schema_pattern="shop"))
    assert [(row["TABLE_NAME"], row["TABLE_TYPE"], row["REMARKS"]) for row in found] == [
        ("customer", "TABLE", "who buys"),
        ("orders", "TABLE", None),
    ]
    assert cursor.get_tables(catalog="dev", schema_pattern="shop", table_name_pattern="o%", types=["VIEW"]) == ()


def test_columns(cursor: Any) -> None:
    found = named(cursor, cursor.get_columns(catalog="dev", schema_pattern="shop", tablename_pattern="customer"))
    assert [row["COLUMN_NAME"] for row in found] == ["id", "name", "balance", "since"]
    assert [row["TYPE_NAME"] for row in found] == ["int4", "varchar", "numeric", "timestamp"]
    assert [row["COLUMN_SIZE"] for row in found][1:3] == [40, 8]
    assert [row["NULLABLE"] for row in found] == [0, 1, 1, 1]
    assert (found[0]["DIST_KEY"], found[0]["SORT_KEY"], found[2]["ENCODING"]) == (1, 1, "zstd")
    assert found[1]["COLUMN_DEF"].startswith("'x'")


def test_one_column_by_pattern(cursor: Any) -> None:
    found = named(cursor, cursor.get_columns("dev", "shop", "customer", "na%"))
    assert [row["COLUMN_NAME"] for row in found] == ["name"]


def test_an_identity_column_counts_by_itself(cursor: Any) -> None:
    found = named(cursor, cursor.get_columns("dev", "shop", "orders", "id"))
    assert found[0]["COLUMN_DEF"].startswith('"identity"')


def test_primary_keys(cursor: Any) -> None:
    found = cursor.get_primary_keys(catalog="dev", schema="shop", table="customer")
    assert [list(row) for row in found] == [["dev", "shop", "customer", "id", 1, "customer_pkey"]]


def test_imported_and_exported_keys(cursor: Any) -> None:
    expected = ["dev", "shop", "customer", "id", "dev", "shop", "orders", "customer", 1]
    imported = cursor.get_imported_keys(catalog="dev", schema="shop", table="orders")
    exported = cursor.get_exported_keys(catalog="dev", schema="shop", table="customer")
    assert [list(row)[:9] for row in imported] == [expected]
    assert [list(row)[:9] for row in exported] == [expected]
    assert cursor.get_imported_keys(catalog="dev", schema="shop", table="customer") == ()


def test_best_row_identifier(cursor: Any) -> None:
    found = named(cursor, cursor.get_best_row_identifier(catalog="dev", schema="shop", table="customer", scope=1))
    assert [row["COLUMN_NAME"] for row in found] == ["id"]


def test_privileges_procedures_and_functions_are_lists(cursor: Any) -> None:
    assert cursor.get_column_privileges("dev", "shop", "customer", "%") == ()
    assert isinstance(cursor.get_table_privileges("dev", "shop", "customer"), tuple)
    assert cursor.get_procedures("dev", "shop", "%") == ()
    assert cursor.get_procedure_columns("dev", "shop", "%", "%") == ()
    assert cursor.get_functions("dev", "shop", "%") == ()
    assert cursor.get_function_columns("dev", "shop", "%", "%") == ()


def test_table_types(cursor: Any) -> None:
    assert ["TABLE"] in [list(row) for row in cursor.get_table_types()]


def test_the_drivers_queries_for_servers_without_show_run_too(cursor: Any) -> None:
    assert ("shop",) in {(row[0],) for row in cursor.get_schemas_legacy_hardcoded_query(schema_pattern="shop")}
    tables = cursor.get_tables_legacy_hardcoded_query(schema_pattern="shop")
    assert {row[2] for row in tables} == {"customer", "orders"}
    assert cursor.get_primary_keys_legacy_hardcoded_query(schema="shop") == ()


def test_bulk_insert_of_a_file(cursor: Any, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("id,name\n1,Ann\n2,Bob\n3,Cy\n")
    cursor.insert_data_bulk(str(file), "shop.customer", [0, 1], ["id", "name"], ",", batch_size=2)
    cursor.execute("SELECT id, name FROM shop.customer ORDER BY id")
    assert [tuple(row) for row in cursor.fetchall()] == [(1, "Ann"), (2, "Bob"), (3, "Cy")]
    with pytest.raises(redshift_connector.InterfaceError):
        cursor.insert_data_bulk(str(file), "shop.customer", [0, 1], ["id", "nome"], ",", batch_size=2)
    with pytest.raises(redshift_connector.InterfaceError):
        cursor.insert_data_bulk(str(file), "shop.nobody", [0, 1], ["id", "name"], ",", batch_size=2)


def test_data_frames_go_in_and_out(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE frames (a int, b varchar(10), c float)")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [0.5, 1.5]})
    cursor.write_dataframe(frame, "frames")
    cursor.execute("SELECT a, b, c FROM frames ORDER BY a")
    pd.testing.assert_frame_equal(cursor.fetch_dataframe(), frame)
    cursor.execute("DROP TABLE frames")
