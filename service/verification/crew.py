"""A crew: processes that check spans of positions side by side. The chain can be checked anywhere, given one hash."""

import asyncio
import os
import signal
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from events.stores import open_reader
from events.verification import Fault
from projections.verification import Span, check_span
from projections.verification.spans import SPAN_POSITIONS
from projections.verification.whole import CheckSpans

PROCESSES_MAX = 8
WORTHWHILE_POSITIONS = 5 * SPAN_POSITIONS
"""From how many positions on more than one process is faster: each takes about a second to start."""
AHEAD = 2
"""Spans that wait for each process."""


@contextmanager
def crew(url: str, processes: int | None = None) -> Iterator[CheckSpans]:
    """Checks spans of the database at `url` by as many processes as there are processors."""
    count = processes or min(os.cpu_count() or 1, PROCESSES_MAX)
    pool = ProcessPoolExecutor(count, get_context("spawn"))
    with _interrupts_ignored():
        for _ in range(count):
            pool.submit(os.getpid)  # which starts one more

    async def check(spans: Sequence[Span]) -> AsyncIterator[tuple[Span, Fault | None]]:
        loop, waiting = asyncio.get_running_loop(), deque[tuple[Span, asyncio.Future[Fault | None]]]()
        for span in spans:
            waiting.append((span, loop.run_in_executor(pool, _check, url, span)))
            if len(waiting) > count * AHEAD:
                first, future = waiting.popleft()
                yield first, await future
        for first, future in waiting:
            yield first, await future

    try:
        yield check
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes that start now leave Ctrl-C alone from their first moment: whoever started them ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _check(url: str, span: Span) -> Fault | None:
    return asyncio.run(_checked(url, span))


async def _checked(url: str, span: Span) -> Fault | None:
    store = open_reader(url)
    try:
        await store.open()
        return await check_span(store.fetch, span)
    finally:
        await store.close()
