"""Histories: what happened to an artifact, and which versions a key has had. Answers are JSON text.

Of each step a summary says in one line what it changed in the data. Data that is too large for that is only measured.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import bindparam, select

from events.clock import as_text
from events.entry import entry_of
from events.payload import decode_content
from events.reading import SIZES
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS, HEADER, related_of, restored, storable
from projections.artifacts import CATEGORY
from projections.collections import COLLECTIONS
from projections.history.states import NAME
from projections.history.versions import AGE, FIRST, Version, versions_before
from projections.runner import Runner
from service.comparing.comparison import summary
from service.deciding.artifact import DELETED
from service.deciding.commands import ArtifactNotFound, CollectionNotFound
from service.deciding.restoring import POSITION_LABEL, RESTORED_FROM
from service.read import Read
from service.settings import Settings
from service.workers import Workers

HISTORY_PAGE_MAX = 100
"""Steps or versions in one answer."""
HISTORY_SHOWN = 20
"""Unless another number is asked for."""
SUMMARY_BODY_BYTES_MAX = 256 * 1024
"""Size of a body that is read for a summary."""


class Data(Struct, frozen=True):
    """The data that a body holds, as JSON text; None: the body is too large to be read for a summary."""

    text: str | None
    body_bytes: int


_KIND, _TYPE, _DATA = (HEADER.index(name) for name in ("kind", "type", "data_position"))
_encode = msgspec.json.Encoder().encode


class Histories:
    def __init__(self, store: SqlStore, runner: Runner, workers: Workers, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._workers = workers
        self._settings = settings

    async def of_artifact(self, log: str, artifact_id: str, before: int, limit: int) -> Read:
        """Its events below a version, the newest first, those of a deleted one too.

        Raises ArtifactNotFound, TooMuchWork.
        """
        head = (await self._store.head(log)).position
        number = await self._store.log_number(log)
        asked = {"category": CATEGORY, "stream": artifact_id, "before": before, "limit": limit + 1}
        headers = await self._store.fetch(STEPS, log=number, **asked)
        if not headers and not await self._store.fetch(STEPS, log=number, **asked | {"before": 2**62}):
            raise ArtifactNotFound(artifact_id)
        shown = headers[:limit]
        summaries = await self._summaries(log, number, [(each[_DATA], each[_TYPE]) for each in headers])
        steps = [
            {**asdict(entry_of(tuple(header))), "summary": None if header[_KIND] == DELETED else line}
            for header, line in zip(shown, summaries, strict=False)
        ]
        return Read(_encode(steps).decode(), head)

    async def of_key(self, log: str, key: str, before: str | None, limit: int, *, deleted: bool) -> Read:
        """Its artifacts, the youngest first, behind one of them; also those that were deleted, if that is asked for.

        Raises CollectionNotFound, ArtifactNotFound, ProjectionBehind, TooMuchWork.
        """
        head = (await self._store.head(log)).position
        await self._runner.wait_for(log, NAME, head, self._settings.wait_timeout_s)
        number, stored = await self._store.log_number(log), storable(key) or ""
        created, position = FIRST if before is None else await self._age(number, stored, before)
        rows = await self._store.fetch(
            versions_before(deleted=deleted),
            log=number,
            key=stored,
            created=created,
            position=position,
            limit=limit + 1,
        )
        if not rows and before is None:
            raise CollectionNotFound(key)
        found = [Version.from_row(row) for row in rows]
        latest = await self._latest_id(log, stored)
        summaries = await self._summaries(log, number, [(each.data_position, storable(each.type)) for each in found])
        shown = [
            {**version(each), "is_latest": each.id == latest, "summary": line}
            for each, line in zip(found[:limit], summaries, strict=False)
        ]
        return Read(_encode(shown).decode(), head)

    async def _summaries(self, log: str, number: int, steps: Sequence[tuple[int, str | None]]) -> list[str | None]:
        """What each step changed: the newest first, by where its data stands and its type as it is stored."""
        async with self._workers.turn():
            data = await self._data(log, number, [position for position, _ in steps])
            told = [(data.get(position), restored(type)) for position, type in steps]
            return await self._workers.run(summarised, told)

    async def _age(self, number: int, key: str, artifact_id: str) -> tuple[int, int]:
        rows = await self._store.fetch(AGE, log=number, key=key, id=artifact_id)
        if not rows:
            raise ArtifactNotFound(artifact_id)
        created, position = rows[0]
        return created, position

    async def _latest_id(self, log: str, key: str) -> str | None:
        rows = await self._store.fetch(COLLECTIONS.read, name=log, identity=key)
        return rows[0][1 + list(COLLECTIONS.columns).index("latest_id")] if rows else None

    async def _data(self, log: str, number: int, positions: Sequence[int]) -> dict[int, Data]:
        """The data that stands at positions; without those where it is there no more."""
        wanted = list(set(positions))
        sizes: dict[int, int] = dict(await self._store.fetch(SIZES, log=number, positions=wanted)) if wanted else {}
        small = [each for each in wanted if sizes.get(each, 0) <= SUMMARY_BODY_BYTES_MAX]
        bodies: Mapping[int, str] = await self._store.bodies(log, small) if small else {}
        large = {each: Data(None, size) for each, size in sizes.items() if size > SUMMARY_BODY_BYTES_MAX}
        read = {
            position: Data(bytes(decode_content(body).data).decode(), len(body.encode()))
            for position, body in bodies.items()
        }
        return large | read


Told: TypeAlias = tuple[Data | None, str | None]
"""The data of a step, if it is still there, and its type."""


def summarised(steps: Sequence[Told]) -> list[str | None]:
    """What each step, the newest first, changed, in a line; None: the data is there no more. Pure."""
    changes = [_change(after, before) for after, before in pairwise(steps)]
    return changes + [_extent(step) for step in steps[-1:]]


def _change(after: Told, before: Told) -> str | None:
    (data, type), (data_before, type_before) = after, before
    if data is None or data_before is None:
        return None
    if data.text is None or data_before.text is None:
        return f"{data_before.body_bytes:,} → {data.body_bytes:,} bytes"
    return summary(data_before.text, data.text, type, type_before)


def _extent(step: Told) -> str | None:
    data, type = step
    if data is None:
        return None
    return f"{data.body_bytes:,} bytes" if data.text is None else summary(None, data.text, type)


def version(each: Version) -> dict[str, Any]:
    return {
        **{name: getattr(each, name) for name in ("id", "type")},
        "created": as_text(each.created),
        "updated": as_text(each.updated),
        "created_position": each.created_position,
        "position": each.position,
        "deleted_position": each.gone_position,
        "version": each.version,
        "flow_run_id": each.flow_run_id,
        "task_run_id": each.task_run_id,
        "actor": each.actor,
        "client": each.client,
        "request_id": each.request_id,
        "restored_from": restored_from(each.related),
    }


def restored_from(related: str) -> dict[str, Any] | None:
    """The artifact whose content it began with, and the position of the state that it had then."""
    for labels in related_of(related):
        if labels.get("prefect.resource.role") == RESTORED_FROM:
            artifact_id = labels.get("prefect.resource.id", "").removeprefix("prefect.artifact.")
            return {"artifact_id": artifact_id, "position": int(labels.get(POSITION_LABEL, "0"))}
    return None


STEPS = Statement(
    select(*EVENTS.columns)
    .where(
        EVENTS.c.log == bindparam("log"),
        EVENTS.c.category == bindparam("category"),
        EVENTS.c.stream == bindparam("stream"),
        EVENTS.c.version < bindparam("before"),
    )
    .order_by(EVENTS.c.version.desc())
    .limit(bindparam("limit")),
    is_point_read=True,
)
"""The events of a stream below a version, the newest first."""
