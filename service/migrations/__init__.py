"""Migrations: Alembic scripts that bring a database to this version's tables. Run at every start."""

import sqlite3
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from events.errors import StorageUnavailable
from events.stores import POSTGRES, SQLITE
from events.stores.sql import SqlStore
from events.stores.statement import Statement

REVISION = Statement(text("SELECT version_num FROM alembic_version"))

LOCK_NAME = 0xD1651E
"""Of servers that start at the same time, one migrates and the others wait."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


class OtherRelease(Exception):
    """The tables are those of another version of Digsite."""

    def __init__(self, revision: str, needed: str) -> None:
        super().__init__(
            f"The database's tables are at revision {revision}, and this version of Digsite reads {needed}. "
            "Start its server once: it brings them there."
        )
        self.revision, self.needed = revision, needed


async def check_revision(store: SqlStore) -> None:
    """Make sure that the tables are this version's, without touching them. Raises OtherRelease, StorageUnavailable."""
    try:
        [(revision,)] = await store.fetch(REVISION)
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError):  # there is no such table
        revision = "none"
    if revision != newest_revision():
        raise OtherRelease(revision, newest_revision())


async def migrate(url: str) -> None:
    """Bring the database at `url` to this version's tables, in one transaction. Raises StorageUnavailable."""
    try:
        await (_migrate_sqlite(url) if url.startswith(SQLITE) else _migrate_postgres(url))
    except (OperationalError, InterfaceError) as error:
        raise StorageUnavailable(str(error.orig)) from error
    except OSError as error:
        raise StorageUnavailable(str(error)) from error


async def _migrate_postgres(url: str) -> None:
    engine = create_async_engine(url.replace(POSTGRES, "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": LOCK_NAME})
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def _migrate_sqlite(url: str) -> None:
    engine = create_engine(url, connect_args={"isolation_level": None})
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")  # the driver would commit each CREATE TABLE on its own
            _upgrade(connection)
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
