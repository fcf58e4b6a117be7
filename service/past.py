"""The past: which position is meant by `as_of`, waiting until its states are known, and the states themselves."""

import re
from datetime import UTC, datetime

from msgspec import Struct

from events.clock import micros
from events.event import Micros
from events.moments import recorded_by
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import Row, storable
from projections.artifacts import Artifact
from projections.collections import Collection
from projections.history import ARTIFACT_STATES, COLLECTION_STATES
from projections.history.as_of import last_state, row_as_of
from projections.history.place import GONE
from projections.history.states import NAME
from projections.runner import Runner
from service.artifacts import Artifacts
from service.deciding.commands import ArtifactNotFound, CollectionNotFound
from service.settings import Settings

_POSITION = re.compile(r"[0-9]{1,18}")


class InvalidAsOf(Exception):
    """The text is neither a position nor a time."""

    def __init__(self, as_of: str) -> None:
        super().__init__(
            f"{as_of[:100]!r} is no moment of the log. Give a position, or a time such as 2026-11-21T08:00:00Z."
        )
        self.as_of = as_of[:100]


class Last(Struct, frozen=True):
    """What an artifact was last, by a position."""

    artifact: Artifact
    as_of: int
    gone_position: int | None
    """Where it was deleted, if it was by then."""


class Past:
    """Finds positions and the states that held at them."""

    def __init__(self, store: SqlStore, artifacts: Artifacts, runner: Runner, settings: Settings) -> None:
        self._store = store
        self._artifacts = artifacts
        self._runner = runner
        self._settings = settings

    async def reach(self, log: str, as_of: str) -> int:
        """The position that is meant, once the states that held at it are known.

        A time means all that was recorded by then; one that is yet to come means now.

        Raises InvalidAsOf, PositionNotReached, ProjectionBehind, StorageUnavailable.
        """
        if _POSITION.fullmatch(as_of):
            position = int(as_of)
            await self._artifacts.wait_for(log, position)
        else:
            position = await recorded_by(self._store, log, moment_of(as_of))
        await self._runner.wait_for(log, NAME, position, self._settings.wait_timeout_s)
        return position

    async def state_of_artifact(self, log: str, artifact_id: str, as_of: str | None) -> Artifact:
        """An artifact's state as of a position or a time; without either its last, also if it was deleted.

        Raises ArtifactNotFound, and what `reach` raises.
        """
        if as_of is None:
            return (await self.last(log, artifact_id, None)).artifact
        position = await self.reach(log, as_of)
        row = await self._row(row_as_of(ARTIFACT_STATES), log, artifact_id, position)
        if row is None:
            raise ArtifactNotFound(artifact_id)
        return Artifact.from_row(row)

    async def last(self, log: str, artifact_id: str, as_of: int | None) -> Last:
        """What an artifact was last as of a position that was reached, or is now; of a deleted one, before that.

        Raises ArtifactNotFound, ProjectionBehind.
        """
        if as_of is None:
            as_of = (await self._store.head(log)).position
            await self._runner.wait_for(log, NAME, as_of, self._settings.wait_timeout_s)
        row = await self._row(last_state(ARTIFACT_STATES), log, artifact_id, as_of)
        if row is None:
            raise ArtifactNotFound(artifact_id)
        gone = await self._store.fetch(GONE, log=row[0], id=artifact_id, as_of=as_of)
        return Last(Artifact.from_row(row), as_of, gone[0][0] if gone else None)

    async def state_of_latest(self, log: str, key: str, as_of: str) -> Artifact:
        """The state of what was the latest artifact of a key. Raises CollectionNotFound, and what `reach` raises."""
        position = await self.reach(log, as_of)
        row = await self._row(row_as_of(COLLECTION_STATES), log, storable(key) or "", position)
        if row is None:
            raise CollectionNotFound(key)
        return await self.state_of_artifact(log, Collection.from_row(row).latest_id, str(position))

    async def _row(self, statement: Statement, log: str, identity: str, position: int) -> Row | None:
        number = await self._store.log_number(log)
        rows = await self._store.fetch(statement, log=number, identity=identity, as_of=position)
        return tuple(rows[0][:-1]) if rows else None


def moment_of(text: str) -> Micros:
    """A time in ISO 8601; without a zone it is UTC. In a query, an unescaped `+` has become a space.

    Raises InvalidAsOf.
    """
    date, _, rest = text.partition("T")
    try:
        moment = datetime.fromisoformat(f"{date}T{rest.replace(' ', '+')}" if rest else date)
    except ValueError:
        raise InvalidAsOf(text) from None
    return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
