"""The front door: what `import warehouse` offers, and what it must not cost."""

import importlib
import subprocess
import sys

import warehouse

HEAVY = {"airflow", "boto3", "botocore", "pandas", "pyarrow", "moto", "sqlglot", "redshift_connector", "numpy"}


def test_the_public_names() -> None:
    assert warehouse.__all__ == ["Base", "WarehouseError", "check", "connect"]
    assert sorted(warehouse.__all__) == warehouse.__all__
    for name in warehouse.__all__:
        assert getattr(warehouse, name).__name__ == name
    importlib.import_module("warehouse.load")  # importing the rooms must not hide a name of the front door
    importlib.import_module("warehouse.quality.checks")
    for name in warehouse.__all__:
        assert callable(getattr(warehouse, name))
    assert dir(warehouse) == warehouse.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    try:
        warehouse.nothing  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        assert "nothing" in str(error)
    else:
        raise AssertionError("no AttributeError")


def _loaded_by(code: str) -> set[str]:
    code += "\nimport sys; print('\\n'.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {line.partition(".")[0] for line in ran.stdout.splitlines()}


def test_importing_the_front_door_loads_nothing_heavy() -> None:
    assert not _loaded_by("import warehouse") & (HEAVY | {"sqlalchemy", "alembic"})


def test_importing_the_models_needs_no_driver_and_nothing_heavy() -> None:
    assert not _loaded_by("import warehouse.models") & HEAVY


def test_the_command_shows_its_help_without_loading_a_database_library() -> None:
    code = (
        "import contextlib, io\nfrom warehouse.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n    main(['--help'], standalone_mode=False)"
    )
    assert not _loaded_by(code) & (HEAVY | {"sqlalchemy", "alembic"})
