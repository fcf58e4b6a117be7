"""Migrations: Alembic scripts that bring a database to this version's tables. Each start looks whether one is due."""

import sqlite3
from functools import cache
from pathlib import Path

import asyncpg
from sqlalchemy import text

from events.stores.sql import SqlStore
from events.stores.statement import Statement

REVISION = Statement(text("SELECT version_num FROM alembic_version"))


@cache
def newest_revision() -> str:
    """The number that the name of the last script begins with."""
    scripts = (Path(__file__).parent / "versions").glob("[0-9]*_*.py")
    return max(script.name.partition("_")[0] for script in scripts)


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
    revision = await _revision(store)
    if revision != newest_revision():
        raise OtherRelease(revision, newest_revision())


async def migrate(store: SqlStore, url: str) -> None:
    """Bring the database of an open store, at `url`, to this version's tables. Raises StorageUnavailable."""
    if await _revision(store) == newest_revision():
        return
    from service.migrations.upgrade import upgrade  # Alembic takes a fifth of a start, and most starts need none

    await upgrade(url)


async def _revision(store: SqlStore) -> str:
    """That of the tables; `none` where there are none."""
    try:
        [(revision,)] = await store.fetch(REVISION)
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError):  # there is no such table
        return "none"
    return str(revision)
