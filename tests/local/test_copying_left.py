"""A COPY whose client closes its connection without a goodbye: nobody sees its end, so it leaves nothing behind."""

from __future__ import annotations

import contextlib
import time

import pytest

from warehouse.local.wire import messages as m


@pytest.fixture
def leaver(local_server, shared, dial):
    """A client that says something and closes its end without a goodbye; and the number of its session."""
    client = dial(local_server)
    said = dict(client.log_in(database=shared))
    yield client, int.from_bytes(said[b"K"][:4], "big")
    client.socket.close()


def wait_for(pg, query, *values, there):
    """Until the rows of `query` are there, or gone."""
    end = time.monotonic() + 30
    while bool(pg.execute(query, values).fetchall()) is not there:
        assert time.monotonic() < end, f"{query} {values}: still {'not ' if there else ''}there"


@pytest.mark.parametrize("in_block", [False, True])
def test_a_client_that_vanishes_takes_its_copy_with_it(pg, stage, schema, leaver, in_block):
    client, process = leaver
    pg.execute("CREATE TABLE t (a INTEGER)")
    uri = stage.put("data", "1\n2\n")
    copy = f"COPY {schema}.t FROM '{uri}' IAM_ROLE '{stage.role}'"
    client.send(m.query(f"BEGIN; {copy}; COMMIT" if in_block else copy))
    client.socket.close()
    wait_for(pg, "SELECT 1 FROM stv_sessions WHERE process = %s", process, there=False)
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_client_that_vanishes_while_its_copy_waits(pg, stage, schema, leaver, local_server, shared, dial):
    client, process = leaver
    pg.execute("CREATE TABLE t (a INTEGER)")
    uri = stage.put("data", "1\n2\n")
    holder = dial(local_server)
    with contextlib.closing(holder.socket):
        holder.log_in(database=shared)
        holder.send(m.query(f"BEGIN; LOCK TABLE {schema}.t"))
        holder.until(b"Z")
        client.send(m.query(f"COPY {schema}.t FROM '{uri}' IAM_ROLE '{stage.role}'"))
        wait_for(pg, "SELECT 1 FROM svv_transactions WHERE pid = %s AND granted = false", process, there=True)
        client.socket.close()
        # The table is still locked: what waited for it has been broken off.
        wait_for(pg, "SELECT 1 FROM stv_sessions WHERE process = %s", process, there=False)
    assert pg.execute("SELECT count(*) FROM t").fetchone() == (0,)
