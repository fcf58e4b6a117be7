"""Ours: what the log has of the artifacts of a Prefect server. Read beside whoever writes to it."""

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct
from sqlalchemy import bindparam, select

from events.event import Micros
from events.payload import ERASED, decode_content
from events.stores.sql import ACTORS, RECORDED_IDS, STREAM_VERSIONS, SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS
from projections.artifacts import ARTIFACTS, CATEGORY, Artifact
from projections.collections import COLLECTIONS, Collection
from service.context import DEFAULT_LOG
from service.deciding.imports import Standing, standing
from service.moving.fitness import exported_id
from service.moving.prefect import PrefectArtifact, PrefectCollection
from service.provenance import IMPORTED


class Place(Struct, frozen=True):
    """How the log stands to an artifact, and when it was last updated as the log has it."""

    standing: Standing
    updated: Micros | None = None


NOWHERE = Place(Standing.NEW)
PAGE_IDS = 200

_ARTIFACT = ARTIFACTS.table.c
BROUGHT = Statement(
    select(_ARTIFACT.id)
    .join(EVENTS, (EVENTS.c.log == _ARTIFACT.log) & (EVENTS.c.position == _ARTIFACT.created_position))
    .where(_ARTIFACT.log == bindparam("log"), _ARTIFACT.id > bindparam("after"))
    .where(EVENTS.c.actor == bindparam("actor"))
    .order_by(_ARTIFACT.id)
    .limit(bindparam("limit"))
)
"""The artifacts whose creation an actor has recorded, by id."""


class Ours:
    """One log. Without a store there is nothing in it. All methods raise StorageUnavailable."""

    def __init__(self, store: SqlStore | None, log: str = DEFAULT_LOG) -> None:
        self._store = store
        self._log = log

    async def places(self, ids: Sequence[str]) -> dict[str, Place]:
        """Of each of these artifacts."""
        if self._store is None:
            return dict.fromkeys(ids, NOWHERE)
        number, asked = await self._store.log_number(self._log), list(ids)
        rows = await self._store.fetch(ARTIFACTS.load, log=number, identities=asked)
        artifacts = {each.id: each for each in map(Artifact.from_row, rows)}
        versions: dict[str, int | None] = dict(
            await self._store.fetch(STREAM_VERSIONS, log=number, category=CATEGORY, streams=asked)
        )
        actors = await self._actors([each.position for each in artifacts.values()])
        places = {}
        for id in ids:
            artifact = artifacts.get(id)
            actor = None if artifact is None else actors[artifact.position]
            found = standing(artifact, versions.get(id) or 0, actor)
            places[id] = Place(found, None if artifact is None else artifact.updated)
        return places

    async def exported(self, artifacts: Sequence[PrefectArtifact]) -> set[str]:
        """The ids, at Prefect, of those that an export from this very log has made there."""
        marks = {artifact.id: mark for artifact in artifacts if (mark := exported_id(artifact)) is not None}
        places = await self.places(sorted(set(marks.values()))) if marks else {}
        return {id for id, mark in marks.items() if places[mark].standing is not Standing.NEW}

    async def artifacts(self, ids: Sequence[str]) -> dict[str, PrefectArtifact]:
        """Those of these artifacts that are there, as the log has them."""
        if self._store is None:
            return {}
        number = await self._store.log_number(self._log)
        rows = await self._store.fetch(ARTIFACTS.load, log=number, identities=list(ids))
        return {each.id: each for each in await self._shown([Artifact.from_row(row) for row in rows])}

    async def collections(self, keys: Sequence[str]) -> dict[str, tuple[PrefectCollection, bool]]:
        """What is shown of these keys, each with whether it is as it was brought."""
        if self._store is None:
            return {}
        number = await self._store.log_number(self._log)
        rows = await self._store.fetch(COLLECTIONS.load, log=number, identities=list(keys))
        collections = [Collection.from_row(row) for row in rows]
        actors = await self._actors([each.position for each in collections])
        return {
            row.key: (PrefectCollection(shown, row.latest_id), actors[row.position] == IMPORTED)
            for row, shown in zip(collections, await self._shown(collections), strict=True)
        }

    async def brought(self) -> AsyncIterator[list[str]]:
        """The ids of the artifacts that were brought and are still there, some at a time."""
        after = ""
        while self._store is not None:
            number = await self._store.log_number(self._log)
            rows = await self._store.fetch(BROUGHT, log=number, actor=IMPORTED, after=after, limit=PAGE_IDS)
            if not rows:
                return
            yield [id for (id,) in rows]
            after = rows[-1][0]

    async def unrecorded(self, event_ids: Sequence[str]) -> list[str]:
        """Those of these events that the log does not have."""
        if self._store is None:
            return list(event_ids)
        number = await self._store.log_number(self._log)
        rows = await self._store.fetch(RECORDED_IDS, log=number, ids=list(event_ids))
        return [id for id, position in rows if position is None]

    async def _actors(self, positions: Sequence[int]) -> dict[int, str]:
        assert self._store is not None
        number = await self._store.log_number(self._log)
        return dict(await self._store.fetch(ACTORS, log=number, positions=list(positions)))

    async def _shown(self, rows: Sequence[Artifact | Collection]) -> list[PrefectArtifact]:
        """Rows with the content that they point at."""
        assert self._store is not None
        positions = {
            each for row in rows for each in (row.data_position, row.description_position, row.metadata_position)
        }
        bodies = await self._store.bodies(self._log, sorted(positions))
        return [_shown(row, bodies) for row in rows]


def _shown(row: Artifact | Collection, bodies: dict[int, str]) -> PrefectArtifact:
    def content(position: int, field: str) -> str:
        return bytes(getattr(decode_content(bodies.get(position, ERASED)), field)).decode()

    return PrefectArtifact(
        id=row.id,
        key=row.key,
        type=row.type,
        flow_run_id=row.flow_run_id,
        task_run_id=row.task_run_id,
        created=row.created,
        updated=row.updated,
        data=content(row.data_position, "data"),
        description=content(row.description_position, "description"),
        metadata=content(row.metadata_position, "metadata_"),
    )
