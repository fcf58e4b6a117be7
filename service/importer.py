"""The importer: that part of a batch which brings artifacts of a Prefect server, step by step."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from events.event import Origin, RecordedEvent
from events.ids import derived_id
from events.stores.sql import Transaction
from events.streams import StreamId
from projections.artifacts import ARTIFACTS, Artifact
from projections.artifacts import CATEGORY as ARTIFACT
from projections.collections import CATEGORY as COLLECTION
from projections.collections import COLLECTIONS, Collection
from service.deciding import imports
from service.deciding.commands import ImportArtifacts, ImportedArtifact, ImportedCollection, ImportedStep
from service.deciding.place import Draft, Place
from service.known import Known


class Importer:
    """Loads what `ImportArtifacts` needs, and carries it out. `record` is the batch's own."""

    def __init__(
        self, transaction: Transaction, known: Known, record: Callable[[list[Draft]], list[RecordedEvent]]
    ) -> None:
        self._transaction = transaction
        self._known = known
        self._record = record

    async def load(self, commands: Sequence[ImportArtifacts]) -> None:
        """What the log has of the artifacts that are brought, and of their keys."""
        brought = [artifact for command in commands for artifact in command.artifacts]
        if not brought:
            return
        ids = [artifact.id for artifact in brought]
        keys = [artifact.key for artifact in brought if artifact.key is not None]
        steps = [step for artifact in brought for step in artifact.steps]
        await self._transaction.load(ARTIFACTS, ids)
        await self._transaction.load(COLLECTIONS, keys)
        await self._transaction.load(ARTIFACTS, [each.latest_id for each in map(self._collection, keys) if each])
        await self._known.load_versions(ARTIFACT, ids)
        await self._known.load_versions(COLLECTION, [each.id for command in commands for each in command.collections])
        await self._known.load_actors([artifact.position for artifact in map(self._artifact, ids) if artifact])
        await self._known.load_ids([id for step in steps for id in (step.event_id, step.announced_id) if id])

    async def carry_out(self, command: ImportArtifacts) -> list[RecordedEvent]:
        """What was recorded: nothing of an artifact that the log has otherwise than the command takes it to."""
        answer: list[RecordedEvent] = []
        collections = {each.key: each for each in command.collections}
        for new in command.artifacts:
            if imports.is_wanted(new, self._artifact(new.id), self._standing(new.id)):
                answer += await self._bring(new, collections.get(new.key or ""), command.origin)
        return answer

    async def _bring(
        self, new: ImportedArtifact, theirs: ImportedCollection | None, origin: Origin
    ) -> list[RecordedEvent]:
        answer: list[RecordedEvent] = []
        for step in filter(lambda step: self._is_news(new, step), new.steps):
            before, here = self._artifact(new.id), self._with_free_ids(new, step)
            if before is None:
                draft = imports.create(new, here, self._place(), origin)
            else:
                draft = imports.change(before, here, self._place(), origin)
            answer += self._record([draft])
            if new.key is not None and await self._is_latest(new, theirs):
                answer += self._follow(new, here, theirs, origin, is_last=step is new.steps[-1])
        return answer

    async def _is_latest(self, new: ImportedArtifact, theirs: ImportedCollection | None) -> bool:
        """Whether the artifact, as it is by now, is the latest of its key, or is to be."""
        artifact, collection = self._artifact(new.id), self._collection(new.key or "")
        if artifact is None or collection is None:
            return artifact is not None
        await self._transaction.load(ARTIFACTS, [collection.latest_id])
        latest = self._artifact(collection.latest_id)
        return imports.is_latest(artifact, collection, latest, theirs)

    def _follow(
        self,
        new: ImportedArtifact,
        step: ImportedStep,
        theirs: ImportedCollection | None,
        origin: Origin,
        *,
        is_last: bool,
    ) -> list[RecordedEvent]:
        artifact, collection = self._artifact(new.id), self._collection(new.key or "")
        assert artifact is not None
        draft = imports.follow(artifact, step, collection, theirs, self._place(), origin, is_last=is_last)
        if collection is None:  # of a key that was deleted here and comes back, the stream goes on
            draft = replace(draft, version=self._known.versions.get(draft.stream, 0) + 1)
        return self._record([draft])

    def _is_news(self, new: ImportedArtifact, step: ImportedStep) -> bool:
        """Of an artifact that was brought before, some steps may be in the log already."""
        return new.since is None or step.event_id not in self._known.ids

    def _with_free_ids(self, new: ImportedArtifact, step: ImportedStep) -> ImportedStep:
        """The step, with other ids where something else in the log goes by these."""
        if step.event_id in self._known.ids:
            step = replace(step, event_id=derived_id(f"in place of {step.event_id}", new.id))
        return replace(step, announced_id=None) if step.announced_id in self._known.ids else step

    def _standing(self, artifact_id: str) -> imports.Standing:
        artifact = self._artifact(artifact_id)
        actor = None if artifact is None else self._known.actors[artifact.position]
        return imports.standing(artifact, self._known.versions[StreamId(ARTIFACT, artifact_id)], actor)

    def _place(self) -> Place:
        recording = self._transaction.recording
        return Place(recording.next_position, recording.next_recorded)

    def _artifact(self, artifact_id: str) -> Artifact | None:
        row = self._transaction.row(ARTIFACTS, artifact_id)
        return None if row is None else Artifact.from_row(row)

    def _collection(self, key: str) -> Collection | None:
        row = self._transaction.row(COLLECTIONS, key)
        return None if row is None else Collection.from_row(row)
