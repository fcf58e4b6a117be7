"""A file of the archive: bodies with their salts and commitments as Parquet, in row groups that are read alone."""

import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import pyarrow
from msgspec import Struct
from pyarrow import parquet

from events.chain import commit

ROW_GROUP_BYTES_MAX = 4 * 1024 * 1024
"""Content in one row group, unless a single body is larger."""
ROW_GROUP_ROWS_MAX = 1_000

SCHEMA = pyarrow.schema(
    [
        pyarrow.field("position", pyarrow.int64(), nullable=False),
        pyarrow.field("size_bytes", pyarrow.int64(), nullable=False),
        pyarrow.field("salt", pyarrow.binary(), nullable=False),
        pyarrow.field("commitment", pyarrow.binary(), nullable=False),
        pyarrow.field("content", pyarrow.large_string(), nullable=False),
    ]
)


class ArchivedBody(Struct, frozen=True):
    """A body as it stood in the log."""

    position: int
    salt: bytes
    commitment: bytes
    content: str

    @property
    def holds(self) -> bool:
        """Whether it is what the header commits to."""
        return commit(self.salt, self.content) == self.commitment


def written(bodies: Iterable[ArchivedBody]) -> bytes:
    """A file with these bodies, which are in the order of their positions."""
    file = io.BytesIO()
    with parquet.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for group in _groups(bodies):
            writer.write_table(_table(group))
    return file.getvalue()


def read(file: Any, positions: Collection[int] | None = None) -> Iterator[ArchivedBody]:
    """The bodies at these positions, or all. Raises OSError, pyarrow.ArrowException."""
    opened = parquet.ParquetFile(file)
    for group in _holding(opened, positions):
        columns = opened.read_row_group(group, ["position", "salt", "commitment", "content"]).to_pydict()
        for row in zip(*columns.values(), strict=True):
            if positions is None or row[0] in positions:
                yield ArchivedBody(*row)


def sizes(file: Any, positions: Collection[int]) -> dict[int, int]:
    """The sizes of the bodies at these positions, without reading any. Raises OSError, pyarrow.ArrowException."""
    opened = parquet.ParquetFile(file)
    found: dict[int, int] = {}
    for group in _holding(opened, positions):
        columns = opened.read_row_group(group, ["position", "size_bytes"]).to_pydict()
        found.update(zip(columns["position"], columns["size_bytes"], strict=True))
    return {position: found[position] for position in positions if position in found}


def _holding(opened: Any, positions: Collection[int] | None) -> list[int]:
    """The row groups that may hold one of the positions."""
    groups = range(opened.metadata.num_row_groups)
    if positions is None:
        return list(groups)
    bounds = [opened.metadata.row_group(group).column(0).statistics for group in groups]
    return [g for g, bound in zip(groups, bounds, strict=True) if any(bound.min <= p <= bound.max for p in positions)]


def _groups(bodies: Iterable[ArchivedBody]) -> Iterator[list[ArchivedBody]]:
    group: list[ArchivedBody] = []
    size_bytes = 0
    for body in bodies:
        if group and (size_bytes + len(body.content) > ROW_GROUP_BYTES_MAX or len(group) == ROW_GROUP_ROWS_MAX):
            yield group
            group, size_bytes = [], 0
        group.append(body)
        size_bytes += len(body.content)
    if group:
        yield group


def _table(group: Sequence[ArchivedBody]) -> Any:
    return pyarrow.table(
        {
            "position": [body.position for body in group],
            "size_bytes": [len(body.content.encode()) for body in group],
            "salt": [body.salt for body in group],
            "commitment": [body.commitment for body in group],
            "content": [body.content for body in group],
        },
        schema=SCHEMA,
    )
