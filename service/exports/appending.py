"""Appending: what an export tells of is stated anew in a log that has a history of its own.

    outside events, observations      recorded under their ids, each once
    artifacts                         brought step by step, as from a Prefect server: ids and times stay, and what was
                                      changed or deleted here since is left as it is
    their collections                 decided anew: a key is this log's, whoever has the newer artifact
    the rest of a log's own events    left out: pins, policies, keys and erasures are about that log

So positions, versions and hashes are this log's. Whoever wrote it there, here the actor is that of imports.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from events.catalog import is_reserved
from events.event import Event, Labels, Origin
from events.stores.sql import ACTORS, SqlStore
from events.streams import RESOURCE
from projections.artifacts import ARTIFACTS, Artifact
from projections.collections import CATEGORY as COLLECTION
from projections.runs.observations import DEPLOYMENT, FLOW, FLOW_RUN, TASK_RUN
from service.deciding.artifact import CREATED, DELETED, UPDATED
from service.deciding.commands import (
    ArtifactNotFound,
    Command,
    DeleteArtifact,
    ImportArtifacts,
    ImportedArtifact,
    ImportedStep,
    RecordEvents,
)
from service.exports.line import Line
from service.exports.manifest import DamagedExport, Manifest
from service.exports.segments import manifest_in, read_segment
from service.exports.walk import Broken, Walk, check
from service.handler import handle
from service.provenance import IMPORTED, from_import

CLIENT = "digsite-server import"
OF_ARTIFACTS = frozenset((CREATED, UPDATED, DELETED))
OBSERVATIONS = frozenset(thing.kind for thing in (FLOW_RUN, TASK_RUN, FLOW, DEPLOYMENT))

Report = Callable[[int, int], None]
"""`report(done, total)`: positions."""


class Appended(Struct):
    """What came of it."""

    log: str
    recorded: int = 0
    """Events of this log."""
    position: int = 0
    """Where it ends."""
    touched: int = 0
    """Events of artifacts that were changed here since, or are from here."""
    headless: int = 0
    """Changes of artifacts whose creation is not in the export."""
    own: int = 0
    """Events that are about the other log."""
    nameless: int = 0
    """Events whose labels were erased."""


async def append_export(store: SqlStore, folder: Path, log: str | None, report: Report) -> Appended:
    """State it behind the head of a log. Again, it records nothing twice.

    Raises ExportError, StorageUnavailable; what was recorded by then stays.
    """
    manifest = manifest_in(folder)
    done = Appended(log or manifest.log)
    for lines in _checked(folder, manifest):
        done.recorded += await _carry_out(store, done.log, await _commands(store, done, lines))
        report(lines[-1].position - manifest.first + 1, manifest.last - manifest.first + 1)
    done.position = (await store.head(done.log)).position
    return done


def _checked(folder: Path, manifest: Manifest) -> Iterator[list[Line]]:
    """The lines, each looked at; along the chain, if there is no hole in it. Raises DamagedExport."""
    walk = Walk(0, manifest.first - 1, bytes.fromhex(manifest.before)) if manifest.filter is None else None
    for segment in manifest.segments:
        for lines in read_segment(folder, manifest, segment):
            try:
                for line in lines:
                    if walk is None:
                        check(line, segment.absent)
                    else:
                        walk.go(line, segment.absent)
            except Broken as broken:
                raise DamagedExport(folder / segment.file, broken.position, broken.reason) from broken
            yield lines


async def _carry_out(store: SqlStore, log: str, commands: Sequence[Command]) -> int:
    """How many events were recorded. To delete what is not there is no fault: it was deleted by an earlier try."""
    if not commands:
        return 0
    recorded = 0
    for answer in await store.transact(log, lambda transaction: handle(transaction, commands)):
        if isinstance(answer, Exception) and not isinstance(answer, ArtifactNotFound):
            raise answer
        recorded += 0 if isinstance(answer, Exception) else len(answer)
    return recorded


async def _commands(store: SqlStore, done: Appended, lines: Sequence[Line]) -> list[Command]:
    named = [line for line in lines if line.labels_salt is not None]
    done.nameless += len(lines) - len(named)
    here = await _artifacts(
        store, done.log, [line.stream for line in named if line.kind in (CREATED, UPDATED, DELETED)]
    )
    batch = _Batch(here, replace(from_import(), client=CLIENT))
    for line in named:
        batch.add(line, done)
    return batch.commands()


async def _artifacts(store: SqlStore, log: str, ids: Iterable[str]) -> dict[str, tuple[Artifact, bool]]:
    """Those that the log has, and whether they are as they were brought."""
    number = await store.log_number(log)
    rows = await store.fetch(ARTIFACTS.load, log=number, identities=list(dict.fromkeys(ids)))
    found = [Artifact.from_row(row) for row in rows]
    actors: dict[int, str] = dict(await store.fetch(ACTORS, log=number, positions=[each.position for each in found]))
    return {each.id: (each, actors[each.position] == IMPORTED) for each in found}


class _Batch:
    """The commands that some lines make."""

    def __init__(self, here: dict[str, tuple[Artifact, bool]], origin: Origin) -> None:
        self._here = here
        self._origin = origin
        self._steps: dict[str, list[Line]] = {}
        self._deleted: list[str] = []
        self._events: list[Event] = []

    def add(self, line: Line, done: Appended) -> None:
        if line.kind in OF_ARTIFACTS:
            self._add_step(line, done)
        elif line.category == RESOURCE and (line.kind in OBSERVATIONS or not is_reserved(line.kind)):
            self._events.append(event_of(line))
        elif line.category != COLLECTION:
            done.own += 1

    def _add_step(self, line: Line, done: Appended) -> None:
        known, is_as_brought = self._here.get(line.stream, (None, True))
        if not is_as_brought:
            done.touched += 1
        elif line.kind == DELETED:
            self._deleted.append(line.stream)
        elif known is None and line.kind != CREATED and line.stream not in self._steps:
            done.headless += 1
        else:
            self._steps.setdefault(line.stream, []).append(line)

    def commands(self) -> list[Command]:
        """What lived is brought before what was deleted is deleted: in the end it is the same."""
        artifacts = tuple(self._artifact(id, lines) for id, lines in self._steps.items())
        found: list[Command] = [ImportArtifacts(artifacts=artifacts, origin=self._origin)] if artifacts else []
        found += [DeleteArtifact(id=id, origin=self._origin) for id in self._deleted]
        if self._events:
            found.append(RecordEvents(events=tuple(self._events), origin=self._origin, is_own=True))
        return found

    def _artifact(self, id: str, lines: Sequence[Line]) -> ImportedArtifact:
        first, (known, _) = lines[0], self._here.get(id, (None, True))
        return ImportedArtifact(
            id=id,
            key=first.key,
            type=first.type,
            flow_run_id=first.flow_run_id,
            task_run_id=first.task_run_id,
            created=first.created or first.occurred,
            since=None if known is None else known.updated,
            steps=tuple(map(step_of, lines)),
        )


def event_of(line: Line) -> Event:
    """An event as it was stated, whoever recorded it. Pure."""
    return Event(
        id=line.id,
        kind=line.kind,
        occurred=line.occurred,
        resource=msgspec.json.decode(line.resource, type=Labels),
        related=msgspec.json.decode(line.related, type=tuple[Labels, ...]),
        follows=line.follows,
        schema_version=line.schema_version,
        content=line.content,
    )


def step_of(line: Line) -> ImportedStep:
    """A creation or a change as a step of its artifact. Of a body that is absent nothing is known. Pure."""
    fields = msgspec.json.decode(line.content or "{}", type=dict[str, Raw])
    data, description, metadata = (
        bytes(fields[name]).decode() if name in fields else None for name in ("data", "description", "metadata_")
    )
    return ImportedStep(
        event_id=line.id,
        occurred=line.occurred,
        updated=line.updated or line.occurred,
        data=data,
        description=description,
        metadata=metadata,
        related=msgspec.json.decode(line.related, type=tuple[Labels, ...]),
    )
