"""Deciding about what is moved over from a Prefect server: its history becomes events here, pure.

What Prefect knew is kept: ids, `created`, `updated`, `occurred`. Only `recorded` is of this log.
"""

from enum import StrEnum

from msgspec.structs import replace

from events.event import Event, Origin, Outcome
from events.ids import derived_id
from events.streams import StreamId
from projections.artifacts import CATEGORY, Artifact
from projections.collections import CATEGORY as COLLECTION
from projections.collections import Collection
from service.deciding import artifact as artifacts
from service.deciding import collection as collections
from service.deciding.commands import ImportedArtifact, ImportedCollection, ImportedStep, content
from service.deciding.outcome import outcome_of
from service.deciding.place import Draft, Place, follows
from service.deciding.resources import artifact_resource, collection_resource, related, runs
from service.provenance import IMPORTED


class Standing(StrEnum):
    """What this log knows of an artifact of a Prefect server."""

    NEW = "new"
    IMPORTED = "imported"
    """It was brought, and nobody has touched it here."""
    CHANGED = "changed"
    """It was changed here since, or is from here."""
    DELETED = "deleted"
    """It was deleted here since."""


def standing(artifact: Artifact | None, version: int, actor: str | None) -> Standing:
    """`version` is that of the artifact's stream, `actor` who wrote the last event of it.

    What is brought after a change from here would undo it. So one look at the last event tells of all.
    """
    if version == 0:
        return Standing.NEW
    if artifact is None:
        return Standing.DELETED
    return Standing.IMPORTED if actor == IMPORTED else Standing.CHANGED


def is_wanted(new: ImportedArtifact, artifact: Artifact | None, found: Standing) -> bool:
    """Whether its steps still fit behind what the log has of it."""
    if artifact is None:
        return found is Standing.NEW and new.since is None
    return found is Standing.IMPORTED and new.since == artifact.updated


def create(new: ImportedArtifact, step: ImportedStep, place: Place, origin: Origin) -> Draft:
    """The creation of an artifact, as it was. Its collection follows by `follow`."""
    here = place.position
    outcome = Outcome(
        key=new.key,
        type=new.type,
        flow_run_id=new.flow_run_id,
        task_run_id=new.task_run_id,
        created=new.created,
        updated=step.updated,
        created_position=here,
        data_position=here,
        description_position=here,
        metadata_position=here,
    )
    event = Event(
        id=step.event_id,
        kind=artifacts.CREATED,
        occurred=step.occurred,
        resource=artifact_resource(new.id, new.key),
        related=runs(outcome) if step.related is None else step.related,
        origin=origin,
        outcome=outcome,
        content=content(step.data or "null", step.description or "null", step.metadata or "null"),
    )
    return Draft(StreamId(CATEGORY, new.id), 1, event)


def change(artifact: Artifact, step: ImportedStep, place: Place, origin: Origin) -> Draft:
    """A change in place, as it was."""
    here = place.position
    outcome = replace(
        outcome_of(artifact),
        updated=step.updated,
        data_position=artifact.data_position if step.data is None else here,
        description_position=artifact.description_position if step.description is None else here,
        metadata_position=artifact.metadata_position if step.metadata is None else here,
    )
    event = Event(
        id=step.event_id,
        kind=artifacts.UPDATED,
        occurred=step.occurred,
        resource=artifact_resource(artifact.id, artifact.key),
        related=runs(outcome) if step.related is None else step.related,
        follows=follows(artifact.event_id, artifact.recorded, place.moment),
        origin=origin,
        outcome=outcome,
        content=content(step.data, step.description, step.metadata),
    )
    return Draft(StreamId(CATEGORY, artifact.id), artifact.version + 1, event)


def is_latest(
    artifact: Artifact, collection: Collection, latest: Artifact | None, theirs: ImportedCollection | None
) -> bool:
    """Whether an artifact that is brought is the latest of its key, or becomes it. `latest` is what is shown now.

    Where Prefect itself shows another than the newest, so does this log.
    """
    if latest is None or latest.id == artifact.id:
        return True
    if theirs is not None and (collection.id, collection.latest_id) == (theirs.id, theirs.latest_id):
        return False
    return artifact.version == 1 and artifact.age > latest.age


def follow(
    artifact: Artifact,
    step: ImportedStep,
    collection: Collection | None,
    theirs: ImportedCollection | None,
    place: Place,
    origin: Origin,
    *,
    is_last: bool,
) -> Draft:
    """The collection of an artifact that is its latest, after a step of it.

    `theirs` is what Prefect shows of the key: with the last step of Prefect's latest, so does this log.
    """
    id = collection_id(artifact, collection, theirs)
    outcome = replace(outcome_of(artifact), latest_after=artifact.id, created_position=None)
    if collection is not None:
        outcome = replace(outcome, created=collection.created, latest_before=collection.latest_id)
    elif theirs is not None:
        outcome = replace(outcome, created=theirs.created)
    if is_last and theirs is not None and (theirs.id, theirs.latest_id) == (id, artifact.id):
        outcome = replace(outcome, created=theirs.created, updated=theirs.updated)
    event = Event(
        id=step.announced_id or derived_id("the collection's", step.event_id),
        kind=collections.CREATED if collection is None else collections.UPDATED,
        occurred=step.occurred if step.announced is None else step.announced,
        resource=collection_resource(id, artifact.key),
        related=(related(f"prefect.artifact.{artifact.id}", "latest"), *runs(outcome)),
        follows=None if collection is None else follows(collection.event_id, collection.recorded, place.moment),
        origin=origin,
        outcome=outcome,
    )
    return Draft(StreamId(COLLECTION, id), 1 if collection is None else collection.version + 1, event)


def collection_id(artifact: Artifact, collection: Collection | None, theirs: ImportedCollection | None) -> str:
    """The id of the artifact's collection: this log's, else Prefect's, else one that follows from the artifact's."""
    if collection is not None:
        return collection.id
    return derived_id("the collection of", artifact.id) if theirs is None else theirs.id
