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


def _aligned(moment: Micros, width: Micros) -> Micros:
    return ALIGNED_TO + (moment - ALIGNED_TO) // width * width
