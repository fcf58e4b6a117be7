"""Retention: the policies of all logs, applied in the background, one log by one process at a time.

    every interval, for each log:  lease ─► survey ─► application, step by step, no faster than it may ─► release

Killed midway it has lost nothing: a step is one transaction, and the next pass finds what is left.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import msgspec
import structlog
from msgspec.structs import replace

from events.errors import StorageUnavailable
from events.event import Micros, Origin
from events.stores.sql import SqlStore, Transaction
from events.writer import Writer
from projections.checkpoints import Holder, Lease, LeaseLost, begin, holds, release, take
from projections.policies import ALL_POLICIES, PolicyRow
from service.deciding.commands import Command, PolicyNotFound, PutPolicy, RemovePolicy
from service.handler import Answer
from service.retention.application import Gone, delete, retire
from service.retention.policy import Policy
from service.retention.survey import Leftover, Outlived, Survey
from service.settings import Settings

NAME = "retention"
VERSION = 1
FIRST_AFTER_S = 60.0
"""How long after its start a process first applies the policies."""
PREVIEWED_MAX = 1_000_000
"""Artifacts and bodies that one preview counts."""

log_ = structlog.get_logger()

T = TypeVar("T")
Found = Outlived | Leftover
Tally = dict[str, Gone]
"""What went, or would go, by policy."""


class RetentionBusy(Exception):
    """The policies are being applied already."""

    def __init__(self, log: str) -> None:
        super().__init__(f"The policies of the log {log!r} are being applied just now. Ask again when that is done.")
        self.log = log


class Retention:
    """Sets policies, shows what they would do, and applies them. `written` is called after each step, with its log."""

    def __init__(
        self,
        store: SqlStore,
        writer: Writer[Command, Answer],
        holder: Holder,
        settings: Settings,
        written: Callable[[str], None] = lambda log: None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._holder = holder
        self._interval_s = settings.retention_interval_s
        self._rate = settings.retention_rate
        self._written = written
        self._applying: set[str] = set()
        self._next: Micros | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def next(self) -> Micros | None:
        """When this process applies the policies by itself the next time; None: never, or it does so now."""
        return self._next

    def start(self) -> None:
        if self._interval_s:
            self._task = asyncio.create_task(self._run(), name=NAME)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def put(self, log: str, policy: Policy, origin: Origin) -> int:
        """Answers with the position. Raises TooManyPolicies, and what `Writer.submit` raises; so does the next."""
        fields = {name: value for name, value in msgspec.structs.asdict(policy).items() if name != "name"}
        content = msgspec.json.encode(fields).decode()
        answer = await self._writer.submit(log, PutPolicy(name=policy.name, content=content, origin=origin))
        return answer[-1].position

    async def remove(self, log: str, name: str, origin: Origin) -> int:
        """Raises PolicyNotFound."""
        return (await self._writer.submit(log, RemovePolicy(name=name, origin=origin)))[-1].position

    async def policies(self, log: str) -> list[tuple[Policy, PolicyRow]]:
        """In the order of their names. Raises StorageUnavailable."""
        rows = await self._store.fetch(ALL_POLICIES, log=await self._store.log_number(log))
        placed = [(PolicyRow.from_row(row[:-1]), row[-1]) for row in rows]
        return [(replace(_decode(content), name=row.name), row) for row, content in placed]

    async def policy(self, log: str, name: str) -> tuple[Policy, PolicyRow]:
        """Raises PolicyNotFound, StorageUnavailable."""
        for policy, row in await self.policies(log):
            if policy.name == name:
                return policy, row
        raise PolicyNotFound(name)

    async def preview(self, log: str, policies: Sequence[Policy] | None = None) -> tuple[Tally, bool]:
        """What the policies would let go now, those of the log or others; and whether that is all of it.

        Raises StorageUnavailable.
        """
        policies = [policy for policy, _ in await self.policies(log)] if policies is None else policies
        survey = await self._survey(log, policies)
        tally = {policy.name: Gone() for policy in policies}
        counted = 0
        async for found in _all(survey):
            gone = await _would_go(survey, found)
            tally[found.policy.name] += gone
            counted += gone.artifacts + gone.bodies
            if counted >= PREVIEWED_MAX:
                return tally, False
        return tally, True

    async def apply(self, log: str) -> Tally:
        """Apply the policies of a log once. Raises RetentionBusy, LeaseLost, StorageUnavailable."""
        if log in self._applying:
            raise RetentionBusy(log)
        self._applying.add(log)
        try:
            policies = [policy for policy, _ in await self.policies(log)]
            return await self._apply(log, policies) if policies else {}
        finally:
            self._applying.discard(log)

    async def _apply(self, log: str, policies: Sequence[Policy]) -> Tally:
        lease = await self._lease(log)
        if lease is None:
            raise RetentionBusy(log)
        tally = {policy.name: Gone() for policy in policies}
        try:
            async for found in _all(await self._survey(log, policies)):
                if not await holds(self._store, lease):
                    raise LeaseLost(lease)
                gone = await self._step(log, found)
                tally[found.policy.name] += gone
                await asyncio.sleep((gone.artifacts + gone.bodies) / self._rate)
            await self._store.give_back()
        finally:
            with suppress(StorageUnavailable):
                await release(self._store, lease)
        return tally

    async def _step(self, log: str, found: Found) -> Gone:
        work: Callable[[Transaction], Awaitable[Gone]]
        work = partial(delete, found=found) if isinstance(found, Outlived) else partial(retire, found=found)
        gone = await self._store.transact(log, work, locked=True)
        self._written(log)
        return gone

    async def _survey(self, log: str, policies: Sequence[Policy]) -> Survey:
        return Survey(self._store, await self._store.log_number(log), policies, self._store.clock())

    async def _lease(self, log: str) -> Lease | None:
        number = await self._store.log_number(log)
        checkpoint = await begin(self._store, number, NAME, VERSION, (await self._store.head(log)).position)
        return await take(self._store, log, number, NAME, checkpoint.generation, self._holder, self._store.clock())

    async def _run(self) -> None:
        """Until cancelled."""
        await self._rest(min(FIRST_AFTER_S, self._interval_s))
        while True:
            try:
                for log in await self._store.logs():
                    await self._apply_and_tell(log)
            except StorageUnavailable as error:
                log_.warning("retention waits for the storage", reason=str(error))
            except Exception:
                log_.exception("fault of retention")
            await self._rest(self._interval_s)

    async def _rest(self, duration_s: float) -> None:
        self._next = self._store.clock() + int(duration_s * 1_000_000)
        await asyncio.sleep(duration_s)
        self._next = None

    async def _apply_and_tell(self, log: str) -> None:
        try:
            for name, gone in (await self.apply(log)).items():
                if gone != Gone():
                    log_.info("retention applied", log=log, policy=name, **msgspec.structs.asdict(gone))
        except (RetentionBusy, LeaseLost) as error:
            log_.info("retention is done elsewhere", log=log, reason=str(error))


async def _all(survey: Survey) -> AsyncIterator[Found]:
    """In this order: what is deleted first has its bodies taken away then."""
    async for outlived in survey.outlived():
        yield outlived
    async for leftover in survey.leftover():
        yield leftover
    async for between in survey.between():
        yield between


async def _would_go(survey: Survey, found: Found) -> Gone:
    if isinstance(found, Leftover):
        return Gone(bodies=len(found.sizes), size_bytes=sum(found.sizes.values()))
    bodies, size_bytes = await survey.bodies_of([artifact_id for artifact_id, _ in found.artifacts])
    return Gone(len(found.artifacts), bodies, size_bytes)


def _decode(content: str) -> Policy:
    """A policy without its name. What another version of Digsite has stored beside is left alone."""
    return msgspec.convert({"name": "", **msgspec.json.decode(content)}, Policy)
