"""`warehouse local`: the embedded Redshift."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import click

from warehouse.cli.console import console, fail, table
from warehouse.settings import load_settings


@click.group()
def command() -> None:
    """The embedded Redshift: a real server on this machine, its state in `.warehouse/` of the project."""


def _home() -> Path:
    return load_settings().home


def _control() -> ModuleType:
    try:
        from warehouse.local import control
    except ModuleNotFoundError as missing:
        fail(
            f'The embedded Redshift needs the package {missing.name}. Install it with: pip install "warehouse[local]".'
        )
    return control


@command.command()
@click.option(
    "--port",
    default=5439,
    show_default=True,
    help="Port to listen on; another one is taken when it is in use. 0 takes any.",
)
@click.option("--ephemeral", is_flag=True, help="Keep nothing: all data goes when the server stops.")
@click.option(
    "--slices",
    default=4,
    show_default=True,
    type=click.IntRange(1, 128),
    help="How many slices the server plays: STV_SLICES, block counts.",
)
def start(port: int, ephemeral: bool, slices: int) -> None:
    """Start the server, or say that it runs."""
    found = _control().start(_home(), port=port, ephemeral=ephemeral, slices=slices)
    if not found["started"]:
        console.print(f"The embedded Redshift already runs on {found['host']}:{found['port']} (pid {found['pid']}).")
    else:
        console.print(f"The embedded Redshift runs on {found['host']}:{found['port']} (pid {found['pid']}).")
        if port not in (0, found["port"]):
            console.print(f"Port {port} was taken, so it listens on {found['port']}.")
    console.print('Look around with "warehouse local status"; stop it with "warehouse local stop".')


@command.command()
def stop() -> None:
    """Stop the server; what was committed stays."""
    console.print("Stopped." if _control().stop(_home()) else "No embedded Redshift runs here.")


@command.command()
def status() -> None:
    """Say whether the server runs, and how to reach it. Exit code 3 when it does not."""
    found = _control().status(_home())
    if found is None:
        fail('No embedded Redshift runs here. Start it with "warehouse local start".', code=3)
    rows = [
        ("address", f"{found['host']}:{found['port']}"),
        ("database", found["database"]),
        ("user", found["user"]),
        ("process", str(found["pid"])),
        ("keeps its data", "no (ephemeral)" if found["ephemeral"] else f"in {_home() / '.warehouse'}"),
        ("S3 endpoint", found["s3"]["endpoint_url"]),
        ("staging area", found["s3"]["stage"]),
        ("IAM role", found["iam_role"]),
    ]
    table("Embedded Redshift", ("what", "value"), rows)
    console.print('The password is in the URL that "warehouse local url" prints.')


@command.command()
def url() -> None:
    """Print how to connect; the last line is a URL for sqlalchemy.create_engine."""
    found = _control().status(_home())
    if found is None:
        fail('No embedded Redshift runs here. Start it with "warehouse local start".', code=3)
    console.print(f"psql '{found['psql']}'", soft_wrap=True, markup=False)
    click.echo(found["url"])


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Stop the server and remove all its data."""
    if not yes:
        click.confirm(f"Remove all data of the embedded Redshift in {_home() / '.warehouse'}?", abort=True)
    _control().reset(_home())
    console.print("Removed. The next start makes an empty warehouse.")
