"""The dispatcher of a process: one courier for each webhook that is switched on, whatever happens to them."""

import asyncio
import os
import secrets
import socket
from contextlib import suppress

import structlog

from events.errors import StorageUnavailable
from events.feed import Feeds
from events.stores.sql import SqlStore
from events.subscriptions import registry
from events.wakeup import wait_at_most
from service.subscriptions import Subscriptions
from service.webhooks.courier import Courier, Kit

LOOK_S = 1.0
"""How often the dispatcher looks for webhooks that another process has made or switched on."""
POSTS_MAX = 32
"""Posts that one process has under way at once."""
CLOSE_S = 5.0
"""How long a stop waits for posts under way. What is cut off goes out again."""

log_ = structlog.get_logger()


class Dispatcher:
    """Runs the couriers. A courier that has ended is started again as long as its webhook is on."""

    def __init__(self, store: SqlStore, subscriptions: Subscriptions, feeds: Feeds, *, allow_private: bool) -> None:
        self._kit = Kit(
            store=store,
            members=subscriptions.members,
            feeds=feeds,
            posts=asyncio.Semaphore(POSTS_MAX),
            member=f"webhook {socket.gethostname()}/{os.getpid()}/{secrets.token_hex(2)}",
            allow_private=allow_private,
        )
        self._changed = subscriptions.changed
        self._couriers: dict[tuple[str, str], tuple[Courier, asyncio.Task[None]]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="webhooks")

    async def close(self) -> None:
        """Finish the posts under way, for a while; then stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        tasks = []
        for courier, task in self._couriers.values():
            courier.is_closing = True
            if not courier.is_posting:
                task.cancel()
            tasks.append(task)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                self._see_to(await registry.with_webhook(self._kit.store))
            except StorageUnavailable as error:
                log_.warning("webhooks wait for the storage", reason=str(error))
            except Exception:  # the next look may be luckier, and nobody else would start a courier
                log_.exception("webhooks fault")
            await wait_at_most(self._changed, LOOK_S)

    def _see_to(self, wanted: list[tuple[str, str]]) -> None:
        """A running courier for each; those that are not wanted end on their own."""
        self._couriers = {which: each for which, each in self._couriers.items() if not each[1].done()}
        for which in wanted:
            if which not in self._couriers:
                courier = Courier(self._kit, *which)
                task = asyncio.create_task(courier.run(), name=f"webhook {which}")
                self._couriers[which] = (courier, task)
