"""An entry of the log as an auditor reads it: what happened to what, when, by whom and from where. No content."""

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.stores.tables import HEADER, Row, restored
from events.streams import StreamId

ID, NAME = "prefect.resource.id", "prefect.resource.name"


class Entry(Struct, frozen=True):
    """The facts of one recorded event. Moments are text, as in the event itself."""

    position: int
    recorded: str
    occurred: str
    kind: str
    resource: str
    """The id of the resource that it is about."""
    name: str | None
    """That resource's name, if it has one."""
    key: str | None
    type: str | None
    flow_run_id: str | None
    task_run_id: str | None
    actor: str
    client: str
    address: str
    request_id: str
    changed: tuple[str, ...]
    """Which parts of an artifact it states anew: `data`, `description`, `metadata`."""
    stream: str
    version: int
    id: str
    hash: str
    """The chain up to and including this event."""


def entry_of(header: Row) -> Entry:
    resource = msgspec.json.decode(header[_RESOURCE])
    position = header[_POSITION]
    return Entry(
        position=position,
        recorded=as_text(header[_RECORDED]),
        occurred=as_text(header[_OCCURRED]),
        kind=restored(header[_KIND]) or "",
        resource=resource.get(ID, ""),
        name=resource.get(NAME),
        key=header[_KEY],
        type=restored(header[_TYPE]),
        flow_run_id=header[_FLOW_RUN],
        task_run_id=header[_TASK_RUN],
        actor=header[_ACTOR],
        client=header[_CLIENT],
        address=header[_ADDRESS],
        request_id=header[_REQUEST_ID],
        changed=tuple(part for part, column in _PARTS if header[column] == position),
        stream=str(StreamId(header[_CATEGORY], restored(header[_STREAM]) or "")),
        version=header[_VERSION],
        id=header[_ID],
        hash=header[_HASH].hex(),
    )


_POSITION, _RECORDED, _OCCURRED, _ID, _KIND = map(HEADER.index, ("position", "recorded", "occurred", "id", "kind"))
_CATEGORY, _STREAM, _VERSION, _HASH = map(HEADER.index, ("category", "stream", "version", "hash"))
_RESOURCE, _KEY, _TYPE = map(HEADER.index, ("resource", "key", "type"))
_FLOW_RUN, _TASK_RUN = map(HEADER.index, ("flow_run_id", "task_run_id"))
_ACTOR, _CLIENT, _ADDRESS, _REQUEST_ID = map(HEADER.index, ("actor", "client", "address", "request_id"))
_PARTS = tuple((part, HEADER.index(f"{part}_position")) for part in ("data", "description", "metadata"))
