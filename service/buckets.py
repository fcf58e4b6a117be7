"""Buckets of time: the spans, aligned to a fixed moment, in which events are counted. Pure."""

from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from events.clock import micros
from events.event import Micros

ALIGNED_TO = micros(datetime(2024, 4, 1, tzinfo=UTC))
"""A Monday, as in Prefect."""
BUCKETS_MAX = 1_000
_SECOND = 1_000_000


class TimeUnit(StrEnum):
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"


LENGTHS: dict[TimeUnit, Micros] = {
    TimeUnit.WEEK: 7 * 86_400 * _SECOND,
    TimeUnit.DAY: 86_400 * _SECOND,
    TimeUnit.HOUR: 3_600 * _SECOND,
    TimeUnit.MINUTE: 60 * _SECOND,
    TimeUnit.SECOND: _SECOND,
}


_WIDEST: Micros = 10_000 * 366 * LENGTHS[TimeUnit.DAY]
"""More than there are moments that can be written."""


WIDTHS: tuple[Micros, ...] = tuple(
    int(seconds * _SECOND)
    for seconds in (
        *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
        *(60 * each for each in (1, 2, 5, 10, 15, 30)),
        *(3_600 * each for each in (1, 2, 3, 6, 12)),
        *(86_400 * each for each in (1, 2, 7, 14, 30, 91, 365, 3_650)),
    )
)
"""How wide buckets are that nobody chose: people count in these."""


class TooManyBuckets(Exception):
    """The interval is too short for the range."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"The given interval would create {count} buckets, which is too many. Please increase the interval or "
            f"reduce the time range to produce {BUCKETS_MAX} buckets or fewer."
        )
        self.count = count


class Buckets(Struct, frozen=True):
    """So many spans of `width`, side by side from `start`."""

    start: Micros
    width: Micros
    count: int


EMPTY = Buckets(0, WIDTHS[0], 0)


def buckets(since: Micros, until: Micros, now: Micros, unit: TimeUnit, interval: float) -> Buckets:
    """The buckets from the one that contains `since` up to `until`, or to the end of the unit that is under way.

    Raises TooManyBuckets.
    """
    width = int(min(LENGTHS[unit] * interval, _WIDEST))
    asked = -((since - until) // width)
    if asked > BUCKETS_MAX:
        raise TooManyBuckets(asked)
    start = _aligned(since, width)
    end = until if until <= now else _aligned(now, LENGTHS[unit]) + LENGTHS[unit] - 1
    return Buckets(start, width, max(0, -((start - end) // width)))


def buckets_between(first: Micros, last: Micros, count: int) -> Buckets:
    """At most `count` buckets that cover two moments and all between, as narrow as may be. Pure."""
    for width in WIDTHS:
        start = first // width * width
        found = (last - start) // width + 1
        if found <= count:
            return Buckets(start, width, found)
    start = first // WIDTHS[-1] * WIDTHS[-1]
    return Buckets(start, WIDTHS[-1], min(count, (last - start) // WIDTHS[-1] + 1))


def _aligned(moment: Micros, width: Micros) -> Micros:
    return ALIGNED_TO + (moment - ALIGNED_TO) // width * width
