"""Deciding about API keys: who may do what is changed by events, so that the log tells who was let in, pure.

All of them stand in the log `default`: access is the server's. A key itself is in none of them, nor its digest.
"""

import msgspec

from events.event import Event, Origin
from events.streams import StreamId, stream_of_outside
from service.deciding.commands import CreateKey, KeyExists, KeyNotFound, RevokeKey
from service.deciding.place import Draft, Place
from service.keys import ApiKey

CREATED = "digsite.api-key.created"
REVOKED = "digsite.api-key.revoked"


def stream_of(name: str) -> StreamId:
    return stream_of_outside(f"digsite.api-key.{name}")


def create(command: CreateKey, before: ApiKey | None, version: int, place: Place) -> tuple[Draft, ApiKey]:
    """The event, and the key as it is from now on. Raises KeyExists."""
    key = command.key
    if before is not None:
        raise KeyExists(key.name)
    content = msgspec.json.encode({"scope": str(key.scope), "log": key.log}).decode()
    return _draft(CREATED, key.name, content, version, place, command.origin), key


def revoke(command: RevokeKey, before: ApiKey | None, version: int, place: Place) -> tuple[Draft, ApiKey]:
    """The event, and the key as it is from now on. Raises KeyNotFound."""
    if before is None or before.revoked is not None:
        raise KeyNotFound(command.name)
    key = msgspec.structs.replace(before, revoked=place.moment)
    return _draft(REVOKED, key.name, None, version, place, command.origin), key


def _draft(kind: str, name: str, content: str | None, version: int, place: Place, origin: Origin) -> Draft:
    stream = stream_of(name)
    event = Event(
        id=place.event_id(),
        kind=kind,
        occurred=place.moment,
        resource={"prefect.resource.id": stream.id, "prefect.resource.name": name},
        origin=origin,
        content=content,
    )
    return Draft(stream, version + 1, event)
