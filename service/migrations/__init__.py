"""Migrations: Alembic scripts that bring a database to this version's tables. Run at every start."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from events.stores import POSTGRES, SQLITE

PAGE_SIZE_BYTES = 8192


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


async def migrate(url: str) -> None:
    """Bring the database at `url` to this version's tables, in one transaction."""
    if url.startswith(SQLITE):
        _migrate_sqlite(url)
        return
    engine = create_async_engine(url.replace(POSTGRES, "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _migrate_sqlite(url: str) -> None:
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_file)
    try:
        with engine.begin() as connection:
            _upgrade(connection)
    finally:
        engine.dispose()


def _prepare_file(connection: sqlite3.Connection, _: object) -> None:
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE_BYTES}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _upgrade(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
