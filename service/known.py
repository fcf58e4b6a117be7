"""What a batch knows of the log besides the rows of its read models: ids, versions of streams, who wrote what."""

from collections.abc import Sequence

from events.event import Labels, RecordedEvent
from events.stores.sql import ACTORS, RECORDED_IDS, RELATED, STREAM_VERSIONS, Transaction
from events.stores.tables import related_of, storable
from events.streams import StreamId


class Known:
    """What was asked for, as the transaction has it by now."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.ids: set[str] = set()
        """Of the events that were asked for, those that are recorded."""
        self.versions: dict[StreamId, int] = {}
        """Where streams stand; 0: they have no events."""
        self.actors: dict[int, str] = {}
        """Who wrote the event at a position."""
        self.related: dict[int, tuple[Labels, ...]] = {}
        """What the event at a position relates to."""

    def note(self, placed: RecordedEvent) -> None:
        """An event that this batch has recorded."""
        self.ids.add(placed.event.id)
        self.versions[placed.stream] = placed.version
        self.actors[placed.position] = placed.event.origin.actor
        self.related[placed.position] = placed.event.related

    async def load_ids(self, ids: Sequence[str]) -> None:
        rows = await self._transaction.fetch(RECORDED_IDS, ids=ids)
        self.ids.update(id for id, position in rows if position is not None)

    async def load_versions(self, category: str, ids: Sequence[str]) -> None:
        """Of streams of one category."""
        streams = {storable(id): StreamId(category, id) for id in ids}
        rows = await self._transaction.fetch(STREAM_VERSIONS, category=category, streams=list(streams))
        self.versions.update({streams[id]: version or 0 for id, version in rows})

    async def load_actors(self, positions: Sequence[int]) -> None:
        self.actors.update(await self._transaction.fetch(ACTORS, positions=positions))

    async def load_related(self, positions: Sequence[int]) -> None:
        if positions:
            rows = await self._transaction.fetch(RELATED, positions=positions)
            self.related.update((position, related_of(text)) for position, text in rows)
