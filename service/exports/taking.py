"""Taking: a log is made from the events of another, with their positions, times and hashes, and with its absences."""

from collections.abc import Sequence

from events.absences import Absence, Part, absences, add, without
from events.epoch import SET_EPOCH, next_epoch
from events.store import Head
from events.stores.sql import SqlStore, Transaction
from service.exports.manifest import ExportError, Missing
from service.exports.walk import Batch


class LogNotEmpty(ExportError):
    """The log has another history."""

    def __init__(self, log: str, position: int) -> None:
        super().__init__(
            f"The log {log!r} has events up to position {position} that are not the beginning of this export. Import "
            "into an empty database, or append it with --append."
        )
        self.log, self.position = log, position


class Taking:
    """The log of this name in a database. All methods raise StorageUnavailable."""

    def __init__(self, store: SqlStore, log: str) -> None:
        self._store = store
        self._log = log
        self._start = 0

    async def begin(self, epoch: int) -> Head:
        """The log's head. A new log begins a new epoch, so that cursors of the other one, of this epoch, are told."""
        await self._store.transact(self._log, _nothing)
        head = await self._store.head(self._log)
        if head.position == 0:
            after = next_epoch(epoch, self._store.clock())
            await self._store.run([(SET_EPOCH, {"name": self._log, "new_epoch": after})])
        self._start = head.position
        return head

    async def take(self, batch: Batch) -> None:
        """Record a batch, if the log still ends where it begins. Raises LogNotEmpty."""

        async def work(transaction: Transaction) -> None:
            head = transaction.recording.head
            if (head.position, head.hash) != (batch.after, batch.before):
                raise LogNotEmpty(head.log, head.position)
            transaction.take(batch.headers, batch.bodies)
            for part in Part:
                await self._mark(transaction, part, [each for each in batch.absent if each.part is part])

        await self._store.transact(self._log, work, locked=True)

    async def _mark(self, transaction: Transaction, part: Part, absent: Sequence[Missing]) -> None:
        """Say what is absent, as it was said in the log that was exported: whole ranges, each once."""
        told = [
            Absence(max(each.first, self._start + 1), each.last, each.reason, each.cause)
            for each in absent
            if each.last > self._start
        ]
        if told:
            known = await absences(transaction.fetch, transaction.log, part, told[0].first, told[-1].last)
            await add(transaction.fetch, transaction.log, part, without(told, known))


async def _nothing(transaction: Transaction) -> None:
    """Takes the head, which makes the log."""
