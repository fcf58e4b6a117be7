"""Rebuilding a catch-up projection in a new generation, beside the one that serves.

    begin beside ─► fold, page by page ─► one transaction: fence off the serving one, fold what it has more,
                                                           compare, delete or keep it, serve
    go back: take what was kept ──┘

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
    KEEP,
    KEEP_AGAIN,
    REMOVE,
    REMOVE_ABANDONED,
    REMOVE_KEPT,
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
    take_kept,
)
from projections.rows import GenerationStatements
from projections.steps import Progress, Rebuilt, Way, examples

KEPT_S = 24 * 3600
"""How long the rows that have served before are kept."""


class _Rebuild(Struct, frozen=True):
    """What one rebuild is about, and who does it."""

    store: SqlStore
    log: str
    number: int
    projector: CatchUpProjector
    holder: Holder
    clock: Callable[[], Micros]
    page_positions: int
    way: Way

    def until(self) -> Micros:
        return self.holder.until(self.clock())

    def kept_until(self) -> Micros:
        return self.clock() + KEPT_S * 1_000_000


class NothingKept(Exception):
    """There are no rows to go back to."""

    def __init__(self, log: str, projection: str, reason: str = "") -> None:
        reason = reason or (
            f"Those from before a rebuild are kept for {KEPT_S // 3600} hours, unless content was erased since, or the "
            "code that folds them has changed."
        )
        super().__init__(f"Of {projection!r} in the log {log!r} no rows are kept to go back to. {reason}")
        self.log, self.projection = log, projection


async def regenerate(
    store: SqlStore,
    log: str,
    projector: CatchUpProjector,
    *,
    way: Way = Way.REPLACE,
    clock: Callable[[], Micros] = now,
    page_positions: int | None = None,
) -> AsyncIterator[Progress | Rebuilt]:
    """Rebuild one catch-up projection of one log. The last step is a `Rebuilt`.

    Raises NothingKept, StorageUnavailable, LeaseLost, and what the projector raises; then the serving generation goes
    on serving.
    """
    number = await store.log_number(log)
    if not number:
        yield Rebuilt(log, projector.name, position=0, rows=0, differences=0)
        return
    holder = Holder(f"rebuild-{secrets.token_hex(8)}", lease_s=60.0)
    pages = page_positions or page_positions_of(projector)
    rebuild = _Rebuild(store, log, number, projector, holder, clock, pages, way)
    await _discard(rebuild, REMOVE_ABANDONED)
    await _bring_forward(rebuild)
    lease = await _begun(rebuild)
    try:
        while lease.position < (target := await _target(rebuild)):
            upto = min(lease.position + rebuild.page_positions, target)
            lease = await fold_page(store, lease, projector, upto=upto, until=rebuild.until())
            yield Progress(log, projector.name, lease.position, target)
        yield await _switch(rebuild, lease)
    finally:
        with suppress(StorageUnavailable):
            await asyncio.shield(_give_up(rebuild))


async def _begun(rebuild: _Rebuild) -> Lease:
    """The lease on an empty generation, or on the one that was kept. Raises NothingKept."""
    projector = rebuild.projector
    given = (rebuild.log, rebuild.number, projector.name, projector.version, rebuild.holder, rebuild.clock())
    if rebuild.way is not Way.BACK:
        return await begin_beside(rebuild.store, *given)
    lease = await take_kept(rebuild.store, *given)
    if lease is None:
        raise NothingKept(rebuild.log, projector.name)
    return lease


async def _give_up(rebuild: _Rebuild) -> None:
    """Leave nothing behind that does not serve, unless it was kept."""
    if rebuild.way is not Way.BACK:
        await _discard(rebuild, REMOVE_OWN)
        return
    here = {"log": rebuild.number, "projection": rebuild.projector.name}
    await rebuild.store.run([(KEEP_AGAIN, {**here, "holder": rebuild.holder.name, "until": rebuild.kept_until()})])


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
        compared = await _compare(rebuild, fetch, old, lease.generation)
        if rebuild.way is not Way.COMPARE:
            await _remove(rebuild, fetch, [row[0] for row in await fetch(REMOVE_KEPT, **here)])
            if rebuild.way is Way.REPLACE:
                await fetch(REMOVE, **here, generation=old)
                await _remove(rebuild, fetch, [old])
            else:
                await fetch(KEEP, **here, generation=old, until=rebuild.kept_until())
            if not await fetch(SERVE, **held(lease)):
                raise LeaseLost(moved)
        return Rebuilt(rebuild.log, rebuild.projector.name, moved.position, *compared)

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


async def _compare(rebuild: _Rebuild, fetch: Fetch, old: int, new: int) -> tuple[int, int, tuple[str, ...]]:
    """The rows of the new generation, how many differ from the old one's, and some of these."""
    rows = differences = 0
    shown: tuple[str, ...] = ()
    given = {"log": rebuild.number, "old": old, "new": new}
    for table in rebuild.projector.tables:
        sql = GenerationStatements(table)
        [(count,)] = await fetch(sql.count, **given)
        [(served,)] = await fetch(sql.count_served, **given)
        [(surplus,)] = await fetch(sql.count_surplus, **given)
        rows += count
        if surplus == 0 and count == served:  # a key has one row: so nothing is missing, either
            continue
        [(missing,)] = await fetch(sql.count_missing, **given)
        differences += max(surplus, missing)
        found = (await fetch(sql.surplus, **given), await fetch(sql.missing, **given))
        shown += examples(sql.columns, *found)
    return rows, differences, shown


async def _discard(rebuild: _Rebuild, statement: Statement) -> None:
    """Delete generations that don't serve. Whoever still folds one of them finds its checkpoint gone."""
    here = {"log": rebuild.number, "projection": rebuild.projector.name}

    async def work(fetch: Fetch) -> None:
        found = await fetch(statement, **here, holder=rebuild.holder.name, moment=rebuild.clock())
        await _remove(rebuild, fetch, [generation for (generation,) in found])

    await rebuild.store.beside(work)


async def _remove(rebuild: _Rebuild, fetch: Fetch, generations: list[int]) -> None:
    """Delete the rows of generations."""
    for generation in generations:
        for table in rebuild.projector.tables:
            await fetch(GenerationStatements(table).delete, log=rebuild.number, old=generation)
