"""The files in which frames travel, written in memory: Parquet, and CSV for what COPY takes from text only."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetPart:
    """One Parquet file being written in memory."""

    suffix = "parquet"

    def __init__(self, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self._sink = io.BytesIO()
        # Snappy costs next to nothing; dictionaries help text columns most.
        self._writer = pq.ParquetWriter(self._sink, schema, compression="snappy")
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    @property
    def size(self) -> int:
        return self._sink.tell()

    def finish(self) -> bytes:
        self._writer.close()
        return self._sink.getvalue()


class CsvPart:
    """One CSV file being written in memory: every value in quotes, and `marker`, which is none of them, for NULL."""

    suffix = "csv"

    def __init__(self, schema: pa.Schema, marker: str) -> None:
        self._names = schema.names
        self._marker = marker
        self._sink = io.BytesIO()
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.csv as pcsv

        texts = [pc.fill_null(_printed(array), self._marker) for array in batch.columns]
        options = pcsv.WriteOptions(include_header=False, quoting_style="all_valid")
        pcsv.write_csv(pa.record_batch(texts, names=self._names), self._sink, options)
        self.rows += batch.num_rows

    @property
    def size(self) -> int:
        return self._sink.tell()

    def finish(self) -> bytes:
        return self._sink.getvalue()


def _printed(array: pa.Array) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_timestamp(array.type) and array.type.tz:
        # With its zone said: COPY would read it in the session's.
        naive = array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")).cast(pa.string())
        return pa.compute.binary_join_element_wise(naive, "+00", "")
    return array.cast(pa.string())
