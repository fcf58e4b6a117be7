"""Parquet: the lines as columns, compressed with zstd. It takes what the extra `archive` brings.

Labels are JSON in a column of text, hashes and salts hexadecimal: the same fields as in a line of NDJSON.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import IO, get_type_hints

import pyarrow as pa
from msgspec import Raw
from pyarrow import parquet as pq

from service.exports.line import Line

GROUP_LINES = 20_000
GROUP_BYTES = 32 * 1024 * 1024
"""Lines that are gathered for one row group, unless so many have more bytes."""
READ_LINES = 1_000
"""How many are read at once."""

COMPRESSION = "zstd"


class ParquetWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self._writer = pq.ParquetWriter(file, SCHEMA, compression=COMPRESSION)
        self._gathered: list[pa.RecordBatch] = []
        self._lines = self._size_bytes = 0

    def write(self, lines: Sequence[Line]) -> int:
        columns = [list(column) for column in zip(*map(_values, lines), strict=True)]
        for index in _JSON:
            columns[index] = [bytes(value).decode() for value in columns[index]]
        batch = pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
        )
        self._gathered.append(batch)
        self._lines += len(lines)
        self._size_bytes += batch.nbytes
        if self._lines >= GROUP_LINES or self._size_bytes >= GROUP_BYTES:
            self._write_group()
        return int(batch.nbytes)

    def finish(self) -> None:
        self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        if self._gathered:
            self._writer.write_table(pa.Table.from_batches(self._gathered), row_group_size=self._lines)
        self._gathered, self._lines, self._size_bytes = [], 0, 0


def read_parquet(path: Path) -> Iterator[list[Line]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(READ_LINES, columns=list(Line.__struct_fields__)):
            columns = [column.to_pylist() for column in batch.columns]
            for index in _JSON:
                columns[index] = [Raw(value.encode()) for value in columns[index]]
            yield [Line(*values) for values in zip(*columns, strict=True)]


_values = attrgetter(*Line.__struct_fields__)
_JSON = tuple(Line.__struct_fields__.index(name) for name in ("resource", "related"))
_NUMBERS = (int, int | None)
SCHEMA = pa.schema(
    [
        pa.field(name, pa.int64() if get_type_hints(Line)[name] in _NUMBERS else pa.large_string())
        for name in Line.__struct_fields__
    ]
)
