"""The AsyncAPI document: every socket, with the frames that are said in each direction."""

import inspect
from functools import cache
from typing import Any

from msgspec import Struct
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from events.subscriptions.members import FETCH_MAX
from service.api.log import READING
from service.schemas import frames
from service.schemas.events import OutsideEvent
from service.schemas.log import EventFrame
from service.sockets.handshake import SUBPROTOCOL
from service.sockets.member_stream import PREFETCH, AckFrame, ExtendFrame, NackFrame
from service.version import VERSION

Schema = dict[str, Any]
Models = tuple[type[BaseModel], ...]

REF = "#/components/schemas/{model}"


class Socket(Struct, frozen=True):
    """One socket: what the server says on it, what it hears, and what its address may ask for."""

    name: str
    address: str
    summary: str
    says: Models
    hears: Models
    query: dict[str, Schema] = {}


SOCKETS = (
    Socket(
        "eventsIn",
        "/events/in",
        "Events from clients, one per frame. Prefect's protocol: nothing is answered, a pong says that all is on disk.",
        says=(frames.AuthSuccess,),
        hears=(frames.Auth, OutsideEvent),
    ),
    Socket(
        "eventsOut",
        "/events/out",
        "Events to subscribers, one per frame, from the backfill on. Prefect's protocol.",
        says=(frames.AuthSuccess, frames.OneEvent),
        hears=(frames.Auth, frames.Subscribe),
    ),
    Socket(
        "logStream",
        "/log/stream",
        "The log from any place on: frames that cover it without a gap.",
        says=(frames.AuthSuccess, EventFrame, frames.CaughtUp, frames.Heartbeat, frames.Refused),
        hears=(frames.Auth,),
        query=READING,
    ),
    Socket(
        "memberStream",
        "/subscriptions/{name}/stream",
        "Deliveries to a member of a named subscription, which settles each.",
        says=(frames.AuthSuccess, frames.Deliveries, frames.Settled, frames.Extended, frames.Declined),
        hears=(frames.Auth, AckFrame, NackFrame, ExtendFrame),
        query={
            "member": {"type": "string", "description": "Who takes part; by default the name of the API key."},
            "prefetch": {"type": "integer", "minimum": 1, "maximum": FETCH_MAX, "default": PREFETCH},
        },
    ),
)
"""All sockets; a test holds them to the routes that are served."""


@cache
def document() -> Schema:
    """The document, in version 3.0 of AsyncAPI."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Digsite",
            "version": VERSION,
            "description": f"Sockets below the API's address. A client that offers the subprotocol `{SUBPROTOCOL}` "
            "begins with an `auth` frame; for others the header Authorization decides.",
        },
        "defaultContentType": "application/json",
        "channels": {each.name: _channel(each) for each in SOCKETS},
        "operations": {
            f"{verb}{each.name[0].upper()}{each.name[1:]}": operation
            for each in SOCKETS
            for verb, operation in _operations(each).items()
        },
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _channel(socket: Socket) -> Schema:
    channel: Schema = {
        "address": socket.address,
        "summary": socket.summary,
        "messages": {model.__name__: {"$ref": f"#/components/messages/{model.__name__}"} for model in _all(socket)},
    }
    if "{name}" in socket.address:
        channel["parameters"] = {"name": {"description": "The subscription's name."}}
    if socket.query:
        channel["bindings"] = {"ws": {"query": {"type": "object", "properties": socket.query}}}
    return channel


def _operations(socket: Socket) -> dict[str, Schema]:
    """As the server does them: it sends what it says, and receives what it hears."""
    said = {"send": socket.says, "receive": socket.hears}
    return {action: _operation(socket, action, models) for action, models in said.items()}


def _operation(socket: Socket, action: str, models: Models) -> Schema:
    channel = f"#/channels/{socket.name}"
    messages = [{"$ref": f"{channel}/messages/{model.__name__}"} for model in models]
    return {"action": action, "channel": {"$ref": channel}, "messages": messages}


def _messages() -> dict[str, Schema]:
    models = {model.__name__: model for socket in SOCKETS for model in _all(socket)}
    return {
        name: {"name": name, "summary": inspect.getdoc(model) or name, "payload": {"$ref": REF.format(model=name)}}
        for name, model in models.items()
    }


def _schemas() -> dict[str, Schema]:
    models = dict.fromkeys(model for socket in SOCKETS for model in _all(socket))
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    found: dict[str, Schema] = schemas["$defs"]
    return found


def _all(socket: Socket) -> Models:
    return (*socket.hears, *socket.says)
