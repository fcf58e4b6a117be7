"""Deciding about retention: its policies, and what is recorded when one is applied. Pure."""

import msgspec

from events.event import Event, Micros, Origin, Outcome
from events.streams import StreamId
from projections.policies import CATEGORY, PolicyRow
from service.deciding.commands import PolicyNotFound, PutPolicy, RemovePolicy
from service.deciding.place import Draft, Place

SET = "digsite.retention.set"
REMOVED = "digsite.retention.removed"
APPLIED = "digsite.retention.applied"

_encode = msgspec.json.Encoder().encode


def put(command: PutPolicy, version: int, place: Place) -> list[Draft]:
    """Set a policy. `version`: of its stream."""
    event = _event(command.name, SET, place, command.origin, place.position, place.moment, command.content)
    return [Draft(StreamId(CATEGORY, command.name), version + 1, event)]


def remove(command: RemovePolicy, row: PolicyRow | None, version: int, place: Place) -> list[Draft]:
    """Remove a policy: what it would let go stays. Raises PolicyNotFound."""
    if row is None:
        raise PolicyNotFound(command.name)
    event = _event(command.name, REMOVED, place, command.origin, row.data_position, row.updated)
    return [Draft(StreamId(CATEGORY, command.name), version + 1, event)]


def applied(row: PolicyRow, artifacts: int, bodies: int, size_bytes: int, place: Place, origin: Origin) -> Draft:
    """What one step of an application let go: counts, and no content."""
    counts = {"policy": row.name, "artifacts": artifacts, "bodies": bodies, "size_bytes": size_bytes}
    content = _encode(counts).decode()
    event = _event(row.name, APPLIED, place, origin, row.data_position, row.updated, content)
    return Draft(StreamId(CATEGORY, row.name), row.version + 1, event)


def _event(
    name: str,
    kind: str,
    place: Place,
    origin: Origin,
    data_position: int,
    updated: Micros,
    content: str | None = None,
) -> Event:
    return Event(
        id=place.event_id(),
        kind=kind,
        occurred=place.moment,
        resource={"prefect.resource.id": f"digsite.retention.{name}", "prefect.resource.name": name},
        origin=origin,
        outcome=Outcome(data_position=data_position, updated=updated),
        content=content,
    )
