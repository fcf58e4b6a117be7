"""What a storage of the log can do. The contract that each one keeps is `events.testing.EventStoreContract`."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from events.chain import genesis
from events.event import Event, Micros, RecordedEvent
from events.streams import ANY, Expected, StreamId

PAGE_LIMIT_MAX = 10_000
"""The largest page that one read answers with."""


class Append(Struct, frozen=True):
    """Events for one stream. `expected` is checked under the log's lock, before anything is recorded."""

    stream: StreamId
    events: tuple[Event, ...]
    expected: Expected = ANY


class Head(Struct, frozen=True, kw_only=True):
    """Where a log ends: the last position, its hash and time. Position 0: nothing is recorded yet."""

    log: str
    position: int
    recorded: Micros
    hash: bytes
    epoch: int = 1
    """Rises when a log is restored from a backup, so that cursors from before are told."""

    @classmethod
    def empty(cls, log: str) -> "Head":
        return cls(log=log, position=0, recorded=0, hash=genesis(log))


class EventStore(Protocol):
    """An append-only store of logs.

    `after` is always exclusive. A log that was never written to reads as empty.
    """

    async def append(self, log: str, *appends: Append) -> list[RecordedEvent]:
        """Record all events of all appends in one transaction, in this order, or none of them.

        An event whose id is recorded already is not recorded again: its first place is the answer.

        Raises WrongExpectedVersion, EventIdConflict, StorageUnavailable.
        """
        ...

    async def read_stream(
        self, log: str, stream: StreamId, *, after: int = 0, limit: int = 1000
    ) -> list[RecordedEvent]:
        """Events of one stream with a version above `after`, in order, with their bodies."""
        ...

    async def read_all(self, log: str, *, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        """Events of the log with a position above `after`, in order, with their bodies."""
        ...

    async def bodies(self, log: str, positions: Sequence[int]) -> dict[int, str]:
        """The bodies at these positions: JSON text by position. Those without a body are left out."""
        ...

    async def head(self, log: str) -> Head: ...

    async def close(self) -> None: ...
