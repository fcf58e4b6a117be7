"""A whole log, in this order: links, head, streams, inline read models, catch-up projections. It ends at a fault."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

from msgspec import Struct
from sqlalchemy import bindparam, func, select

from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.verification import Fault, Walk, check_head, check_streams
from projections import CATCH_UP, INLINE
from projections.catch_up import CatchUpProjector
from projections.projector import LatestHeader
from projections.verification.catch_up import Folded, OtherVersion, check_projection
from projections.verification.inline import check_rows
from projections.verification.spans import Span, check_span, spans

CheckSpans = Callable[[Sequence[Span]], AsyncIterator[tuple[Span, Fault | None]]]
"""Checks spans, side by side or one after the other, and tells of each in its order."""


class Step(Struct, frozen=True):
    """How far a part of the verification has come."""

    log: str
    part: str
    done: int
    total: int


Steps = AsyncGenerator[Step | OtherVersion | Fault, None]


async def verify(
    store: SqlStore,
    log: str,
    *,
    after: int = 0,
    check_spans: CheckSpans | None = None,
    with_projections: bool = True,
) -> Steps:
    """Verify all of a log that there is now, or what is above a position, and its read models. A fault comes last.

    Raises StorageUnavailable, and what a projector raises.
    """
    number, head = await store.log_number(log), (await store.head(log)).position
    if not number:
        return
    links = _links(check_spans or one_by_one(store), spans(log, number, after, head))
    models = await model_parts(store, log, head, with_projections=with_projections)
    steps = _in_turn([links, *models]) if check_spans is None else _side_by_side(links, _in_turn(models))
    async with aclosing(steps):
        async for step in steps:
            yield step


async def _in_turn(parts: Sequence[Steps]) -> Steps:
    """The steps of one part after the other, up to the first fault."""
    for part in parts:
        async with aclosing(part):
            async for step in part:
                yield step
                if isinstance(step, Fault):
                    return


async def _side_by_side(links: Steps, models: Steps) -> Steps:
    """Both at once. What is wrong with the log itself comes before what is wrong with a read model."""
    told = asyncio.Queue[Step | OtherVersion | None]()

    async def run(steps: Steps) -> Fault | None:
        try:
            async with aclosing(steps):
                async for step in steps:
                    if isinstance(step, Fault):
                        return step
                    told.put_nowait(step)
        finally:
            told.put_nowait(None)
        return None

    tasks = [asyncio.create_task(run(steps)) for steps in (links, models)]
    of_links, running = tasks[0], len(tasks)
    try:
        while running and not (of_links.done() and of_links.result()):
            step = await told.get()
            if step is None:
                running -= 1
            else:
                yield step
        for task in tasks:
            fault = await task
            if fault is not None:
                yield fault
                return
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def model_parts(store: SqlStore, log: str, head: int, *, with_projections: bool) -> list[Steps]:
    """All that is to be verified but the links, part by part."""
    number = await store.log_number(log)
    return [
        _head(store, log, number),
        _streams(store, log, number, head),
        *(_rows(store, log, number, projector) for projector in INLINE),
        *(_projection(store, log, projector) for projector in CATCH_UP if with_projections),
    ]


def one_by_one(store: SqlStore) -> CheckSpans:
    """Checks spans in this process, one after the other."""

    async def check(spans: Sequence[Span]) -> AsyncIterator[tuple[Span, Fault | None]]:
        for span in spans:
            yield span, await check_span(store.fetch, span)

    return check


async def _links(check_spans: CheckSpans, wanted: Sequence[Span]) -> Steps:
    async for span, fault in check_spans(wanted):
        first, last = wanted[0].after, wanted[-1].upto
        yield fault or Step(span.log, "chain", span.upto - first, last - first)


async def _head(store: SqlStore, log: str, number: int) -> Steps:
    fault = await check_head(store.fetch, log, number)
    if fault is not None:
        yield fault


async def _streams(store: SqlStore, log: str, number: int, head: int) -> Steps:
    walk = Walk()
    while not walk.is_done:
        walked = await check_streams(store.fetch, log, number, walk)
        if isinstance(walked, Fault):
            yield walked
            return
        walk = walked
        yield Step(log, "streams", head if walk.is_done else min(walk.events, head), head)


async def _rows(store: SqlStore, log: str, number: int, projector: LatestHeader) -> Steps:
    table = projector.table
    count = Statement(select(func.count()).select_from(table).where(table.c.log == bindparam("log")))
    [(total,)] = await store.fetch(count, log=number)
    done, last, is_done = 0, None, False
    while not is_done:
        checked = await check_rows(store.fetch, log, number, projector, last)
        if isinstance(checked, Fault):
            yield checked
            return
        last, rows = checked
        done, is_done = done + rows, last is None
        yield Step(log, projector.name, done, max(done, total))


async def _projection(store: SqlStore, log: str, projector: CatchUpProjector) -> Steps:
    async for step in check_projection(store, log, projector):
        yield Step(log, projector.name, step.position, step.target) if isinstance(step, Folded) else step
