"""Databases that live as long as a measurement."""

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

SQLITE_FILES = ("", "-wal")
"""A database in SQLite is a file, and what is not folded into it yet."""


class Database(ABC):
    """An empty database at `url`."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url

    @abstractmethod
    def size_bytes(self) -> int:
        """What it takes on disk, beyond what an empty one takes."""

    @abstractmethod
    def settle(self) -> None:
        """Do now what the database would do some time after it was filled."""


class SqliteDatabase(Database):
    def __init__(self, path: Path) -> None:
        super().__init__("SQLite", f"sqlite:///{path}")
        self._path = path

    def settle(self) -> None:
        """Whoever closes it folds the WAL back into it."""

    def size_bytes(self) -> int:
        files = [self._path.with_name(self._path.name + suffix) for suffix in SQLITE_FILES]
        return sum(file.stat().st_size for file in files if file.exists())


class PostgresDatabase(Database):
    def __init__(self, url: str) -> None:
        super().__init__("PostgreSQL", url)
        self._empty_bytes = self._size_bytes()

    def size_bytes(self) -> int:
        return self._size_bytes() - self._empty_bytes

    def settle(self) -> None:
        ask_postgres(self.url, "VACUUM (ANALYZE)")
        ask_postgres(self.url, "CHECKPOINT")

    def _size_bytes(self) -> int:
        return int(ask_postgres(self.url, "SELECT pg_database_size(current_database())"))


@contextmanager
def sqlite_database(folder: Path) -> Iterator[SqliteDatabase]:
    """A file in this folder, which is removed with the folder."""
    yield SqliteDatabase(folder / "digsite.db")


@contextmanager
def postgres_database(server_url: str) -> Iterator[PostgresDatabase]:
    """A database of its own beside the one at `server_url`, dropped in the end."""
    name = f"digsite_benchmark_{secrets.token_hex(6)}"
    ask_postgres(server_url, f"CREATE DATABASE {name}")
    try:
        yield PostgresDatabase(f"{server_url.rsplit('/', 1)[0]}/{name}")
    finally:
        ask_postgres(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def ask_postgres(url: str, question: str) -> str:
    """The one value that a statement answers with."""

    async def ask() -> str:
        connection = await asyncpg.connect(url)
        try:
            return str(await connection.fetchval(question))
        finally:
            await connection.close()

    return asyncio.run(ask())
