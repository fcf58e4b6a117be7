"""The migrations bring about the tables that the code speaks of."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from events.stores.tables import METADATA
from service.migrations import newest_revision
from service.migrations.upgrade import configuration, upgrade


def differences(connection: Connection) -> list[object]:
    partitions = {name for name in inspect(connection).get_table_names() if name.startswith("event_bodies_")}
    context = MigrationContext.configure(
        connection,
        opts={"include_name": lambda name, kind, _: kind != "table" or name not in partitions, "compare_type": True},
    )
    return list(compare_metadata(context, METADATA))


async def test_migrated_tables_are_those_of_the_code_on_sqlite(bare_sqlite_url: str) -> None:
    await upgrade(bare_sqlite_url)
    with create_engine(bare_sqlite_url).connect() as connection:
        assert differences(connection) == []


async def test_migrated_tables_are_those_of_the_code_on_postgres(bare_postgres_url: str) -> None:
    await upgrade(bare_postgres_url)
    engine = create_async_engine(bare_postgres_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_again_changes_nothing(bare_database_url: str) -> None:
    await upgrade(bare_database_url)
    await upgrade(bare_database_url)


async def test_servers_that_start_at_the_same_time_migrate_once(bare_postgres_url: str) -> None:
    await asyncio.gather(*(upgrade(bare_postgres_url) for _ in range(4)))


def test_the_newest_revision_is_alembics_one_head() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [newest_revision()]
