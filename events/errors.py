"""What can go wrong in the log.

EventLogError
├── WrongExpectedVersion     the stream is not where the writer thought
├── EventIdConflict          the id is recorded already, with another content
├── StorageUnavailable       the database cannot be written or read just now: try again
│   └── WriterClosed         the process is shutting down, or its writer has died
├── QueueFull                more writes wait than the limit allows: try again
├── StorageInUse             another process serves this file
└── ArchiveUnreachable       bodies are in an archive that cannot be read from here
"""

from events.streams import Expected, StreamId


class EventLogError(Exception):
    """The root of all errors of the log."""


class WrongExpectedVersion(EventLogError):
    """The stream is not at the version that the writer expected. Nothing was recorded."""

    def __init__(self, stream: StreamId, expected: Expected, actual: int) -> None:
        wanted = expected if isinstance(expected, int) else expected.value
        super().__init__(f"Stream {stream} is at version {actual}; the writer expected {wanted}.")
        self.stream, self.expected, self.actual = stream, expected, actual


class EventIdConflict(EventLogError):
    """An event of this id is recorded already, and its content is another. Nothing was recorded."""

    def __init__(self, event_id: str, position: int) -> None:
        super().__init__(
            f"Event {event_id} is recorded at position {position} with another content; send a new fact under a new id."
        )
        self.event_id, self.position = event_id, position


class StorageUnavailable(EventLogError):
    """The database does not answer, is locked, or is full. The write may be tried again."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database is unavailable: {reason}. Try again in a moment.")
        self.reason = reason


class WriterClosed(StorageUnavailable):
    """This process takes no more writes."""


class QueueFull(EventLogError):
    """More writes wait in this process than the limit allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} writes are waiting, which is the limit; try again in a moment.")
        self.limit = limit


class StorageInUse(EventLogError):
    """Another process serves this file."""

    def __init__(self, path: str, pid: int | None) -> None:
        owner = f"process {pid}" if pid else "another process"
        super().__init__(
            f"{path} is served by {owner}. Stop that server, or choose another file "
            "with DIGSITE_HOME or DIGSITE_DATABASE_URL."
        )
        self.path, self.pid = path, pid


class ArchiveUnreachable(EventLogError):
    """Bodies are in an archive that cannot be read. Behind it, all of the log can."""

    def __init__(self, position: int, first_available: int, reason: str) -> None:
        super().__init__(
            f"The body at position {position} is in an archive that cannot be read: {reason} Go on from position "
            f"{first_available}: from there on, no body is archived."
        )
        self.position, self.first_available, self.reason = position, first_available, reason
