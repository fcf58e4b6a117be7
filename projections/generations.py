"""Rebuilding a catch-up projection in a new generation, beside the one that serves.

    begin beside ─► fold, page by page ─► one transaction: fence off the serving one, fold what it has more,
                                                           compare, delete it, serve

Readers ask for the generation that serves within each of their statements: they see the old one or the new one whole.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from msgspec import Struct

from events.clock import now
from events.errors import StorageUnavailable
from events.event import Micros
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import Statement
from projections.catch_up import CatchUpProjector, fold_page, folding, page_positions_of
from projections.checkpoints import (
    REMOVE,
    REMOVE_ABANDONED,
    REMOVE_OWN,
    SERVE,
    TAKE_SERVING,
    Holder,
    Lease,
    LeaseLost,
    advance,
    begin,
    begin_beside,
    held,
    release,
    serving,
    take,
)
from projections.rows import GenerationStatements
from projections.steps import Progress, Rebuilt


class _Rebuild(Struct, frozen=True):
    """What one rebuild is about, and who does it."""

    store: SqlStore
    log: str
    number: int
    projector: CatchUpProjector
    holder: Holder
    clock: Callable[[], Micros]
    page_positions: int

    def until(self) -> Micros:
        return self.holder.until(self.clock())


async def regenerate(
    store: SqlStore,
    log: str,
    projector: CatchUpProjector,
    *,
    clock: Callable[[], Micros] = now,
    page_positions: int | None = None,
) -> AsyncIterator[Progress | Rebuilt]:
    """Rebuild one catch-up projection of one log. The last step is a `Rebuilt`.

    Raises StorageUnavailable, LeaseLost, and what the projector raises; then the serving generation goes on serving.
    """
    number = await store.log_number(log)
    if not number:
        yield Rebuilt(log, projector.name, position=0, rows=0, differences=0)
        return
    holder = Holder(f"rebuild-{secrets.token_hex(8)}", lease_s=60.0)
    rebuild = _Rebuild(store, log, number, projector, holder, clock, page_positions or page_positions_of(projector))
    await _discard(rebuild, REMOVE_ABANDONED)
    await _bring_forward(rebuild)
    lease = await begin_beside(store, log, number, projector.name, projector.version, holder, clock())
    try:
        while lease.position < (target := await _target(rebuild)):
            upto = min(lease.position + rebuild.page_positions, target)
            lease = await fold_page(store, lease, projector, upto=upto, until=rebuild.until())
            yield Progress(log, projector.name, lease.position, target)
        yield await _switch(rebuild, lease)
    finally:
        with suppress(StorageUnavailable):
            await asyncio.shield(_discard(rebuild, REMOVE_OWN))


async def _bring_forward(rebuild: _Rebuild) -> None:
    """Fold the serving generation up to the head, if nobody else does: so that there is much to compare."""
    store, log, number, projector = rebuild.store, rebuild.log, rebuild.number, rebuild.projector
    checkpoint = await begin(store, number, projector.name, projector.version)
    if checkpoint.version != projector.version:
        return
    moment = rebuild.clock()
    lease = await take(store, log, number, projector.name, checkpoint.generation, rebuild.holder, moment)
    if lease is None:
        return
    try:
        while lease.position < (head := (await store.head(log)).position):
            upto = min(lease.position + rebuild.page_positions, head)
            lease = await fold_page(store, lease, projector, upto=upto, until=rebuild.until())
    finally:
        await release(store, lease)


async def _target(rebuild: _Rebuild) -> int:
    """How far to fold: to where the serving generation is. If its rows mean something else, to the head."""
    checkpoint = await serving(rebuild.store, rebuild.number, rebuild.projector.name)
    if checkpoint is not None and checkpoint.version == rebuild.projector.version:
        return checkpoint.position
    return (await rebuild.store.head(rebuild.log)).position


async def _switch(rebuild: _Rebuild, lease: Lease) -> Rebuilt:
    """Let the new generation serve, and delete the old one. Raises LeaseLost."""

    async def work(fetch: Fetch) -> Rebuilt | None:
        here = {"log": rebuild.number, "projection": rebuild.projector.name}
        taken = await fetch(TAKE_SERVING, **here)
        if not taken:
            return None  # another rebuild has switched at this moment
        [(old, position)] = taken
        moved = await _fold_rest(rebuild, fetch, lease, position)
        rows, differences = await _compare_and_delete(rebuild, fetch, old, lease.generation)
        await fetch(REMOVE, **here, generation=old)
        if not await fetch(SERVE, **held(lease)):
            raise LeaseLost(moved)
        return Rebuilt(rebuild.log, rebuild.projector.name, moved.position, rows, differences)

    while True:
        rebuilt = await rebuild.store.beside(work)
        if rebuilt is not None:
            return rebuilt


async def _fold_rest(rebuild: _Rebuild, fetch: Fetch, lease: Lease, position: int) -> Lease:
    """Fold what the serving generation, which stands still now, has more."""
    while lease.position < position:
        upto = min(lease.position + rebuild.page_positions, position)
        fold = await folding(fetch, lease, rebuild.projector, upto)
        await fold(fetch)
        lease = await advance(fetch, lease, upto, rebuild.until())
    return lease


async def _compare_and_delete(rebuild: _Rebuild, fetch: Fetch, old: int, new: int) -> tuple[int, int]:
    """The rows of the new generation, and how many differ from the old one's, which go."""
    rows = differences = 0
    given = {"log": rebuild.number, "old": old, "new": new}
    for table in rebuild.projector.tables:
        sql = GenerationStatements(table)
        [(count,)] = await fetch(sql.count, **given)
        [(surplus,)] = await fetch(sql.count_surplus, **given)
        [(missing,)] = await fetch(sql.count_missing, **given)
        await fetch(sql.delete, **given)
        rows, differences = rows + count, differences + max(surplus, missing)
    return rows, differences


async def _discard(rebuild: _Rebuild, statement: Statement) -> None:
    """Delete generations that don't serve. Whoever still folds one of them finds its checkpoint gone."""
    here = {"log": rebuild.number, "projection": rebuild.projector.name}

    async def work(fetch: Fetch) -> None:
        for (generation,) in await fetch(statement, **here, holder=rebuild.holder.name, moment=rebuild.clock()):
            for table in rebuild.projector.tables:
                await fetch(GenerationStatements(table).delete, log=rebuild.number, old=generation)

    await rebuild.store.beside(work)
