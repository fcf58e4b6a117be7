"""A tenure: the time in which this process, of all over a database, does one thing. It ends with its lease.

The checkpoint that the lease is on says how far the thing was done, so that the next tenure goes on from there.
"""

import asyncio

from events.stores.sql import Fetch, SqlStore, Transaction
from projections.checkpoints import Holder, Lease, LeaseLost, advance, begin, holds, release, take
from service.context import DEFAULT_LOG

VERSION = 1
CHECK_S = 1.0
"""How often it is looked whether the lease still holds."""


class Tenure:
    """Over one checkpoint of the log `default`. All methods raise StorageUnavailable."""

    def __init__(self, store: SqlStore, holder: Holder, lease: Lease) -> None:
        self._store = store
        self._holder = holder
        self._lease = lease

    @property
    def position(self) -> int:
        """Where the checkpoint is."""
        return self._lease.position

    async def advance(self, to: int) -> None:
        """Move the checkpoint on. Raises LeaseLost."""
        if to <= self._lease.position:
            return
        lease, until = self._lease, self._holder.until(self._store.clock())

        async def work(fetch: Fetch) -> Lease:
            return await advance(fetch, lease, to, until)

        self._lease = await self._store.beside(work)

    async def watch(self) -> None:
        """Until it has ended. Raises LeaseLost then."""
        while True:
            if not await holds(self._store, self._lease):
                raise LeaseLost(self._lease)
            await asyncio.sleep(CHECK_S)

    async def end(self) -> None:
        """Let another process go on at once."""
        await release(self._store, self._lease)


async def tenure_of(store: SqlStore, holder: Holder, name: str, *, begins_at_head: bool) -> Tenure | None:
    """The tenure of this name, if it is to be had. The first of all begins at the head, or before the first event.

    Raises StorageUnavailable.
    """
    if not await store.log_number(DEFAULT_LOG):
        await store.transact(DEFAULT_LOG, _nothing)  # it was never written to
    number, head = await store.log_number(DEFAULT_LOG), (await store.head(DEFAULT_LOG)).position
    checkpoint = await begin(store, number, name, VERSION, head if begins_at_head else 0)
    lease = await take(store, DEFAULT_LOG, number, name, checkpoint.generation, holder, store.clock())
    return None if lease is None else Tenure(store, holder, lease)


async def _nothing(transaction: Transaction) -> None:
    """Takes the head, which makes the log."""
