"""Facts: all that is known of an artifact in a state beside its data: its place, who wrote it, where, in which run.

the last state by a position ─► its events: the last, the first, the deletion ─► the runs that they name
"""

from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import asdict
from sqlalchemy import bindparam, select

from events.clock import as_text
from events.entry import Entry, entry_of
from events.stores.sql import SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, HEADER, Row, related_of
from projections.artifacts import Artifact
from projections.history.place import Place, place_of
from projections.runs.reader import find_flow_run, names_of
from service.contents import Content, content_of
from service.histories import restored_from
from service.past import Last, Past
from service.previews import glance
from service.previews.preview import Absent
from service.read import Read

_NO_PLACE = Place(1, 1, None, None)
_RELATED = HEADER.index("related")
_POSITION = HEADER.index("position")
_encode = msgspec.json.Encoder().encode


class RunNames(Struct, frozen=True):
    """How the runs that wrote an artifact are called; None: nobody has said so."""

    flow_run_name: str | None = None
    flow_name: str | None = None
    task_run_name: str | None = None


class Facts:
    def __init__(self, store: SqlStore, past: Past) -> None:
        self._store = store
        self._past = past

    async def read(self, log: str, artifact_id: str, as_of: int | None = None) -> Read:
        """The facts of an artifact as it was last by a position, or is; also of a deleted one. As JSON text.

        Raises ArtifactNotFound, ProjectionBehind, StorageUnavailable.
        """
        last = await self._past.last(log, artifact_id, as_of)
        row = last.artifact
        content = await content_of(self._store, log, row)
        place = await place_of(self._store, row, last.as_of) or _NO_PLACE
        cause = None if content.absence is None else content.absence.cause
        headers = await self._headers(row.log, row.position, row.created_position, last.gone_position, cause)
        names = await self._names(row, headers[row.created_position])
        return Read(_encode(told(last, content, place, headers, names)).decode(), last.as_of, row.version)

    async def _headers(self, number: int, *positions: int | None) -> dict[int, Row]:
        wanted = list({each for each in positions if each is not None})
        rows = await self._store.fetch(HEADERS, log=number, positions=wanted)
        return {row[_POSITION]: tuple(row) for row in rows}

    async def _names(self, row: Artifact, created: Row) -> RunNames:
        """As the event says that created it; what that did not know, as it is known now."""
        said = names_in(created)
        known = await names_of(self._store, row.log, (row.flow_run_id, row.task_run_id))
        run = None
        if said.flow_name is None and row.flow_run_id is not None:
            run = await find_flow_run(self._store, row.log, row.flow_run_id)
        return RunNames(
            flow_run_name=said.flow_run_name or known.get(row.flow_run_id or ""),
            flow_name=said.flow_name if run is None or run.flow is None else run.flow.name,
            task_run_name=said.task_run_name or known.get(row.task_run_id or ""),
        )


def told(last: Last, content: Content, place: Place, headers: dict[int, Row], names: RunNames) -> dict[str, Any]:
    """The facts as they are shown. Pure."""
    row = last.artifact
    entry, created = entry_of(headers[row.position]), headers[row.created_position]
    seen = None if content.data is None else glance(row.type, content.data)
    return {
        "id": row.id,
        "key": row.key,
        **asdict(place),
        "type": row.type,
        "shown_as": None if seen is None else seen.shown_as,
        "preview": Absent(_reason(content)) if seen is None else seen.preview,
        "description": Raw(content.description.encode()),
        "metadata_": Raw(content.metadata.encode()),
        "created": as_text(row.created),
        "updated": as_text(row.updated),
        "created_position": row.created_position,
        "position": row.position,
        "version": row.version,
        "recorded": entry.recorded,
        "hash": entry.hash,
        "event_id": entry.id,
        "data_position": row.data_position,
        "data_bytes": None if content.data is None else len(content.data.encode()),
        "data_sha256": None if content.data is None else sha256(content.data.encode()).hexdigest(),
        **{name: getattr(entry, name) for name in ("actor", "client", "address", "request_id")},
        "flow_run_id": row.flow_run_id,
        "task_run_id": row.task_run_id,
        **asdict(names),
        "deleted": None if last.gone_position is None else _said(entry_of(headers[last.gone_position])),
        "restored_from": restored_from(created[_RELATED]),
        "absent": _absent(content, headers),
    }


def names_in(header: Row) -> RunNames:
    """The names of the runs that an event relates to. Pure."""
    found: dict[str, str | None] = {}
    for labels in related_of(header[_RELATED]):
        found.setdefault(labels.get("prefect.resource.role", ""), labels.get("prefect.resource.name"))
    return RunNames(found.get("flow-run"), found.get("flow"), found.get("task-run"))


def _said(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("position", "recorded", "kind", "actor")}


def _absent(content: Content, headers: dict[int, Row]) -> dict[str, Any] | None:
    """Why the data is there no more, and the event that says so."""
    if content.data is not None:
        return None
    cause = None if content.absence is None else headers.get(content.absence.cause)
    return {"reason": _reason(content), "cause": None if cause is None else _said(entry_of(cause))}


def _reason(content: Content) -> str:
    return "missing" if content.absence is None else str(content.absence.reason)


HEADERS = Statement(
    select(*EVENTS.columns).where(EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions")),
    is_point_read=True,
)
"""The headers at some positions."""
