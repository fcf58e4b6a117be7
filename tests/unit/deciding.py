"""Given what has happened, when a command comes, then these events follow: deciding and folding without a database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from events.event import Labels, Micros, Origin
from events.recording import Recording
from events.store import Head
from events.stores.tables import Row, to_row
from projections.artifacts import ARTIFACTS, Artifact
from projections.collections import COLLECTIONS, Collection
from service.deciding import artifact
from service.deciding.commands import DeleteArtifact, DeleteCollection, NewArtifact, UpdateArtifact
from service.deciding.place import Draft, Place

MINUTE = 60 * 1_000_000


@dataclass
class Story:
    """A log in the making, folded by the projectors as it grows."""

    recording: Recording = field(default_factory=lambda: Recording(Head.empty("default"), 1_700_000_000_000_000))
    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: {"artifacts": {}, "collections": {}})
    related: dict[int, tuple[Labels, ...]] = field(default_factory=dict)
    ids: int = 0

    def create(self, key: str | None = None, **facts: Any) -> list[Draft]:
        collection = None if key is None else self.collection(key)
        return self.tell(artifact.create(NewArtifact(key=key, **facts), collection, self.place(), Origin()))

    def update(self, artifact_id: str, **changes: str) -> list[Draft]:
        command = UpdateArtifact(id=artifact_id, **changes)  # type: ignore[arg-type]
        return self.tell(artifact.update(command, *self.known(artifact_id), self.related, self.place()))

    def delete(self, artifact_id: str, expected_version: int | None = None) -> list[Draft]:
        known, collection = self.known(artifact_id)
        command = DeleteArtifact(id=artifact_id, expected_version=expected_version)
        heirs = [each for each in self.artifacts(known.key) if each.id != artifact_id] if known else []
        heir = max(heirs, key=lambda each: each.age, default=None)
        return self.tell(artifact.delete(command, known, collection, heir, self.related, self.place()))

    def delete_all(self, key: str) -> list[Draft]:
        versions = self.artifacts(key)
        command, collection = DeleteCollection(key=key), self.collection(key)
        return self.tell(artifact.delete_all(command, collection, versions, self.related, self.place()))

    def wait(self, time: Micros) -> None:
        self.recording = Recording(self.recording.head, self.recording.next_recorded + time)

    def place(self) -> Place:
        return Place(self.recording.next_position, self.recording.next_recorded, self.new_id)

    def new_id(self, moment: Micros) -> str:
        self.ids += 1
        return f"id-{self.ids}"

    def tell(self, drafts: Iterable[Draft]) -> list[Draft]:
        """Record what was decided, and fold it."""
        told = list(drafts)
        for draft in told:
            placed = self.recording.add(draft.event, draft.stream, draft.version)
            self.related[placed.position] = draft.event.related
            header = to_row(1, placed)
            for projector in (ARTIFACTS, COLLECTIONS):
                if projector.category == draft.stream.category:
                    identity, row = projector.apply(header)
                    self.rows[projector.name].pop(identity, None)
                    if row is not None:
                        self.rows[projector.name][identity] = row
        return told

    def artifacts(self, key: str | None = None) -> list[Artifact]:
        found = map(Artifact.from_row, self.rows["artifacts"].values())
        return [each for each in found if key is None or each.key == key]

    def collection(self, key: str) -> Collection | None:
        row = self.rows["collections"].get(key)
        return None if row is None else Collection.from_row(row)

    def known(self, artifact_id: str) -> tuple[Artifact | None, Collection | None]:
        row = self.rows["artifacts"].get(artifact_id)
        found = None if row is None else Artifact.from_row(row)
        return found, self.collection(found.key) if found and found.key is not None else None


def kinds(drafts: Iterable[Draft]) -> list[str]:
    return [draft.event.kind.removeprefix("prefect.") for draft in drafts]


def artifact_id(drafts: list[Draft]) -> str:
    return drafts[0].stream.id
