"""A database from before labels had a commitment of their own is linked anew, and nothing else of it changes."""

import sqlite3
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from events.stores import open_store
from service.migrations import configuration, migrate
from tests.invariants import check_chain, check_order, read_whole_log

OLD_EVENT = """INSERT INTO events VALUES (1, {position}, {position}, 'id-{position}', 'a.kind', 'resource',
    'n\x10' || '0ul', {position}, 1, 5, NULL, '{{"prefect.resource.id":"n\\u0000ul"}}', '[]', 'me', 'c', '', '',
    NULL, 'T\x10\x10', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, x'00')"""


def at_revision(path: Path, revision: str) -> None:
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


async def test_an_old_log_is_linked_anew(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    at_revision(path, "0006")
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO logs VALUES (1, 'default', 1, 3, 3, x'00')")
        for position in (1, 2, 3):
            database.execute(OLD_EVENT.format(position=position))
    await migrate(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}")
    await store.open()
    events = await read_whole_log(store, "default")
    check_order(events)
    await check_chain(store, "default", events)
    assert [(each.stream.id, each.event.outcome.type) for each in events] == [("n\0ul", "T\x10")] * 3
    await store.close()
