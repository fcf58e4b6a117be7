"""Deciding about an artifact: from what is known and a command to the events, pure."""

from collections.abc import Mapping

from msgspec.structs import replace

from events.event import Event, Labels, Origin, Outcome
from events.streams import StreamId
from projections.artifacts import CATEGORY, Artifact
from projections.collections import Collection
from service.deciding import collection as collections
from service.deciding.commands import (
    DELETE_VERSIONS_MAX,
    ArtifactNotFound,
    CollectionNotFound,
    DeleteArtifact,
    DeleteCollection,
    NewArtifact,
    TooManyVersions,
    UpdateArtifact,
    VersionMismatch,
)
from service.deciding.outcome import outcome_of
from service.deciding.place import Draft, Place, follows
from service.deciding.resources import artifact_resource, runs

CREATED = "prefect.artifact.created"
UPDATED = "prefect.artifact.updated"
DELETED = "prefect.artifact.deleted"

Related = Mapping[int, tuple[Labels, ...]]
"""What the events that created artifacts relate to, by their positions: so do all later events of these artifacts."""


def create(
    new: NewArtifact,
    collection: Collection | None,
    place: Place,
    origin: Origin,
    event_id: str | None = None,
) -> list[Draft]:
    """Record a new artifact; with a key, as the latest of its collection. `collection` is that key's, if any."""
    artifact_id = place.new_id(place.moment)
    moment = place.moment if collection is None else max(place.moment, collection.updated + 1)
    outcome = Outcome(
        key=new.key,
        type=new.type,
        flow_run_id=new.flow_run_id,
        task_run_id=new.task_run_id,
        created=moment,
        updated=moment,
        created_position=place.position,
        data_position=place.position,
        description_position=place.position,
        metadata_position=place.position,
    )
    event = Event(
        id=event_id or place.event_id(),
        kind=CREATED,
        occurred=place.moment,
        resource=artifact_resource(artifact_id, new.key),
        related=new.related or runs(outcome),
        origin=origin,
        outcome=outcome,
        content=new.content,
    )
    created = Draft(StreamId(CATEGORY, artifact_id), 1, event)
    if new.key is None:
        return [created]
    return [created, collections.take_latest(new.key, collection, artifact_id, outcome, place, origin)]


def update(
    command: UpdateArtifact, artifact: Artifact | None, collection: Collection | None, related: Related, place: Place
) -> list[Draft]:
    """Change an artifact in place. `collection` is that of its key. Raises ArtifactNotFound, VersionMismatch."""
    artifact = _checked(command, artifact)
    here = place.position
    outcome = replace(
        outcome_of(artifact),
        updated=max(place.moment, artifact.updated + 1),
        data_position=artifact.data_position if command.data is None else here,
        description_position=artifact.description_position if command.description is None else here,
        metadata_position=artifact.metadata_position if command.metadata is None else here,
    )
    updated = _next(artifact, UPDATED, outcome, related, place, command.origin, content=command.content)
    if collection is None or collection.latest_id != artifact.id:
        return [updated]
    return [updated, collections.follow_latest(collection, outcome, place, command.origin)]


def delete(
    command: DeleteArtifact,
    artifact: Artifact | None,
    collection: Collection | None,
    heir: Artifact | None,
    related: Related,
    place: Place,
) -> list[Draft]:
    """Delete an artifact. `heir` is the newest other one of its key.

    Raises ArtifactNotFound, VersionMismatch.
    """
    artifact = _checked(command, artifact)
    deleted = _deleted(artifact, related, place, command.origin)
    if collection is None or collection.latest_id != artifact.id:
        return [deleted]
    if heir is None:
        return [deleted, collections.end(collection, place, 1, command.origin)]
    return [deleted, collections.fall_back(collection, heir, place, command.origin)]


def delete_all(
    command: DeleteCollection,
    collection: Collection | None,
    artifacts: list[Artifact],
    related: Related,
    place: Place,
) -> list[Draft]:
    """Delete a key with all its artifacts, the oldest first. Raises CollectionNotFound, TooManyVersions."""
    if collection is None:
        raise CollectionNotFound(command.key)
    if len(artifacts) > DELETE_VERSIONS_MAX:
        raise TooManyVersions(command.key, DELETE_VERSIONS_MAX)
    oldest_first = sorted(artifacts, key=lambda each: each.age)
    deleted = [
        _deleted(each, related, replace(place, moment=place.moment + index), command.origin)
        for index, each in enumerate(oldest_first)
    ]
    return [*deleted, collections.end(collection, place, len(deleted), command.origin)]


def _deleted(artifact: Artifact, related: Related, place: Place, origin: Origin) -> Draft:
    """The event of an artifact's deletion. It carries the state just before."""
    return _next(artifact, DELETED, outcome_of(artifact), related, place, origin)


def _checked(command: UpdateArtifact | DeleteArtifact, artifact: Artifact | None) -> Artifact:
    if artifact is None:
        raise ArtifactNotFound(command.id)
    if command.expected_version not in (None, artifact.version):
        raise VersionMismatch(command.id, command.expected_version or 0, artifact.version)
    return artifact


def _next(
    artifact: Artifact,
    kind: str,
    outcome: Outcome,
    related: Related,
    place: Place,
    origin: Origin,
    content: str | None = None,
) -> Draft:
    """The next event of an artifact that exists."""
    event = Event(
        id=place.event_id(),
        kind=kind,
        occurred=place.moment,
        resource=artifact_resource(artifact.id, artifact.key),
        related=related.get(artifact.created_position) or runs(outcome),
        follows=follows(artifact.event_id, artifact.recorded, place.moment),
        origin=origin,
        outcome=outcome,
        content=content,
    )
    return Draft(StreamId(CATEGORY, artifact.id), artifact.version + 1, event)
