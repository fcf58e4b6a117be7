"""Deciding about a pin: whether an artifact is kept from retention, pure.

A pin has a stream of its own, so that an artifact's version, and with it `If-Match`, stays what it was.
"""

from events.event import Event, Outcome
from events.streams import PIN, StreamId
from projections.artifacts import Artifact
from service.deciding.commands import ArtifactNotFound, PinArtifact, UnpinArtifact
from service.deciding.place import Draft, Place
from service.deciding.resources import artifact_resource

PINNED = "digsite.artifact.pinned"
UNPINNED = "digsite.artifact.unpinned"


def pin(
    command: PinArtifact | UnpinArtifact, artifact: Artifact | None, is_pinned: bool, version: int, place: Place
) -> list[Draft]:
    """Pin an artifact or let it go; nothing is recorded where it is so already. `version`: of the pin's stream.

    What was deleted keeps its pin, and so its history, until it is let go. Raises ArtifactNotFound.
    """
    is_wanted = isinstance(command, PinArtifact)
    if artifact is None and not (is_pinned and not is_wanted):
        raise ArtifactNotFound(command.id)
    if is_pinned == is_wanted:
        return []
    key, type = (None, None) if artifact is None else (artifact.key, artifact.type)
    event = Event(
        id=place.event_id(),
        kind=PINNED if is_wanted else UNPINNED,
        occurred=place.moment,
        resource=artifact_resource(command.id, key),
        origin=command.origin,
        outcome=Outcome(key=key, type=type),
    )
    return [Draft(StreamId(PIN, command.id), version + 1, event)]
