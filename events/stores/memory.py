"""The log in memory: the rules, written to be read. Nothing of it survives the process."""

from collections.abc import Sequence

from events.clock import now
from events.errors import EventIdConflict, WrongExpectedVersion
from events.event import Event, RecordedEvent
from events.recording import Clock, Recording
from events.store import Append, Head
from events.streams import StreamId, meets


class MemoryStore:
    """One list of recorded events per log; the position of an event is its place in that list."""

    def __init__(self, clock: Clock = now) -> None:
        self._logs: dict[str, list[RecordedEvent]] = {}
        self._heads: dict[str, Head] = {}
        self._clock = clock

    async def append(self, log: str, *appends: Append) -> list[RecordedEvent]:
        recording = Recording(await self.head(log), self._clock())
        answer = []
        for append in appends:
            version = self._version(log, append.stream, recording)
            has_news = None in [self._find(log, event, recording) for event in append.events]
            if has_news and not meets(append.expected, version):
                raise WrongExpectedVersion(append.stream, append.expected, version)
            for event in append.events:
                placed = self._find(log, event, recording)
                if placed is None:
                    version += 1
                    placed = recording.add(event, append.stream, version)
                answer.append(placed)
        self._logs.setdefault(log, []).extend(recording.events)
        self._heads[log] = recording.head
        return answer

    async def read_stream(
        self, log: str, stream: StreamId, *, after: int = 0, limit: int = 1000
    ) -> list[RecordedEvent]:
        history = [each for each in self._logs.get(log, []) if each.stream == stream]
        return history[after : after + limit]

    async def read_all(self, log: str, *, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        return self._logs.get(log, [])[after : after + limit]

    async def bodies(self, log: str, positions: Sequence[int]) -> dict[int, str]:
        wanted = set(positions)
        return {
            each.position: each.event.content
            for each in self._logs.get(log, [])
            if each.position in wanted and each.event.content is not None
        }

    async def head(self, log: str) -> Head:
        return self._heads.get(log) or Head.empty(log)

    async def close(self) -> None:
        self._logs.clear()

    def _version(self, log: str, stream: StreamId, recording: Recording) -> int:
        return sum(each.stream == stream for each in self._logs.get(log, []) + recording.events)

    def _find(self, log: str, event: Event, recording: Recording) -> RecordedEvent | None:
        for placed in self._logs.get(log, []) + recording.events:
            if placed.event.id == event.id:
                if placed.event.content != event.content or placed.event.kind != event.kind:
                    raise EventIdConflict(event.id, placed.position)
                return placed
        return None
