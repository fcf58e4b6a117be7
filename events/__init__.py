"""The log: events, their order, their storage. Knows nothing of projections, HTTP or Redis.

This face holds the vocabulary only, so that pure code can import it without a database driver;
`events.stores.open_store` opens a storage.
"""

from events.event import Event, Labels, Origin, Outcome, RecordedEvent
from events.store import Append, EventStore, Head
from events.streams import ANY, NO_STREAM, STREAM_EXISTS, Expected, StreamId

__all__ = [
    "ANY",
    "NO_STREAM",
    "STREAM_EXISTS",
    "Append",
    "Event",
    "EventStore",
    "Expected",
    "Head",
    "Labels",
    "Origin",
    "Outcome",
    "RecordedEvent",
    "StreamId",
]
