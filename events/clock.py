"""Moments: read from the system, and written as Prefect writes them."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from events.event import Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> Micros:
    """The system's clock. Order never comes from it: see `Recording`."""
    return time.time_ns() // 1000


def micros(moment: datetime) -> Micros:
    """A moment with a zone, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def as_text(moment: Micros) -> str:
    """`2026-11-21T08:54:05.770641Z`; the fraction is left out when it is zero."""
    seconds, fraction = divmod(moment, 1_000_000)
    return f"{_second(seconds)}.{fraction:06d}Z" if fraction else f"{_second(seconds)}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """A moment's text up to the second: of many moments near each other it is the same."""
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
