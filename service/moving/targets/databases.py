"""The two databases that a Prefect server can have, each with what is different about it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import asyncpg
import msgspec
from sqlalchemy.engine import make_url

from events.clock import micros
from events.event import Micros
from events.stores import POSTGRES, SQLITE
from events.stores.statement import POSTGRES_DIALECT, SQLITE_DIALECT, Statement
from events.stores.tables import Row
from service.moving.targets.target import TargetUnusable

Script = Sequence[tuple[Statement, Sequence[dict[str, Any]]]]
"""Statements, each with the parameters of every time that it is to run."""

LOCK_TIMEOUT_S = 2.0
COMMAND_TIMEOUT_S = 60.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_encode = msgspec.json.Encoder().encode


class NotTaken(Exception):
    """The database refuses a row for what it holds. Nothing was written."""


class Database(Protocol):
    """All methods raise TargetUnusable."""

    name: str
    backend: str
    takes_nul: bool

    async def open(self, *, writing: bool) -> None: ...

    async def close(self) -> None: ...

    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]: ...

    async def run(self, script: Script) -> None:
        """All of it in one transaction, or nothing. Raises NotTaken."""

    def moment(self, moment: Micros) -> Any:
        """A moment as the driver takes it."""


def database_at(url: str) -> Database:
    """`sqlite:///PATH` or `postgresql://...`. Raises TargetUnusable for another."""
    if url.startswith(SQLITE) and url != SQLITE:
        return SqliteDatabase(Path(url.removeprefix(SQLITE)).expanduser())
    if url.startswith(POSTGRES):
        return PostgresDatabase(url)
    raise TargetUnusable(f"No Prefect server has its data at {url!r}: say {SQLITE}PATH or {POSTGRES}HOST/DATABASE.")


class SqliteDatabase:
    backend = "sqlite"
    takes_nul = True

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._connection: sqlite3.Connection

    async def open(self, *, writing: bool) -> None:
        """To write, nobody else may have the file open: that is how a server that still runs is noticed."""
        if not self._path.is_file():
            raise TargetUnusable(f"There is no file {self._path}.")
        mode = "rw" if writing else "ro"
        with self._told():
            self._connection = sqlite3.connect(
                f"file:{quote(str(self._path))}?mode={mode}", uri=True, isolation_level=None, timeout=LOCK_TIMEOUT_S
            )
        if writing:
            self._take()

    def _take(self) -> None:
        try:
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("BEGIN EXCLUSIVE")
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise TargetUnusable(
                f"{self._path} is in use ({error}). Stop the Prefect server that it belongs to, or write through its "
                "API with --api-url."
            ) from error

    async def close(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        with self._told():
            return self._connection.execute(*_rendered(statement, parameters)).fetchall()

    async def run(self, script: Script) -> None:
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for statement, each in script:
                    for parameters in each:
                        self._connection.execute(*_rendered(statement, parameters))
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def moment(self, moment: Micros) -> str:
        return (EPOCH + timedelta(microseconds=moment)).strftime("%Y-%m-%d %H:%M:%S.%f")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.DataError) as error:
            raise NotTaken(str(error)) from error
        except sqlite3.Error as error:
            raise TargetUnusable(f"{self._path}: {error}") from error


def _rendered(statement: Statement, parameters: dict[str, Any]) -> tuple[str, list[Any]]:
    text, values = statement.render(SQLITE_DIALECT, parameters)
    return text, [_encode(value).decode() if isinstance(value, list) else value for value in values]


class PostgresDatabase:
    backend = "postgresql"
    takes_nul = False

    def __init__(self, url: str) -> None:
        self.name = make_url(url).render_as_string(hide_password=True)
        self._url = url
        self._connection: asyncpg.Connection[Any] | None = None

    async def open(self, *, writing: bool) -> None:
        """While a transaction runs, a server that was not stopped has to wait with its artifacts."""
        with self._told():
            self._connection = await asyncpg.connect(
                self._url,
                timeout=LOCK_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings={
                    "lock_timeout": str(int(LOCK_TIMEOUT_S * 1000)),
                    "default_transaction_read_only": "off" if writing else "on",
                },
            )

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        assert self._connection is not None
        text, values = statement.render(POSTGRES_DIALECT, parameters)
        with self._told():
            return await self._connection.fetch(text, *values)

    async def run(self, script: Script) -> None:
        assert self._connection is not None
        with self._told():
            async with self._connection.transaction():
                await self._connection.execute("LOCK TABLE artifact, artifact_collection IN SHARE ROW EXCLUSIVE MODE")
                for statement, each in script:
                    rendered = [statement.render(POSTGRES_DIALECT, parameters) for parameters in each]
                    if rendered:
                        await self._connection.executemany(rendered[0][0], [values for _, values in rendered])

    def moment(self, moment: Micros) -> datetime:
        return EPOCH + timedelta(microseconds=moment)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (
            asyncpg.DataError,
            asyncpg.IntegrityConstraintViolationError,
            asyncpg.ProgramLimitExceededError,
        ) as error:
            raise NotTaken(str(error)) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise TargetUnusable(f"{self.name}: {str(error) or type(error).__name__}") from error


def micros_of(value: Any) -> Micros:
    """A moment as either driver gives it."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def text_of(value: Any) -> str:
    """JSON as either driver gives it; SQLite makes a number of what is only a number."""
    match value:
        case None:
            return "null"
        case str():
            return value
        case _:
            return _encode(value).decode()


def id_of(value: Any) -> str | None:
    """A UUID as either driver gives it."""
    return None if value is None else str(value)
