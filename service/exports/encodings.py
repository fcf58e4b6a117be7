"""The encodings: how lines become a file, and the way back, a few at a time."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec

from service.exports.line import Line
from service.exports.manifest import Encoding, ExportError

READ_BYTES = 1024 * 1024
"""About how much of a file is read at once."""
LEVEL = 1
"""Of gzip: the lines become six times as small, and a higher level costs more time than it saves space."""


class Unreadable(Exception):
    """What the file says cannot be read. `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NeedsArchive(ExportError):
    def __init__(self) -> None:
        super().__init__("Parquet needs the extra `archive`: pip install 'digsite-server[archive]'.")


class Writer(Protocol):
    def write(self, lines: Sequence[Line]) -> int:
        """About how many bytes they are, before they are made smaller."""
        ...

    def finish(self) -> None:
        """All is handed to the file, which stays open."""
        ...


class LinesWriter:
    """NDJSON: an object per line."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file = file

    def write(self, lines: Sequence[Line]) -> int:
        return self._file.write(_encode_lines(lines))

    def finish(self) -> None:
        self._file.flush()


class GzipWriter(LinesWriter):
    def __init__(self, file: IO[bytes]) -> None:
        self._gzip = gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=LEVEL, mtime=0)
        super().__init__(self._gzip)

    def finish(self) -> None:
        self._gzip.close()


def read_lines(path: Path) -> Iterator[list[Line]]:
    with path.open("rb") as file:
        yield from _lines(file)


def read_gzip(path: Path) -> Iterator[list[Line]]:
    with gzip.open(path) as file:
        yield from _lines(io.BufferedReader(file, READ_BYTES))


def _lines(file: IO[bytes]) -> Iterator[list[Line]]:
    while texts := file.readlines(READ_BYTES):
        yield [_decode(text) for text in texts]


def read(encoding: Encoding, path: Path) -> Iterator[list[Line]]:
    """The lines of a file, some at a time. Raises Unreadable."""
    try:
        yield from _READERS[encoding](path)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise Unreadable(str(error)) from error


def writer(encoding: Encoding, file: IO[bytes]) -> Writer:
    return _WRITERS[encoding](file)


_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(Line).decode


def _read_parquet(path: Path) -> Iterator[list[Line]]:
    with _of_the_extra():
        from service.exports.parquet import read_parquet
    return read_parquet(path)


def _parquet_writer(file: IO[bytes]) -> Writer:
    with _of_the_extra():
        from service.exports.parquet import ParquetWriter
    return ParquetWriter(file)


@contextmanager
def _of_the_extra() -> Iterator[None]:
    """Raises NeedsArchive."""
    try:
        yield
    except ImportError as error:
        raise NeedsArchive from error


_READERS: dict[Encoding, Callable[[Path], Iterator[list[Line]]]] = {
    Encoding.NDJSON: read_lines,
    Encoding.GZIP: read_gzip,
    Encoding.PARQUET: _read_parquet,
}
_WRITERS: dict[Encoding, Callable[[Any], Writer]] = {
    Encoding.NDJSON: LinesWriter,
    Encoding.GZIP: GzipWriter,
    Encoding.PARQUET: _parquet_writer,
}
