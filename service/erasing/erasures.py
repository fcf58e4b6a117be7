"""Erasures: what the API offers of them. Shown first; done when what was shown is confirmed."""

import json
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, func, select

from events.catalog import ERASURE_COMPLETED
from events.clock import as_text
from events.event import Origin, RecordedEvent
from events.ids import derived_id
from events.reading import SIZES
from events.stores.sql import HEAD_OF, SqlStore
from events.stores.statement import OneOf, Statement
from projections.artifacts import ARTIFACTS
from service.deciding.commands import RecordEvents
from service.erasing.errors import ErasureDiffers, ErasureNotFound, NothingToErase, TooMuchToErase
from service.erasing.losses import POSITIONS_AT_ONCE, Losses, losses
from service.erasing.order import Order, erasure_of, ranges_of, requested
from service.erasing.selection import ERASED_EVENTS_MAX, Selected, selected
from service.erasing.stated import events_of, requested_before
from service.handler import Submit
from service.schemas.erasures import ErasureAsked, ErasureShown

ERASURES_PAGE_MAX = 50
"""Erasures in one page."""
KEYS_SHOWN_MAX = 100
"""Keys that a dry run names."""
UPSTREAM_KEEPS = "The Prefect server behind this one keeps what it was told, and its own artifacts: delete it there."


class Plan(Struct, frozen=True):
    """What an erasure would take away."""

    asked: ErasureAsked
    selected: Selected
    losses: Losses
    living: int
    bytes: int
    confirm: str

    @property
    def events(self) -> int:
        return len({*self.losses.bodies, *self.losses.labels})


class Erasures:
    """Over one store. `submit` carries out commands; what is requested, the eraser does."""

    def __init__(self, store: SqlStore, submit: Submit, *, has_upstream: bool) -> None:
        self._store = store
        self._submit = submit
        self._out_of_reach = [UPSTREAM_KEEPS] if has_upstream else []

    async def show(self, log: str, asked: ErasureAsked) -> ErasureShown:
        """What would go. Raises NothingToErase, TooMuchToErase, StorageUnavailable."""
        plan = await self._plan(log, asked)
        shown = self._shown_plan(plan)
        if not plan.events and not plan.living:
            raise NothingToErase(asked.by, plan.losses.untouched)
        return shown

    async def request(self, log: str, asked: ErasureAsked, origin: Origin) -> str:
        """Record that what was shown is to go, once. Answers with the id of the erasure.

        Raises ErasureDiffers, TooMuchToErase, and what `Writer.submit` raises.
        """
        assert asked.confirm is not None
        id = derived_id("erasure", f"{log}\n{asked.confirm}")
        if await events_of(self._store, log, [id]):
            return id
        plan = await self._plan(log, asked)
        if plan.confirm != asked.confirm:
            raise ErasureDiffers(asked.confirm)
        event = requested(id, order_of(plan), self._store.clock())
        await self._submit(log, RecordEvents(events=(event,), origin=origin, is_own=True))
        return id

    async def find(self, log: str, id: str) -> ErasureShown:
        """Raises ErasureNotFound, StorageUnavailable."""
        found = await events_of(self._store, log, [id])
        if not found:
            raise ErasureNotFound(id)
        return self._shown(found)

    async def page(self, log: str, before: int, limit: int) -> list[ErasureShown]:
        """Those that were asked for last, before a position. Raises StorageUnavailable."""
        number = await self._store.log_number(log)
        ids = await requested_before(self._store, number, before, min(limit, ERASURES_PAGE_MAX))
        found: dict[str, list[RecordedEvent]] = {id: [] for id in ids}
        for placed in await events_of(self._store, log, ids):
            found[erasure_of(placed.event.resource)].append(placed)
        return [self._shown(events) for events in found.values()]

    async def _plan(self, log: str, asked: ErasureAsked) -> Plan:
        rows = await self._store.fetch(HEAD_OF, name=log)
        number, head = (rows[0][0], rows[0][2]) if rows else (0, 0)
        found = await selected(self._store, number, asked, head)
        gone = await losses(
            self._store.fetch,
            number,
            artifacts=found.artifacts,
            collections=found.collections,
            positions=found.positions,
            labels=asked.labels,
            upto=head,
        )
        if len({*gone.bodies, *gone.labels}) > ERASED_EVENTS_MAX:
            raise TooMuchToErase("events", ERASED_EVENTS_MAX)
        return Plan(
            asked=asked,
            selected=found,
            losses=gone,
            living=await self._living(number, found.artifacts),
            bytes=await self._bytes(number, gone.bodies),
            confirm=token_of(log, asked, found),
        )

    async def _living(self, number: int, artifacts: Sequence[str]) -> int:
        counts = [
            (await self._store.fetch(LIVING, log=number, ids=list(artifacts[start : start + POSITIONS_AT_ONCE])))[0][0]
            for start in range(0, len(artifacts), POSITIONS_AT_ONCE)
        ]
        return sum(counts)

    async def _bytes(self, number: int, positions: Sequence[int]) -> int:
        sizes = [
            size
            for start in range(0, len(positions), POSITIONS_AT_ONCE)
            for _, size in await self._store.fetch(
                SIZES, log=number, positions=list(positions[start : start + POSITIONS_AT_ONCE])
            )
        ]
        return sum(sizes)

    def _shown_plan(self, plan: Plan) -> ErasureShown:
        return ErasureShown(
            id=None,
            state="shown",
            by=plan.asked.by,
            reason=plan.asked.reason,
            labels=plan.asked.labels,
            artifacts=len(plan.selected.artifacts),
            events=plan.events,
            bodies=len(plan.losses.bodies),
            bytes=plan.bytes,
            keys=list(plan.selected.keys[:KEYS_SHOWN_MAX]),
            collections=len(plan.selected.collections),
            already_erased=plan.losses.untouched,
            confirm=plan.confirm,
            out_of_reach=self._out_of_reach,
        )

    def _shown(self, found: Sequence[RecordedEvent]) -> ErasureShown:
        first, last = found[0], found[-1]
        order = msgspec.json.decode(first.event.content or "", type=Order)
        end = last if last.event.kind == ERASURE_COMPLETED else None
        return ErasureShown.model_validate(
            {
                "id": UUID(erasure_of(first.event.resource)),
                "state": "completed" if end else "requested",
                "by": order.by,
                "reason": order.reason,
                "labels": order.labels,
                "artifacts": len(order.artifacts),
                "events": order.events,
                "bodies": order.bodies,
                "bytes": order.bytes,
                "collections": len(order.collections),
                "out_of_reach": self._out_of_reach,
                "actor": first.event.origin.actor,
                "requested": first.position,
                "requested_at": as_text(first.recorded),
                "completed": end.position if end else None,
                "completed_at": as_text(end.recorded) if end else None,
            }
        )


def token_of(log: str, asked: ErasureAsked, found: Selected) -> str:
    """Stands for what was found. It is made from what the log tells anyway: no key can be guessed from it."""
    things = [log, asked.by, asked.labels, found.artifacts, found.collections, found.positions]
    return sha256(json.dumps(things).encode()).hexdigest()[:32]


def order_of(plan: Plan) -> Order:
    return Order(
        by=plan.asked.by,
        reason=plan.asked.reason,
        labels=plan.asked.labels,
        artifacts=plan.selected.artifacts,
        collections=plan.selected.collections,
        positions=ranges_of(plan.selected.positions),
        events=plan.events,
        bodies=len(plan.losses.bodies),
        bytes=plan.bytes,
    )


LIVING = Statement(
    select(func.count())
    .select_from(ARTIFACTS.table)
    .where(ARTIFACTS.table.c.log == bindparam("log"), OneOf(ARTIFACTS.table.c.id, "ids"))
)
