"""Wake-ups over LISTEN and NOTIFY, on a connection of their own.

NOTIFY in the transaction of a write would make all writers of the database queue up behind one lock until the sync
to disk is done. Here it is a transaction of its own that waits for no disk.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import asyncpg

from events.wakeup import wait_at_most

CHANNEL = "digsite_wakeups"
BEAT_S = 5.0
"""How often PostgreSQL is asked whether it is still there."""
ANSWER_TIMEOUT_S = 2.0
NOTIFY = "SELECT pg_notify($1, log) FROM unnest($2::text[]) AS log"


class PostgresCarrier:
    """A channel belongs to a database, so that of other databases nothing is heard."""

    name = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection[Any] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def listen(self, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        connection = await asyncpg.connect(
            self._url,
            timeout=ANSWER_TIMEOUT_S,
            command_timeout=ANSWER_TIMEOUT_S,
            server_settings={"synchronous_commit": "off", "application_name": "digsite bus"},
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, _hearing(connection.get_server_pid(), heard))
            self._connection = connection
            connected()
            while True:
                await wait_at_most(lost, BEAT_S)
                await self._execute("SELECT")
        finally:
            self._connection = None
            connection.terminate()

    async def send(self, logs: Collection[str]) -> None:
        await self._execute(NOTIFY, CHANNEL, list(logs))

    async def _execute(self, statement: str, *values: object) -> None:
        async with self._one_at_a_time:
            if self._connection is None:
                raise ConnectionError("The connection for wake-ups is gone.")
            await self._connection.execute(statement, *values)

    async def close(self) -> None:
        """Nothing is left to be done: the connection goes with who listens."""


def _hearing(own_pid: int, heard: Callable[[str], None]) -> Callable[..., None]:
    """What asyncpg calls with each message."""

    def hear(_: object, pid: int, channel: str, log: str) -> None:
        if pid != own_pid:
            heard(log)

    return hear
