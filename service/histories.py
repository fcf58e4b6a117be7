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
from projections.history.keys import KEY_STATE, KeyState
from projections.history.states import NAME
from projections.history.versions import AGE, FIRST, NUMBERS_OF, Version, versions_before
from projections.runner import Runner
from projections.runs.reader import names_of
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


Place: TypeAlias = tuple[int, str | None]
"""Where the data of a state stands, and its type as it is stored."""

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

    async def of_key(
        self,
        log: str,
        key: str,
        before: str | None,
        limit: int,
        *,
        offset: int = 0,
        deleted: bool,
        as_of: int | None = None,
    ) -> Read:
        """Its artifacts, the youngest first, behind one of them and as many more as `offset` says; also those that were
        deleted, if that is asked for.

        As of a position they are as they were then; the names of runs are as they are known now.

        Raises CollectionNotFound, ArtifactNotFound, ProjectionBehind, TooMuchWork.
        """
        position = (await self._store.head(log)).position if as_of is None else as_of
        await self._runner.wait_for(log, NAME, position, self._settings.wait_timeout_s)
        number, stored = await self._store.log_number(log), storable(key) or ""
        created, created_position = FIRST if before is None else await self._age(number, stored, before)
        rows = await self._store.fetch(
            versions_before(deleted=deleted),
            log=number,
            key=stored,
            as_of=position,
            created=created,
            position=created_position,
            offset=offset,
            limit=limit + 1,
        )
        if not rows and before is None and not offset:
            raise CollectionNotFound(key)
        found = [Version.from_row(row) for row in rows]
        summaries = await self._summaries(log, number, [(each.data_position, storable(each.type)) for each in found])
        shown = found[:limit]
        latest = await self._latest_id(number, stored, position)
        numbers = await self._numbers(number, stored, shown)
        names = await names_of(
            self._store, number, [id for each in shown for id in (each.flow_run_id, each.task_run_id)]
        )
        answers = [
            {**version(each, numbers, names), "is_latest": each.id == latest, "summary": line}
            for each, line in zip(shown, summaries, strict=False)
        ]
        return Read(_encode(answers).decode(), position)

    async def _summaries(self, log: str, number: int, steps: Sequence[Place]) -> list[str | None]:
        """What each step, the newest first, changed."""
        return await self.effects(log, number, [*pairwise(steps), *((step, None) for step in steps[-1:])])

    async def effects(self, log: str, number: int, changes: Sequence[tuple[Place, Place | None]]) -> list[str | None]:
        """What each change did to the data, from before to after, in a line. Raises StorageUnavailable, TooMuchWork."""
        async with self._workers.turn():
            data = await self._data(log, number, [each[0] for change in changes for each in change if each is not None])

            def told(place: Place) -> Told:
                return data.get(place[0]), restored(place[1])

            pairs = [(told(after), before and told(before)) for after, before in changes]
            return await self._workers.run(summarised, pairs)

    async def _age(self, number: int, key: str, artifact_id: str) -> tuple[int, int]:
        rows = await self._store.fetch(AGE, log=number, key=key, id=artifact_id)
        if not rows:
            raise ArtifactNotFound(artifact_id)
        created, position = rows[0]
        return created, position

    async def _latest_id(self, number: int, key: str, as_of: int) -> str | None:
        rows = await self._store.fetch(KEY_STATE, log=number, key=key, as_of=as_of)
        states = [KeyState.from_row(row) for row in rows]
        return next((state.latest_id for state in states if state.gone_position is None), None)

    async def _numbers(self, number: int, key: str, versions: Sequence[Version]) -> dict[str, int]:
        """Those of the versions, and of what they were restored from, by id."""
        sources = [source["artifact_id"] for each in versions if (source := restored_from(each.related))]
        ids = [*(each.id for each in versions), *sources]
        return dict(await self._store.fetch(NUMBERS_OF, log=number, key=key, ids=ids))

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


def summarised(changes: Sequence[tuple[Told, Told | None]]) -> list[str | None]:
    """What each change, from before to after, did, in a line; None: the data is there no more. Pure."""
    return [_extent(after) if before is None else _change(after, before) for after, before in changes]


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


def version(each: Version, numbers: Mapping[str, int], names: Mapping[str, str]) -> dict[str, Any]:
    """`numbers` of the versions of its key, and `names` of the runs, by id."""
    source = restored_from(each.related)
    return {
        **{name: getattr(each, name) for name in ("id", "type")},
        "created": as_text(each.created),
        "updated": as_text(each.updated),
        "created_position": each.created_position,
        "position": each.position,
        "deleted_position": each.gone_position,
        "deleted": None if each.gone is None else as_text(each.gone),
        "deleted_by": each.gone_by,
        "version": each.version,
        "flow_run_id": each.flow_run_id,
        "flow_run_name": names.get(each.flow_run_id or ""),
        "task_run_id": each.task_run_id,
        "task_run_name": names.get(each.task_run_id or ""),
        "actor": each.actor,
        "client": each.client,
        "request_id": each.request_id,
        "restored_from": source,
        "restored_number": None if source is None else numbers.get(source["artifact_id"]),
        "number": numbers[each.id],
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
