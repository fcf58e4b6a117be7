"""The inspector: verifies every log slowly, all the time. Of all processes over a database, one goes through a log.

take the lease ─► links from where the last one stopped ─► head, streams, read models ─► keep what was found ─► again
                    a fault: an event, once, and a metric; then it goes on behind it
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from events.catalog import FAULT_FOUND
from events.errors import EventLogError, StorageUnavailable
from events.event import Event
from events.ids import content_id
from events.stores.sql import Fetch, SqlStore
from events.verification import Fault
from projections.checkpoints import Holder, Lease, LeaseLost, advance, begin, release, take
from projections.verification import Span, Step, check_span
from projections.verification.whole import Steps, model_parts
from service.provenance import INSPECTOR, from_service
from service.verification.inspections import Inspection, keep
from service.verification.pending import is_erasing

NAME = "inspector"
VERSION = 1
FAULTS_MAX = 100
"""Faults that one round tells of: then it ends."""
PAGE_POSITIONS = 500
SAVE_S = 10.0
"""How often it is kept how far a round is."""

log_ = structlog.get_logger()

Record = Callable[..., Awaitable[object]]
"""`Events.news`."""


class Rhythm(msgspec.Struct, frozen=True):
    """How the inspector goes about its work."""

    rate: int
    """Events, or rows, that it looks at in a second; 0: none at all."""
    first_after_s: float = 30.0
    """How long after the start the first round begins: a server that starts has other things to do."""
    rest_s: float = 60.0
    """How long it rests between two rounds."""


class Inspector:
    """Of all logs."""

    def __init__(self, store: SqlStore, record: Record, holder: Holder, rhythm: Rhythm) -> None:
        self._store = store
        self._record = record
        self._holder = holder
        self._rhythm = rhythm
        self._task: asyncio.Task[None] | None = None

    @property
    def rate(self) -> int:
        return self._rhythm.rate

    def start(self) -> None:
        if self._rhythm.rate:
            self._task = asyncio.create_task(self._run(), name="inspector")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await asyncio.sleep(self._rhythm.first_after_s)
        while True:
            try:
                for log in await self._store.logs():
                    await self.inspect(log)
            except (EventLogError, LeaseLost) as error:
                log_.warning("the inspection waits", reason=str(error))
            except Exception:
                log_.exception("fault of the inspector")
            await asyncio.sleep(self._rhythm.rest_s)

    async def inspect(self, log: str) -> Inspection | None:
        """One round through a log, or what is left of it; None: another process is at it.

        Raises LeaseLost, StorageUnavailable, and what a projector raises.
        """
        number = await self._store.log_number(log)
        begun = await begin(self._store, number, NAME, VERSION)
        lease = await take(self._store, log, number, NAME, begun.generation, self._holder, self._store.clock())
        if lease is None:
            return None
        inspection = _Round(self._store, self._record, self._holder, self._rhythm.rate, lease)
        try:
            return await inspection.run()
        finally:
            with suppress(StorageUnavailable):
                await asyncio.shield(release(self._store, inspection.lease))


class _Round:
    """One round through one log, and what it has found."""

    def __init__(self, store: SqlStore, record: Record, holder: Holder, rate: int, lease: Lease) -> None:
        self.lease = lease
        self._store = store
        self._record = record
        self._holder = holder
        self._rate = rate
        self._found = Inspection(store.clock(), None, lease.position, 0, None)
        self._saved = time.monotonic()

    async def run(self) -> Inspection:
        head = (await self._store.head(self.lease.log)).position
        await self._links(head)
        for part in await model_parts(self._store, self.lease.log, head, with_projections=not await self._is_erasing()):
            await self._part(part)
        self._found = replace(self._found, ended=self._store.clock(), position=head)
        await self._save(0)
        return self._found

    async def _links(self, head: int) -> None:
        log, number, position = self.lease.log, self.lease.number, min(self.lease.position, head)
        while position < head and self._found.faults < FAULTS_MAX:
            upto = min(position + PAGE_POSITIONS, head)
            fault = await check_span(self._store.fetch, Span(log, number, position, upto))
            if fault is not None:
                await self._tell(fault)
                upto = max(position + 1, fault.position)
            await self._pause(upto - position)
            position = upto
            if time.monotonic() - self._saved > SAVE_S:
                await self._save(position)

    async def _part(self, part: Steps) -> None:
        """One part of a verification, slowly. It ends at its first fault."""
        done = 0
        async with aclosing(part):
            async for step in part:
                if isinstance(step, Fault):
                    await self._tell(step)
                    return
                if isinstance(step, Step):
                    await self._pause(step.done - done)
                    done = step.done
                if time.monotonic() - self._saved > SAVE_S:
                    await self._save(self.lease.position)

    async def _pause(self, looked_at: int) -> None:
        await asyncio.sleep(max(0, looked_at) / self._rate)

    async def _is_erasing(self) -> bool:
        """Read models follow an erasure some time later."""
        return await is_erasing(self._store, self.lease.number)

    async def _tell(self, fault: Fault) -> None:
        """Keep a fault, and record an event of it, unless there is one."""
        facts = {"position": fault.position, "wrong": str(fault.wrong), "read_model": fault.read_model}
        log_.error("fault found", log=fault.log, **facts)
        first = self._found.first_fault or fault
        self._found = replace(self._found, faults=self._found.faults + 1, first_fault=first)
        await self._save(self.lease.position)
        try:
            await self._record(
                self.lease.log, [fault_found(fault, self._store.clock())], from_service(INSPECTOR), is_own=True
            )
        except EventLogError as error:
            log_.warning("a fault is not recorded", reason=str(error))

    async def _save(self, position: int) -> None:
        """How far the round is, and what it has found. Raises LeaseLost."""
        until = self._holder.until(self._store.clock())

        async def work(fetch: Fetch) -> Lease:
            lease = await advance(fetch, self.lease, position, until)
            if self._found.faults or self._found.ended is not None:
                await keep(fetch, self.lease.number, self._found)
            return lease

        self.lease = await self._store.beside(work)
        self._saved = time.monotonic()


def fault_found(fault: Fault, moment: int) -> Event:
    """The event of a fault, the same whenever it is found. It names no row: that may be a key. Pure."""
    facts: dict[str, Any] = {"position": fault.position, "wrong": fault.wrong, "read_model": fault.read_model}
    content = msgspec.json.encode(facts).decode()
    resource = {"prefect.resource.id": f"digsite.log.{fault.log}", "prefect.resource.name": fault.log}
    id = content_id(FAULT_FOUND, f"{fault.log}\n{content}")
    return Event(id=id, kind=FAULT_FOUND, occurred=moment, resource=resource, content=content)
