"""Moments: read from the system, and written as Prefect writes them."""

import time
from datetime import UTC, datetime, timedelta

from events.event import Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> Micros:
    """The system's clock. Order never comes from it: see `Recording`."""
    return time.time_ns() // 1000


def as_datetime(moment: Micros) -> datetime:
    return _EPOCH + timedelta(microseconds=moment)


def as_text(moment: Micros) -> str:
    """`2026-11-21T08:54:05.770641Z`; the fraction is left out when it is zero."""
    return as_datetime(moment).replace(tzinfo=None).isoformat() + "Z"
