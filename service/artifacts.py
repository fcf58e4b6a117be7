"""Artifacts: what the API offers, over the writer and the read models. Answers are JSON text with their position."""

import time
from collections.abc import Sequence

from msgspec import Struct

from events.event import Origin
from events.stores.sql import HEAD_OF, SqlStore
from events.stores.tables import Row, storable
from events.wakeup import Wakeup, wait_at_most
from events.writer import Writer
from projections.artifacts import ARTIFACTS, Artifact
from projections.collections import COLLECTIONS, Collection
from projections.filters import ArtifactCount, ArtifactListing, CollectionCount, CollectionListing
from projections.history import STATES
from projections.history.as_of import count_as_of, page_as_of, row_as_of
from projections.listing import count_statement, page_statement, sort_of
from projections.pins import PAGE_OF_PINS, Pin
from projections.projector import LatestHeader
from projections.question import question_of
from service import rendering
from service.deciding.commands import (
    ArtifactNotFound,
    CollectionNotFound,
    Command,
    CreateArtifacts,
    DeleteArtifact,
    DeleteCollection,
    NewArtifact,
    PinArtifact,
    RestoreArtifact,
    UnpinArtifact,
    UpdateArtifact,
)
from service.handler import Answer, created_events
from service.read import Read
from service.runs import Runs
from service.settings import Settings

POLL_S = 0.05
"""How often a read that waits looks for what other processes have written."""


class InvalidLimit(Exception):
    """The page is larger than the server gives, or less than empty."""

    def __init__(self, limit: int, largest: int) -> None:
        wanted = "greater than or equal to 0" if limit < 0 else f"less than or equal to {largest}"
        super().__init__(f"Invalid limit: must be {wanted}.")
        self.limit, self.largest = limit, largest


class PositionNotReached(Exception):
    """The log did not reach the position in time."""

    def __init__(self, wanted: int, reached: int, timeout_s: float) -> None:
        super().__init__(
            f"The log is at position {reached} and did not reach {wanted} within {timeout_s:g} s. "
            "Ask again, or for a position that a write has answered with."
        )
        self.wanted, self.reached, self.timeout_s = wanted, reached, timeout_s


class Written(Struct, frozen=True):
    """What a write came to: its last position, and the artifacts it made, if any."""

    position: int
    version: int = 0
    created: tuple[str, ...] = ()


class Artifacts:
    """The commands and queries of the API, over one store and its writer."""

    def __init__(
        self, store: SqlStore, writer: Writer[Command, Answer], wakeup: Wakeup, runs: Runs, settings: Settings
    ) -> None:
        self._store = store
        self._writer = writer
        self._wakeup = wakeup
        self._runs = runs
        self._settings = settings

    async def create(
        self, log: str, items: Sequence[NewArtifact], origin: Origin, idempotency_key: str | None = None
    ) -> Written:
        """Raises IdempotencyConflict, and what `Writer.submit` raises; so do all writes below."""
        items = await self._runs.with_related(log, items)
        command = CreateArtifacts(items=tuple(items), origin=origin, idempotency_key=idempotency_key)
        size_bytes = sum(len(item.data) + len(item.description) for item in items)
        return _made(await self._writer.submit(log, command, size_bytes=size_bytes))

    async def restore(self, log: str, command: RestoreArtifact) -> Written:
        """Raises ContentGone, ErasureUnderWay, IdempotencyConflict."""
        return _made(await self._writer.submit(log, command))

    async def update(self, log: str, command: UpdateArtifact) -> Written:
        """Raises ArtifactNotFound, VersionMismatch."""
        answer = await self._writer.submit(log, command, size_bytes=len(command.data or ""))
        return Written(answer[-1].position, answer[0].version)

    async def delete(self, log: str, command: DeleteArtifact | DeleteCollection) -> Written:
        """Raises ArtifactNotFound, VersionMismatch, CollectionNotFound, TooManyVersions."""
        answer = await self._writer.submit(log, command)
        return Written(answer[-1].position)

    async def pin(self, log: str, command: PinArtifact | UnpinArtifact) -> int:
        """Answers with a position at which it is so. Raises ArtifactNotFound."""
        answer = await self._writer.submit(log, command)
        return answer[-1].position if answer else (await self._store.head(log)).position

    async def pins(self, log: str, after: str, limit: int) -> Read:
        """What is pinned, by id, after an id."""
        number, position = await self._now(log)
        rows = await self._store.fetch(PAGE_OF_PINS, log=number, after=after, limit=limit)
        return Read(rendering.array([rendering.pin(Pin.from_row(row)) for row in rows]), position)

    async def read(self, log: str, artifact_id: str, as_of: int | None = None) -> Read:
        """An artifact as it is now; as of a position, as it was then, as in all reads below. See `service.past`.

        Raises ArtifactNotFound.
        """
        position, found = await self._find(ARTIFACTS, log, artifact_id, as_of)
        if found is None:
            raise ArtifactNotFound(artifact_id)
        row = Artifact.from_row(found[:-1])
        bodies = await self._bodies(log, [row], [found])
        return Read(rendering.artifact(row, bodies), position, row.version)

    async def row(self, log: str, artifact_id: str, as_of: int | None = None) -> Artifact:
        """Where an artifact stands, without its content. Raises ArtifactNotFound."""
        _, found = await self._find(ARTIFACTS, log, artifact_id, as_of)
        if found is None:
            raise ArtifactNotFound(artifact_id)
        return Artifact.from_row(found[:-1])

    async def collection(self, log: str, key: str, as_of: int | None = None) -> tuple[int, Collection]:
        """The position that is answered for, and where the collection of a key stands. Raises CollectionNotFound."""
        position, found = await self._find(COLLECTIONS, log, storable(key) or "", as_of)
        if found is None:
            raise CollectionNotFound(key)
        return position, Collection.from_row(found[:-1])

    async def latest(self, log: str, key: str, as_of: int | None = None) -> Read:
        """Raises CollectionNotFound."""
        position, found = await self._find(COLLECTIONS, log, storable(key) or "", as_of)
        if found is None:
            raise CollectionNotFound(key)
        row = Collection.from_row(found[:-1])
        bodies = await self._bodies(log, [row], [found])
        return Read(rendering.latest(row, bodies), position)

    async def list(self, log: str, asked: ArtifactListing | CollectionListing, as_of: int | None = None) -> Read:
        """One page. Raises InvalidLimit."""
        items, position = await self.page(log, asked, self.limit(asked.limit), asked.offset or 0, as_of)
        return Read(rendering.array(items), position)

    async def page(
        self,
        log: str,
        asked: ArtifactListing | CollectionListing,
        limit: int,
        offset: int = 0,
        as_of: int | None = None,
    ) -> tuple[Sequence[str], int]:
        """Any part of a listing as JSON texts, with the position."""
        is_artifacts = isinstance(asked, ArtifactListing)
        projector = ARTIFACTS if is_artifacts else COLLECTIONS
        question, sort = question_of(asked), sort_of(asked)
        if as_of is None:
            statement = page_statement(projector, question.shape, sort)
        else:
            statement = page_as_of(STATES[projector], question.shape, sort)
        number, position = await self._now(log, as_of)
        given = {"limit": limit, "offset": offset, "as_of": as_of, **question.values}
        found = await self._store.fetch(statement, log=number, **given)
        if is_artifacts:
            artifacts = [Artifact.from_row(row[:-1]) for row in found]
            bodies = await self._bodies(log, artifacts, found)
            items = [rendering.artifact(row, bodies) for row in artifacts]
        else:
            collections = [Collection.from_row(row[:-1]) for row in found]
            bodies = await self._bodies(log, collections, found)
            items = [rendering.collection(row, bodies) for row in collections]
        return items, position

    async def count(self, log: str, asked: ArtifactCount | CollectionCount, as_of: int | None = None) -> Read:
        projector = ARTIFACTS if isinstance(asked, ArtifactCount) else COLLECTIONS
        question = question_of(asked)
        if as_of is None:
            statement = count_statement(projector, question.shape)
        else:
            statement = count_as_of(STATES[projector], question.shape)
        number, position = await self._now(log, as_of)
        [(count,)] = await self._store.fetch(statement, log=number, as_of=as_of, **question.values)
        return Read(str(count), position)

    async def wait_for(self, log: str, position: int) -> None:
        """Return when the log has reached a position. Raises PositionNotReached."""
        deadline = time.monotonic() + self._settings.wait_timeout_s
        while True:
            coming = self._wakeup.coming(log)
            _, reached = await self._now(log)
            left = deadline - time.monotonic()
            if reached >= position:
                return
            if left <= 0:
                raise PositionNotReached(position, reached, self._settings.wait_timeout_s)
            await wait_at_most(coming, min(left, POLL_S))

    async def _find(
        self, projector: LatestHeader, log: str, identity: str, as_of: int | None
    ) -> tuple[int, Row | None]:
        """The position, and the row with the body of its data as the last column, if there is one."""
        if as_of is not None:
            number, _ = await self._now(log)
            rows = await self._store.fetch(row_as_of(STATES[projector]), log=number, identity=identity, as_of=as_of)
            return as_of, rows[0] if rows else None
        rows = await self._store.fetch(projector.read, name=log, identity=identity)
        if not rows:
            return 0, None
        position, *found = rows[0]
        return position, None if found[0] is None else tuple(found)

    async def _bodies(self, log: str, rows: Sequence[Artifact | Collection], found: Sequence[Row]) -> dict[int, str]:
        """The bodies that rows point at. Those of their data were `found` with them, as the last column."""
        of_data = {row.data_position: columns[-1] for row, columns in zip(rows, found, strict=True)}
        bodies = {position: content for position, content in of_data.items() if content is not None}
        missing = rendering.positions_of(rows) - bodies.keys()
        if missing:
            bodies.update(await self._store.bodies(log, list(missing)))
        return bodies

    async def _now(self, log: str, as_of: int | None = None) -> tuple[int, int]:
        """The number of a log, and the position that is answered for: where it is before what is read next."""
        rows = await self._store.fetch(HEAD_OF, name=log)
        number, position = (rows[0][0], rows[0][2]) if rows else (0, 0)
        return number, position if as_of is None else as_of

    def limit(self, limit: int | None) -> int:
        """How large a page is that was asked for so. Raises InvalidLimit."""
        largest = self._settings.max_page
        if limit is None:
            return largest
        if not 0 <= limit <= largest:
            raise InvalidLimit(limit, largest)
        return limit


def _made(answer: Answer) -> Written:
    """What a command came to that created artifacts."""
    made = created_events(answer)
    # a request that was sent again finds only these; behind the last of them stands its collection's event
    position = made[-1].position + (made[-1].event.outcome.key is not None)
    return Written(position, 1, tuple(rendering.created(placed) for placed in made))
