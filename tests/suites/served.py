"""What the suites share: an embedded Redshift of their own and a session that answers in text."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
from psycopg import pq

from warehouse.local import cloning, control

# A suite's statement takes well under a second; one that hangs must not stop the rest.
STATEMENT_MS = 60_000
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What the server said to one statement: rows as text (None for NULL), or an error."""

    rows: list[list[str | None]]
    state: str = ""
    message: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.state)

    @property
    def not_emulated(self) -> bool:
        return self.message.startswith("not emulated")


class Session:
    """One connection in autocommit that speaks the simple protocol and survives errors."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self.run(f"SET statement_timeout TO {STATEMENT_MS}")

    def run(self, sql: str) -> Answer:
        """Run a statement; an error ends the transaction it was in, so that it costs only itself."""
        result = self._connection.pgconn.exec_(sql.encode())
        if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE, pq.ExecStatus.NONFATAL_ERROR):
            state = result.error_field(pq.DiagnosticField.SQLSTATE) or b"gone"
            message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            if self._connection.pgconn.transaction_status == pq.TransactionStatus.INERROR:
                self._connection.pgconn.exec_(b"ROLLBACK")
            return Answer([], state.decode(), message.decode().strip())
        return Answer(
            [
                [None if (v := result.get_value(row, at)) is None else v.decode() for at in range(result.nfields)]
                for row in range(result.ntuples)
            ]
        )

    def close(self) -> None:
        self._connection.close()


class Databases:
    """Fresh databases, each a copy of one that `prepare` made once."""

    def __init__(self, server: dict[str, Any]) -> None:
        self._server = server

    def make(self, template: str = "template1") -> str:
        name = f"suite_{next(_numbers)}"
        cloning.clone(self._server, template, name)
        return name

    @contextlib.contextmanager
    def visit(self, name: str) -> Iterator[Session]:
        """A session on a database that stays."""
        session = Session(self.url(name))
        try:
            yield session
        finally:
            session.close()

    @contextlib.contextmanager
    def session(self, template: str = "template1") -> Iterator[Session]:
        """A session on a database of its own."""
        name = self.make(template)
        try:
            with self.visit(name) as session:
                yield session
        finally:
            cloning.drop(self._server, name)

    def url(self, name: str) -> str:
        found: str = self._server["psql"]
        return found.replace(f"/{self._server['database']}?", f"/{name}?")


@contextlib.contextmanager
def embedded() -> Iterator[dict[str, Any]]:
    """The description of an embedded Redshift that keeps nothing."""
    with tempfile.TemporaryDirectory(prefix="warehouse-suite-") as home:
        try:
            yield control.start(Path(home), port=0, ephemeral=True)
        finally:
            control.stop(Path(home))


def put(server: dict[str, Any], uri: str, data: bytes) -> None:
    """Write an object to the server's S3 endpoint, in a bucket that is made when it is not there."""
    s3 = server["s3"]
    client = boto3.client(
        "s3",
        endpoint_url=s3["endpoint_url"],
        region_name=s3["region"],
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
    )
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key=key, Body=data)


def parser(doc: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("checkout", type=Path, help="the folder of the suite, as its repository has it")
    made.add_argument("--failures", type=Path, help="write each statement that failed, by cause, as Markdown")
    return made
