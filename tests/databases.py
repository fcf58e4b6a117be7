"""Databases for tests: with tables or without, made once, emptied between tests."""

import asyncio
import os
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import asyncpg
import pytest

from events.stores import open_store
from service.migrations import migrate

POSTGRES = os.environ.get("DIGSITE_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432/postgres")

ON_SQLITE, ON_POSTGRES = (
    pytest.mark.parametrize("database_url", [name], indirect=True) for name in ("sqlite", "postgres")
)
"""For tests that prove what is in front of the storage: one is as good as the other, and half the time enough."""

EMPTY = r"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica; -- else the log refuses to lose what it has recorded
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE CASE WHEN name LIKE '%\_rebuilt\_%' THEN 'DROP TABLE ' ELSE 'DELETE FROM ' END || name;
    END LOOP;
END $$
"""


@contextmanager
def postgres_database(template: str = "template1") -> Iterator[str]:
    """A copy of a database on the local PostgreSQL, without tables if none is named. Without one: a skip here, a
    failure in CI."""
    name = f"digsite_test_{uuid.uuid4().hex[:12]}"
    try:
        run_apart(execute(POSTGRES, f"CREATE DATABASE {name} TEMPLATE {template}"))
    except OSError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL at {POSTGRES}: {error}")
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    run_apart(execute(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)"))


async def make_tables(url: str) -> None:
    """Prepare a database as the first start of a server does."""
    store = open_store(url)
    await store.open()
    await migrate(store, url)
    await store.close()


async def empty(url: str) -> None:
    """Leave the tables of a PostgreSQL database, and nothing else. This takes a tenth of the time to make them."""
    await execute(url, EMPTY)


async def execute(url: str, script: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


def run_apart(work: Coroutine[None, None, None]) -> None:
    """Run it on a loop of its own, whatever loop the tests have."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
