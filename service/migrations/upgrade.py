"""Alembic on one connection: the scripts that a database has not seen, in one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from events.errors import StorageUnavailable
from events.stores import POSTGRES, SQLITE

LOCK_NAME = 0xD1651E
"""Of servers that start at the same time, one migrates and the others wait."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


async def upgrade(url: str) -> None:
    """Bring the database at `url` to this version's tables. Raises StorageUnavailable."""
    try:
        await (_upgrade_sqlite(url) if url.startswith(SQLITE) else _upgrade_postgres(url))
    except (OperationalError, InterfaceError) as error:
        raise StorageUnavailable(str(error.orig)) from error
    except OSError as error:
        raise StorageUnavailable(str(error)) from error


async def _upgrade_postgres(url: str) -> None:
    engine = create_async_engine(url.replace(POSTGRES, "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": LOCK_NAME})
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


async def _upgrade_sqlite(url: str) -> None:
    engine = create_engine(url, connect_args={"isolation_level": None})
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN")  # the driver would commit each CREATE TABLE on its own
            _run(connection)
    finally:
        engine.dispose()


def _run(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
