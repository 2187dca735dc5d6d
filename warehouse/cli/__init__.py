"""The `warehouse` command: a file per command (parse, one library call, print); the only place that joins siblings.

A command's module is imported when the command is used, so that `warehouse --help` stays quick.
"""

from __future__ import annotations

from importlib import import_module

import click

from warehouse.cli.console import fail
from warehouse.errors import WarehouseError

# command -> one line of help; the module of the same name holds a click command called `command`
_COMMANDS = {
    "check": "Check the keys of the warehouse: unique, not null, no orphans.",
    "demo": "The whole story on real data: start, migrate, load, upsert, check.",
    "drift": "Compare the models, the migrations and the warehouse.",
    "history": "Keep a table's history: a changed row becomes a new version.",
    "lint": "Hold the models against the rules.",
    "load": "Load files into a table.",
    "local": "The embedded Redshift: start, stop, status, url, reset.",
    "rule": "Explain a rule.",
    "runs": "What was loaded, and what failed: the log.",
    "sweep": "Remove what killed and failed runs left in the staging area.",
    "unload": "Unload a query or a table to S3.",
    "upsert": "Upsert files into a table by its primary key.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"warehouse.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except WarehouseError as error:
            if ctx.params.get("debug"):
                raise
            fail(str(error))
        except KeyboardInterrupt as stopped:
            notes = getattr(stopped, "__notes__", [])
            if not notes or ctx.params.get("debug"):
                raise
            # 128 and SIGINT's number, as shells have it.
            fail(f"interrupted. {' '.join(notes)}", code=130)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="warehouse")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Model, migrate, load and trust an Amazon Redshift warehouse."""
