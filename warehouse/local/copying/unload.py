"""Executes an UNLOAD: the query's rows as objects under a prefix, with a manifest when asked.

What is asked of PostgreSQL: unload_query.py; what becomes of it: unload_text.py, unload_parquet.py; the files:
unload_files.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from warehouse.errors import ObjectStoreError
from warehouse.local.copying import unload_query
from warehouse.local.copying.failure import CopyError
from warehouse.local.copying.sources import s3_error
from warehouse.local.copying.unload_files import Job, Writer, Written
from warehouse.local.copying.unload_manifest import manifest
from warehouse.local.copying.unload_options import unload_options
from warehouse.local.copying.unload_parquet import Parquet
from warehouse.local.copying.unload_text import Text
from warehouse.local.translate.plan import Unload
from warehouse.local.wire.upstream import Upstream
from warehouse.objectstore import ObjectStore


def prepare(plan: Unload, database: Upstream) -> Job:
    """Settle everything that can be refused before a row is read. Raises CopyError, UpstreamError."""
    options = unload_options(plan.parameters)
    target = plan.target
    if not target.startswith("s3://") or len(target) <= 5:
        raise CopyError("The S3 URI of UNLOAD must start with s3://<bucket>", "22023")
    if options.partition_by and not target.endswith("/"):
        target += "/"
    columns = unload_query.columns(database, plan.query)
    unload_query.check(columns, options)
    slices = int(str(database.rows("SELECT pg_redshift.slices()")[0][0])) if options.parallel else 1
    return Job(plan.query, target, options, columns, slices)


def execute(job: Job, database: Upstream, store: ObjectStore) -> list[Written]:
    """Write the query's rows. Raises CopyError, UpstreamError."""
    try:
        _make_room(job, store)
        if job.options.format == "parquet":
            job = replace(job, columns=unload_query.with_scales(database, job.query, job.columns))
            with _every_digit(database):
                written = Writer(job, Parquet(job), store).run(database)
        else:
            written = Writer(job, Text(job), store).run(database)
        if job.options.manifest:
            body = manifest(written, job.columns, job.options)
            store.put(job.target + "manifest", body, kms_key=job.options.kms_key)
    except ObjectStoreError as error:
        raise s3_error(error) from error
    return written


@contextlib.contextmanager
def _every_digit(database: Upstream) -> Iterator[None]:
    """Have PostgreSQL print floats exactly: in Parquet they are numbers, where text has the session's digits.

    A failure leaves the transaction to be rolled back, which forgets the setting, too.
    """
    (digits,) = database.rows(
        "SELECT current_setting('extra_float_digits'), set_config('extra_float_digits', '1', true)"
    )
    yield
    database.run(f"SELECT set_config('extra_float_digits', '{digits[0]}', true)")


def _make_room(job: Job, store: ObjectStore) -> None:
    options = job.options
    there = store.list(job.target)
    if not there or options.overwrite:
        return
    if not options.clean:
        raise CopyError(
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, "
            "manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )
    if not options.partition_by:  # with PARTITION BY only the folders that get files are emptied
        store.delete([info.uri for info in there])
