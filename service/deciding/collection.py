"""Deciding about a collection: what a change to one of its artifacts means for it, pure.

Its event is the second of a decision. It has no body of its own: it points at the bodies of its latest artifact.
"""

from msgspec.structs import replace

from events.event import Event, Origin, Outcome
from events.streams import StreamId
from projections.artifacts import Artifact
from projections.collections import CATEGORY, Collection
from service.deciding.outcome import outcome_of
from service.deciding.place import Draft, Place, follows
from service.deciding.resources import collection_resource, related, runs

CREATED = "prefect.artifact-collection.created"
UPDATED = "prefect.artifact-collection.updated"
DELETED = "prefect.artifact-collection.deleted"


def take_latest(
    key: str,
    collection: Collection | None,
    artifact_id: str,
    artifact: Outcome,
    place: Place,
    origin: Origin,
) -> Draft:
    """A new artifact becomes the latest, in a new collection if the key has none."""
    if collection is None:
        outcome = replace(artifact, latest_after=artifact_id)
        return _draft(place.new_id(place.moment + 1), 1, CREATED, outcome, place, origin)
    outcome = replace(
        artifact, created=collection.created, latest_before=collection.latest_id, latest_after=artifact_id
    )
    return _next(collection, UPDATED, outcome, place, origin)


def follow_latest(collection: Collection, artifact: Outcome, place: Place, origin: Origin) -> Draft:
    """The latest artifact was changed in place."""
    latest = collection.latest_id
    outcome = replace(artifact, created=collection.created, latest_before=latest, latest_after=latest)
    return _next(collection, UPDATED, outcome, place, origin)


def fall_back(collection: Collection, heir: Artifact, place: Place, origin: Origin) -> Draft:
    """The latest artifact was deleted: the newest remaining one takes its place, with its own times."""
    outcome = replace(outcome_of(heir), latest_before=collection.latest_id, latest_after=heir.id)
    return _next(collection, UPDATED, outcome, place, origin)


def end(collection: Collection, place: Place, index: int, origin: Origin) -> Draft:
    """The last artifact was deleted. The event carries the state just before; it is the `index`th of its decision."""
    outcome = replace(outcome_of(collection), latest_before=collection.latest_id)
    return _next(collection, DELETED, outcome, place, origin, index)


def _next(collection: Collection, kind: str, outcome: Outcome, place: Place, origin: Origin, index: int = 1) -> Draft:
    before = follows(collection.event_id, collection.recorded, place.moment)
    return _draft(collection.id, collection.version + 1, kind, outcome, place, origin, before, index)


def _draft(
    collection_id: str,
    version: int,
    kind: str,
    outcome: Outcome,
    place: Place,
    origin: Origin,
    before: str | None = None,
    index: int = 1,
) -> Draft:
    latest = outcome.latest_after or outcome.latest_before
    event = Event(
        id=place.event_id(index),
        kind=kind,
        occurred=place.moment,
        resource=collection_resource(collection_id, outcome.key),
        related=(related(f"prefect.artifact.{latest}", "latest"), *runs(outcome)),
        follows=before,
        origin=origin,
        outcome=replace(outcome, created_position=None),
    )
    return Draft(StreamId(CATEGORY, collection_id), version, event)
