"""The feed: those who follow hear again of what is new after any fault, also one that nobody foresaw."""

import asyncio
from typing import Any

import pytest

from events import feed
from events.feed import Feed
from events.reading import Span
from events.testing import LOG, one
from events.wakeup import Wakeup
from service.parts import Parts

TIMEOUT_S = 20


async def test_a_fault_that_nobody_foresaw_stops_no_feed(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = asyncio.Event()

    async def break_down(*_: Any, **__: Any) -> Span:
        broken.set()
        raise ZeroDivisionError

    monkeypatch.setattr(feed, "RETRY_S", 0.01)
    async with asyncio.timeout(TIMEOUT_S):
        with Feed(parts.store, LOG, Wakeup()).follow(0) as follower:
            await follower.next()  # the end of the log, which is empty
            with monkeypatch.context() as patch:
                patch.setattr(feed, "read_span", break_down)
                await parts.store.append(LOG, one())
                await broken.wait()
            while follower.position == 0:
                await follower.next()
