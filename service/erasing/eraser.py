"""The eraser: carries out what was requested, in the order of the log, whatever is killed when.

    `requested` ─► the lease ─► delete what lives ─► `begun` ─► take away, batch by batch ─► fold anew
                                                                              checkpoint ◄─ `completed` ◄─┘

Each step may be done again: what is deleted or absent already is passed over, and of an id one event is recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

import msgspec
import structlog
from sqlalchemy import bindparam, select

from events.absences import Part, Reason, absent_by, remove_bodies, remove_labels
from events.catalog import ERASURE_BEGUN, ERASURE_COMPLETED, ERASURE_REQUESTED
from events.event import Event, Origin
from events.filter import EventFilter
from events.narrowing import narrowing
from events.searching import narrowed
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, Row
from events.subscriptions import tables as subscriptions
from projections import CATCH_UP
from projections.artifacts import ARTIFACTS, Artifact
from projections.catch_up import CatchUpProjector, HashProjector, HeaderProjector
from projections.checkpoints import Holder, Lease, advance, begin, release, serving, take
from projections.generations import regenerate
from projections.pins import PINS
from projections.projector import LatestHeader
from service.deciding.commands import ArtifactNotFound, Command, DeleteArtifact, RecordEvents, UnpinArtifact
from service.erasing.losses import POSITIONS_AT_ONCE, losses
from service.erasing.order import Done, Order, Ranges, begun, completed, positions_in, ranges_of, size_of
from service.erasing.stated import events_of, requested_after
from service.handler import Submit

NAME = "eraser"
VERSION = 1
ERASED_AT_ONCE_MAX = 500
"""Events that one transaction takes something of: writers wait for it no longer than that takes."""
DELETED_AT_ONCE = 100

Forget = Callable[[str, Sequence[int]], Awaitable[None]]
"""`forget(log, positions)` leaves nothing of these bodies in an archive."""

log_ = structlog.get_logger()


class Eraser:
    """Over one store. Any number of processes may run it: a lease keeps them apart."""

    def __init__(self, store: SqlStore, submit: Submit, holder: Holder, forget: Forget) -> None:
        self._store = store
        self._submit = submit
        self._forget = forget
        self._holder = holder

    async def carry_out_all(self, log: str) -> bool:
        """Carry out what is requested of a log; tell whether all is. If not, another process does it.

        Raises LeaseLost, StorageUnavailable, and what `Writer.submit` raises.
        """
        number = await self._store.log_number(log)
        checkpoint = await serving(self._store, number, NAME)
        if not await requested_after(self._store, number, 0 if checkpoint is None else checkpoint.position):
            return True
        generation = (await begin(self._store, number, NAME, VERSION)).generation
        lease = await take(self._store, log, number, NAME, generation, self._holder, self._store.clock())
        if lease is None:
            return False
        try:
            for id, position in await requested_after(self._store, number, lease.position):
                await self._carry_out(lease, id)
                lease = await self._advance(lease, position)
        finally:
            await release(self._store, lease)
        return True

    async def _carry_out(self, lease: Lease, id: str) -> None:
        stated = {placed.event.kind: placed for placed in await events_of(self._store, lease.log, [id])}
        if ERASURE_COMPLETED in stated:
            return
        asked = stated[ERASURE_REQUESTED]
        order = msgspec.json.decode(asked.event.content or "", type=Order)
        if ERASURE_BEGUN not in stated:
            await self._delete_living(lease, order, asked.event.origin)
            await self._state(lease, begun(id, self._store.clock()), asked.event.origin)
            stated = {placed.event.kind: placed for placed in await events_of(self._store, lease.log, [id])}
        cause = stated[ERASURE_BEGUN].position
        await self._take_away(lease, order, asked.position, cause)
        done = Done(
            bodies=await self._absent(lease.number, Part.BODY, cause),
            labels=await self._absent(lease.number, Part.LABELS, cause),
        )
        await self._fold_anew(lease, done)
        await self._state(lease, completed(id, done, self._store.clock()), asked.event.origin)
        log_.info("erased", log=lease.log, id=id, bodies=size_of(done.bodies), labels=size_of(done.labels))

    async def _state(self, lease: Lease, event: Event, origin: Origin) -> None:
        """Record it, once however often it is stated."""
        await self._submit(lease.log, RecordEvents(events=(event,), origin=origin, is_own=True))

    async def _delete_living(self, lease: Lease, order: Order, origin: Origin) -> None:
        """The oldest first: so a collection does not fall back to one that goes next. Then their pins are let go."""
        living = await self._rows(lease.number, ARTIFACTS, order.artifacts)
        oldest_first = sorted(map(Artifact.from_row, living), key=lambda each: each.age)
        await self._submit_all(lease.log, [DeleteArtifact(id=each.id, origin=origin) for each in oldest_first])
        pinned = map(PINS.identity, await self._rows(lease.number, PINS, order.artifacts))
        await self._submit_all(lease.log, [UnpinArtifact(id=id, origin=origin) for id in pinned])

    async def _rows(self, number: int, projector: LatestHeader, ids: Sequence[str]) -> list[Row]:
        return [
            row
            for start in range(0, len(ids), POSITIONS_AT_ONCE)
            for row in await self._store.fetch(
                projector.load, log=number, identities=list(ids[start : start + POSITIONS_AT_ONCE])
            )
        ]

    async def _submit_all(self, log: str, commands: Sequence[Command]) -> None:
        """What is not there any more is passed over."""
        for start in range(0, len(commands), DELETED_AT_ONCE):
            answers = (self._submit(log, each) for each in commands[start : start + DELETED_AT_ONCE])
            for answer in await asyncio.gather(*answers, return_exceptions=True):
                if isinstance(answer, BaseException) and not isinstance(answer, ArtifactNotFound):
                    raise answer

    async def _take_away(self, lease: Lease, order: Order, asked: int, cause: int) -> None:
        """What stands before the event that is the cause, and of collections that live again before the request."""
        gone = await losses(
            self._store.fetch,
            lease.number,
            artifacts=order.artifacts,
            collections=order.collections,
            positions=positions_in(order.positions),
            labels=order.labels,
            upto=asked,
        )
        for part, found in ((Part.BODY, gone.bodies), (Part.LABELS, gone.labels)):
            positions = [position for position in found if position < cause]
            if part is Part.BODY:
                await self._forget(lease.log, positions)
            for start in range(0, len(positions), ERASED_AT_ONCE_MAX):
                await self._take_batch(lease, part, positions[start : start + ERASED_AT_ONCE_MAX], cause)
        await self._store.run([(subscriptions.CLEAN, {"of_log": lease.number, "before": cause})])

    async def _take_batch(self, lease: Lease, part: Part, positions: Sequence[int], cause: int) -> None:
        """One transaction, by who holds the lease. Raises LeaseLost."""
        until = self._holder.until(self._store.clock())

        async def work(fetch: Fetch) -> None:
            await advance(fetch, lease, lease.position, until)
            if part is Part.BODY:
                await remove_bodies(fetch, lease.number, positions, Reason.ERASED, cause)
            else:
                await remove_labels(fetch, lease.number, positions, cause)
                await fetch(subscriptions.CLEAN_STREAMS, of_log=lease.number, positions=list(positions))

        await self._store.beside(work, locked_log=lease.log)

    async def _absent(self, number: int, part: Part, cause: int) -> Ranges:
        """What is absent because of a request, neighbours in one."""
        found = await absent_by(self._store.fetch, number, part, cause)
        return ranges_of(positions_in(found))

    async def _fold_anew(self, lease: Lease, done: Done) -> None:
        """Rebuild the projections that have folded what is gone."""
        for projector in CATCH_UP:
            if await self._has_folded(lease.number, projector, done):
                async for _ in regenerate(self._store, lease.log, projector):
                    await self._advance(lease, lease.position)

    async def _has_folded(self, number: int, projector: CatchUpProjector, done: Done) -> bool:
        if isinstance(projector, HashProjector):
            return False
        if isinstance(projector, HeaderProjector):
            return bool(done.labels)
        positions = positions_in((*done.labels, *(done.bodies if projector.reads_bodies else ())))
        handled = narrowing(EventFilter(event=projector.kinds))
        for start in range(0, len(positions), POSITIONS_AT_ONCE):
            at = list(positions[start : start + POSITIONS_AT_ONCE])
            if await self._store.fetch(handled_at(handled.shape), log=number, positions=at, **handled.values):
                return True
        return False

    async def _advance(self, lease: Lease, to: int) -> Lease:
        """Raises LeaseLost."""
        until = self._holder.until(self._store.clock())
        return await self._store.beside(lambda fetch: advance(fetch, lease, to, until))


@lru_cache(maxsize=64)
def handled_at(shape: tuple[str, ...]) -> Statement:
    """One of these positions at which an event is of the kinds asked for, if there is one."""
    here = (EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions"))
    return Statement(select(EVENTS.c.position).where(*here, *narrowed(shape)).limit(1))
