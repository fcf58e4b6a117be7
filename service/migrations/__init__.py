"""Migrations: Alembic scripts that bring a database to this version's tables. Run at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from events.stores import POSTGRES, SQLITE

LOCK_NAME = 0xD1651E
"""Of servers that start at the same time, one migrates and the others wait."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


async def migrate(url: str) -> None:
    """Bring the database at `url` to this version's tables, in one transaction. Raises StorageUnavailable."""
    if url.startswith(SQLITE):
        _migrate_sqlite(url)
        return
    engine = create_async_engine(url.replace(POSTGRES, "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": LOCK_NAME})
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _migrate_sqlite(url: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            _upgrade(connection)
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
