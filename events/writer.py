"""The writer: one task per process that turns waiting commands into transactions (group commit).

    submit ─► queue (bounded) ─► batch of one log ─► store.transact ─► answers

Commands that wait at the same time share a transaction, and with it the cost of the sync to disk. No timer
delays a lone write: while one batch commits, the next one gathers.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from msgspec import Struct

from events.errors import QueueFull, StorageUnavailable, WriterClosed
from events.stores.sql import SqlStore, Transaction

Command = TypeVar("Command")
Answer = TypeVar("Answer")

IN_FLIGHT = 2
"""Transactions under way: the next one stands at the store's door while one commits, and takes its batch there."""
BATCH_MAX = 256
"""Commands in one transaction: beyond about 128 a larger batch is no faster, only later."""
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""Content in one transaction, unless a single command is larger."""

Handle = Callable[[Transaction, Sequence[Command]], Awaitable[list[Answer | Exception]]]
"""Decides and records a batch. A command that is refused answers with its error and records nothing."""


class Waiting(Struct, Generic[Command, Answer], eq=False):
    log: str
    command: Command
    size_bytes: int
    answer: "asyncio.Future[Answer]"


class Writer(Generic[Command, Answer]):
    """Takes commands from any number of requests, and answers each after its commit is on disk."""

    def __init__(
        self,
        store: SqlStore,
        handle: "Handle[Command, Answer]",
        *,
        queue_max: int = 10_000,
        written: Callable[[str], None] = lambda log: None,
    ) -> None:
        """`written` is called after each transaction, with the log that it wrote to."""
        self._store = store
        self._handle = handle
        self._queue_max = queue_max
        self._queue: deque[Waiting[Command, Answer]] = deque()
        self._taking = Lock()  # a store may carry out a transaction in a thread of its own
        self._unanswered: set[asyncio.Future[Answer]] = set()
        self._wakeup = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed: str | None = "the writer has not started"
        self._written = written

    @property
    def is_alive(self) -> bool:
        return self._closed is None

    @property
    def waiting(self) -> int:
        """How many commands wait for their transaction."""
        return len(self._queue)

    def start(self) -> None:
        self._closed = None
        self._task = asyncio.create_task(self._run(), name="writer")
        self._task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Take no more commands, write those that wait, stop."""
        self._closed = self._closed or "the server is shutting down"
        self._wakeup.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def submit(self, log: str, command: Command, *, size_bytes: int = 0) -> Answer:
        """The command's answer, once what it recorded is durable.

        Raises what the command is refused with, QueueFull, WriterClosed, StorageUnavailable.
        """
        if self._closed is not None:
            raise WriterClosed(self._closed)
        if len(self._queue) >= self._queue_max:
            raise QueueFull(self._queue_max)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(log, command, size_bytes, answer))
        self._wakeup.set()
        self._unanswered.add(answer)
        try:
            return await answer
        finally:
            self._unanswered.discard(answer)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(self._write_while_open())

    async def _write_while_open(self) -> None:
        while (log := self._next_log()) is not None or self._closed is None:
            if log is not None:
                await self._write_next(log)
            else:
                self._wakeup.clear()
                await self._wakeup.wait()

    def _next_log(self) -> str | None:
        """The log of the command that has waited longest, if one waits."""
        with self._taking:
            return self._queue[0].log if self._queue else None

    async def _write_next(self, log: str) -> None:
        """Write a batch of the commands that wait when its transaction begins."""
        batch: list[Waiting[Command, Answer]] = []

        async def take_and_handle(transaction: Transaction) -> list[Answer | Exception]:
            if not batch:  # a transaction that is decided anew keeps its batch
                self._take_batch(log, batch)
            return await self._handle(transaction, [each.command for each in batch])

        await self._write(log, batch, take_and_handle)

    def _take_batch(self, log: str, batch: list[Waiting[Command, Answer]]) -> None:
        """Move the longest run of commands for one log, within the limits, from the queue to the batch."""
        size_bytes = 0
        with self._taking:
            while self._queue and self._queue[0].log == log and len(batch) < BATCH_MAX:
                size_bytes += self._queue[0].size_bytes
                if batch and size_bytes > BATCH_BYTES_MAX:
                    break
                batch.append(self._queue.popleft())

    def _handling(
        self, batch: Sequence[Waiting[Command, Answer]]
    ) -> Callable[[Transaction], Awaitable[list[Answer | Exception]]]:
        commands = [each.command for each in batch]
        return lambda transaction: self._handle(transaction, commands)

    async def _write(
        self,
        log: str,
        batch: list[Waiting[Command, Answer]],
        work: Callable[[Transaction], Awaitable[list[Answer | Exception]]],
    ) -> None:
        """Write a batch; if something unforeseen breaks it, find the command that does by halving."""
        try:
            answers = await self._store.transact(log, work)
        except Exception as error:
            if not batch:  # the store was not to be had at all
                self._take_batch(log, batch)
            if len(batch) <= 1 or isinstance(error, StorageUnavailable):
                _refuse([each.answer for each in batch], error)
                return
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                await self._write(log, half, self._handling(half))
            return
        self._written(log)
        for each, answer in zip(batch, answers, strict=True):
            if each.answer.done():
                continue  # the request has gone; what it wrote is written
            if isinstance(answer, Exception):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """However the task ends, nobody is left waiting, not even those whose transaction has begun."""
        if self._closed is None:
            self._closed = "its writer has died; the server must be started again"
            error = None if task.cancelled() else task.exception()
            task.get_loop().call_exception_handler({"message": "The writer has died", "exception": error})
        _refuse(self._unanswered, WriterClosed(self._closed))
        self._queue.clear()


def _refuse(answers: "Iterable[asyncio.Future[Answer]]", error: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
