"""A database from before labels had a commitment of their own is linked anew, and nothing else of it changes."""

from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from events.stores import SQLITE, open_store
from service.migrations.upgrade import configuration, upgrade
from tests.invariants import check_chain, check_order, read_whole_log

OLD_EVENT = text(
    """INSERT INTO events VALUES (1, :position, :position, :id, 'a.kind', 'resource', :stream, :position, 1, 5, NULL,
    :resource, '[]', 'me', 'c', '', '', NULL, :type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    :hash)"""
)


def fill(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "0006")
    connection.execute(text("INSERT INTO logs VALUES (1, 'default', 1, 3, 3, :hash)"), {"hash": b"\0"})
    odd = {"stream": "n\x100ul", "resource": r'{"prefect.resource.id":"n\u0000ul"}', "type": "T\x10\x10"}
    for position in (1, 2, 3):
        connection.execute(OLD_EVENT, {**odd, "position": position, "id": f"id-{position}", "hash": b"\0"})


async def make_old(url: str) -> None:
    if url.startswith(SQLITE):
        with create_engine(url).begin() as connection:
            fill(connection)
        return
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(fill)
    await engine.dispose()


async def test_an_old_log_is_linked_anew(bare_database_url: str) -> None:
    await make_old(bare_database_url)
    await upgrade(bare_database_url)
    store = open_store(bare_database_url)
    await store.open()
    events = await read_whole_log(store, "default")
    check_order(events)
    await check_chain(store, "default", events)
    assert [(each.stream.id, each.event.outcome.type) for each in events] == [("n\0ul", "T\x10")] * 3
    await store.close()
