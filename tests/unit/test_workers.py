"""Workers: what would hold up the event loop is done beside it, a little at a time."""

import asyncio
import threading

import pytest

from service.workers import WORK_WAITING_MAX, WORKERS_MAX, TooMuchWork, Workers


@pytest.fixture
def workers() -> Workers:
    return Workers()


async def test_the_loop_goes_on_while_a_worker_works(workers: Workers) -> None:
    told = threading.Event()
    working = asyncio.ensure_future(workers.run(told.wait, 10))
    await asyncio.sleep(0)
    told.set()
    assert await working
    await workers.close()


async def test_so_many_have_their_turn_at_once_and_the_next_one_waits(workers: Workers) -> None:
    async with workers.turn():
        others = [workers.turn() for _ in range(WORKERS_MAX - 1)]
        for other in others:
            await other.__aenter__()
        waiting = asyncio.ensure_future(workers.turn().__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 1)


async def test_more_than_may_wait_are_refused(workers: Workers) -> None:
    held = [workers.turn() for _ in range(WORKERS_MAX)]
    for turn in held:
        await turn.__aenter__()
    waiting = [asyncio.ensure_future(workers.turn().__aenter__()) for _ in range(WORK_WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(TooMuchWork, match=f"{WORK_WAITING_MAX} comparisons are waiting"):
        await workers.turn().__aenter__()
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    waiting = [asyncio.ensure_future(workers.turn().__aenter__())]
    await asyncio.sleep(0)
    await held[0].__aexit__(None, None, None)
    await asyncio.wait_for(waiting[0], 1)


async def test_what_fails_gives_its_turn_back(workers: Workers) -> None:
    for _ in range(WORKERS_MAX + 1):
        with pytest.raises(ZeroDivisionError):
            async with workers.turn():
                await workers.run(lambda: 1 // 0)
    await workers.close()
