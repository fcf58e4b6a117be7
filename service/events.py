"""Events: what the API offers of them, over the writer and the log."""

from collections.abc import Sequence

from events.event import Event, Origin
from events.stores.sql import SqlStore
from events.writer import Writer
from service.deciding.commands import Command, RecordEvents
from service.handler import Answer
from service.settings import Settings

HEADER_BYTES = 1_000
"""About what an event takes besides its payload."""


class Events:
    """The commands and queries of the API about events, over one store and its writer."""

    def __init__(self, store: SqlStore, writer: Writer[Command, Answer], settings: Settings) -> None:
        self._store = store
        self._writer = writer
        self._settings = settings

    async def record(self, log: str, events: Sequence[Event], origin: Origin) -> int:
        """Record events from outside, each once; answer with a position behind which none of them stands.

        Raises what `Writer.submit` raises.
        """
        answer: Answer = []
        if events:
            size_bytes = sum(HEADER_BYTES + len(event.content or "") for event in events)
            answer = await self._writer.submit(
                log, RecordEvents(events=tuple(events), origin=origin), size_bytes=size_bytes
            )
        return answer[-1].position if len(answer) == len(events) > 0 else (await self._store.head(log)).position
