"""Replaying: events of the log, in their order, to a target, at a pace.

    span after span ─► those that are due at once ─► the target ─► told: up to here it was sent

What was told was sent. What was on its way when a replay was stopped may be sent again by the next one.
"""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct

from events.matching import EVERYTHING, Matcher
from events.reading import read_span
from events.stores.sql import SqlStore
from service.replay.pace import Pace
from service.replay.targets import Target

Report = Callable[[int, int], None]
"""`report(position, events)`: all up to the position was sent, or left out; so many events more."""


class Asked(Struct, frozen=True, kw_only=True):
    """What is replayed: what matches of the positions `first` to `upto`."""

    log: str
    first: int = 1
    upto: int
    matcher: Matcher = EVERYTHING
    speed: float | None = None


async def replay(store: SqlStore, asked: Asked, target: Target, report: Report) -> None:
    """Send it. Raises TargetFailed, StorageUnavailable, and what writing raises."""
    pace, after = Pace(asked.speed), asked.first - 1
    while after < asked.upto:
        span = await read_span(store, asked.log, after=after, upto=asked.upto, matcher=asked.matcher)
        events = list(span.events)
        while events:
            await asyncio.sleep(max(0.0, pace.due(events[0].recorded, time.monotonic()) - time.monotonic()))
            lot = pace.next_lot(events, time.monotonic(), target.lot)
            await target.send(lot)
            events = events[len(lot) :]
            report(lot[-1].position, len(lot))
        after = span.to
        report(after, 0)
