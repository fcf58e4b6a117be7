"""Many subscribers at once, of whom any may be killed at any moment and comes back."""

import asyncio
from collections.abc import Callable, Iterable
from random import Random
from types import TracebackType
from typing import Self

from events.event import RecordedEvent
from tests.faults.invariants import LOG, beside
from tests.faults.subscribers import Subscriber
from tests.invariants import read_whole_log

PROGRESS_TIMEOUT_S = 45.0


class Crowd:
    """Subscribers that follow from `async with` on."""

    def __init__(self, *subscribers: Subscriber) -> None:
        self.subscribers = subscribers
        self.kills = 0
        self._moved = asyncio.Event()
        self._tasks: dict[Subscriber, asyncio.Task[None]] = {}

    @property
    def progress(self) -> int:
        """How far they are, taken together."""
        return sum(each.progress for each in self.subscribers)

    def kill(self, dice: Random) -> None:
        """End one wherever it stands; it comes back at once."""
        self._restart(dice.choice(self.subscribers))
        self.kills += 1

    async def check(self, database_url: str) -> list[RecordedEvent]:
        """What each was given is the log, also after it has come once more to ask. Answers with the log."""
        await self.catch_up(database_url)
        for subscriber in self.subscribers:
            self._restart(subscriber)
        log = await self.catch_up(database_url)
        for subscriber in self.subscribers:
            subscriber.check(log)
        return log

    async def catch_up(self, database_url: str) -> list[RecordedEvent]:
        """Wait until all have what concerns them of the log as it is now. Answers with the log."""
        async with beside(database_url) as store:
            log = await read_whole_log(store, LOG)
        goals = {each: each.goal(log) for each in self.subscribers}
        await self.until(lambda: all(each.progress >= goal for each, goal in goals.items()))
        return log

    async def reach(self, position: int, subscribers: Iterable[Subscriber]) -> None:
        """Return when these, who have no filter, have all up to there."""
        await self.until(lambda: all(each.progress >= position for each in subscribers))

    async def until(self, is_reached: Callable[[], bool]) -> None:
        """Return when it is so. Raises what ended a subscriber."""
        try:
            async with asyncio.timeout(PROGRESS_TIMEOUT_S):
                while not is_reached():
                    self._moved.clear()
                    await self._moved.wait()
                    self._raise_what_ended_one()
        except TimeoutError:
            raise AssertionError("they stand still:\n" + "\n".join(map(str, self.subscribers))) from None

    def _raise_what_ended_one(self) -> None:
        for task in self._tasks.values():
            if task.done():
                task.result()

    def _restart(self, subscriber: Subscriber) -> None:
        self._raise_what_ended_one()
        self._start(subscriber, self._tasks[subscriber])

    def _start(self, subscriber: Subscriber, before: "asyncio.Task[None] | None" = None) -> None:
        task = self._tasks[subscriber] = asyncio.create_task(_run_after(before, subscriber))
        task.add_done_callback(lambda _: self._moved.set())

    async def __aenter__(self) -> Self:
        for subscriber in self.subscribers:
            subscriber.notify = self._moved.set
            self._start(subscriber)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for task in self._tasks.values():
            await _ended(task)


async def _run_after(before: "asyncio.Task[None] | None", subscriber: Subscriber) -> None:
    if before is not None:
        await _ended(before)
    await subscriber.run()


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])  # unlike to await it, this lets pass that the waiting one is ended itself
