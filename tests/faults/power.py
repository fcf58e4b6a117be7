"""A file system that loses power: SQLite's own, with a journal of what was written and what was synced.

    Disk ─ writes, syncs, acknowledgements in order ─► image(crash point) ─► the files as they may be found afterwards

What was synced before the crash is there. Each write after that is there, or lost, or torn: some of its 512-byte
sectors are there and some are not, in any order.
"""
# ruff: noqa: N802 (the methods of a VFS have SQLite's names)

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import apsw
from msgspec import Struct

SECTOR_BYTES = 512


class Write(Struct, frozen=True):
    file: str
    offset: int
    content: bytes


class Truncate(Struct, frozen=True):
    file: str
    size_bytes: int


class Delete(Struct, frozen=True):
    file: str


class Sync(Struct, frozen=True):
    file: str


class Promise(Struct, frozen=True):
    """All up to this position is acknowledged."""

    position: int


Change = Write | Truncate | Delete
Files = dict[str, bytearray]


class Disk:
    """What happened to the files of one folder, from now on."""

    def __init__(self, folder: Path) -> None:
        self.journal: list[Change | Sync | Promise] = []
        self.failing_syncs = 0
        """How many of the next syncs fail."""
        self._before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def promise(self, position: int) -> None:
        self.journal.append(Promise(position))

    def promised(self, crash: int) -> int:
        """The position up to which everything was acknowledged before the crash."""
        return max((each.position for each in self.journal[:crash] if isinstance(each, Promise)), default=0)

    def image(self, crash: int, dice: Random) -> Files:
        """The files as a crash after so many entries of the journal may leave them."""
        past = self.journal[:crash]
        synced = {entry.file: index for index, entry in enumerate(past) if isinstance(entry, Sync)}
        files = {name: bytearray(content) for name, content in self._before.items()}
        for index, entry in enumerate(past):
            if isinstance(entry, Change):
                is_durable = index < synced.get(entry.file, -1)
                for part in [entry] if is_durable else _what_is_left(entry, dice):
                    _apply(part, files)
        return files


def _what_is_left(entry: Change, dice: Random) -> Sequence[Change]:
    fate = dice.choice(("there", "lost", "torn"))
    if fate == "torn" and isinstance(entry, Write):
        return [sector for sector in _sectors(entry) if dice.random() < 0.5]
    return [] if fate == "lost" else [entry]


def _sectors(write: Write) -> Iterator[Write]:
    start, end = write.offset, write.offset + len(write.content)
    for sector in range(start - start % SECTOR_BYTES, end, SECTOR_BYTES):
        first, last = max(start, sector), min(end, sector + SECTOR_BYTES)
        yield Write(write.file, first, write.content[first - start : last - start])


def _apply(change: Change, files: Files) -> None:
    match change:
        case Write(file, offset, content):
            known = files.setdefault(file, bytearray())
            known.extend(bytes(max(0, offset - len(known))))
            known[offset : offset + len(content)] = content
        case Truncate(file, size_bytes):
            del files.setdefault(file, bytearray())[size_bytes:]
        case Delete(file):
            files.pop(file, None)


class JournalingVfs(apsw.VFS):
    """SQLite's own file system, which tells the disk what it does."""

    def __init__(self, disk: Disk) -> None:
        self.name = f"journaling-{id(disk)}"
        self._disk = disk
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(self._disk, name, flags)

    def xDelete(self, name: str, sync_directory: bool) -> None:
        super().xDelete(name, sync_directory)
        self._disk.journal.append(Delete(Path(name).name))


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary").name
        super().__init__("", name, flags)

    def xWrite(self, content: bytes, offset: int) -> None:
        super().xWrite(content, offset)
        self._disk.journal.append(Write(self._name, offset, bytes(content)))

    def xTruncate(self, size_bytes: int) -> None:
        super().xTruncate(size_bytes)
        self._disk.journal.append(Truncate(self._name, size_bytes))

    def xSync(self, flags: int) -> None:
        if self._disk.failing_syncs:
            self._disk.failing_syncs -= 1
            raise apsw.IOError("the disk does not sync")
        super().xSync(flags)
        self._disk.journal.append(Sync(self._name))


class ApswConnection:
    """An apsw connection with as much of sqlite3's face as `SqliteStore` looks at."""

    def __init__(self, path: str, vfs: JournalingVfs) -> None:
        self._connection = apsw.Connection(path, vfs=vfs.name)
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # a VFS in Python has no shared memory

    def execute(self, sql: str, values: Sequence[Any] = ()) -> apsw.Cursor:
        with _sqlite3_errors():
            return self._connection.execute(sql, values)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> apsw.Cursor:
        with _sqlite3_errors():
            return self._connection.executemany(sql, rows)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        self._connection.close()


class CarelessConnection(ApswConnection):
    """Syncs less than it says: what `synchronous` is set to when nobody looks."""

    def __init__(self, path: str, vfs: JournalingVfs, synchronous: str) -> None:
        super().__init__(path, vfs)
        self._synchronous = synchronous

    def execute(self, sql: str, values: Sequence[Any] = ()) -> apsw.Cursor:
        if sql == "PRAGMA synchronous = FULL":
            return super().execute(f"PRAGMA synchronous = {self._synchronous}")
        if sql == "PRAGMA synchronous":
            return super().execute("SELECT 2")
        return super().execute(sql, values)


@contextmanager
def _sqlite3_errors() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        translated = sqlite3.OperationalError(str(error))
        translated.sqlite_errorcode = getattr(error, "extendedresult", apsw.SQLITE_IOERR)
        raise translated from error
