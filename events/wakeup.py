"""The wake-up: tells those who wait in this process that a log may have grown.

It carries no data, and may be lost or doubled: whoever wakes reads the log, and looks now and then unasked.
"""

import asyncio
import contextlib
from weakref import WeakValueDictionary


class Wakeup:
    """Rung after each write of this process, and when word comes from another one."""

    def __init__(self) -> None:
        self._coming: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()  # as long as somebody waits

    def coming(self, log: str) -> asyncio.Event:
        """The next wake-up of a log. Take it before looking at the log, then wait for it: so none is missed."""
        event = self._coming.get(log)
        if event is None:
            event = self._coming[log] = asyncio.Event()
        return event

    def ring(self, log: str) -> None:
        """Wake all who wait for this log."""
        event = self._coming.pop(log, None)
        if event is not None:
            event.set()


async def wait_at_most(event: asyncio.Event, timeout_s: float) -> None:
    """Return when the event is set, or the time is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
