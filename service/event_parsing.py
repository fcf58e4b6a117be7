"""From a request's or a frame's bytes to events from outside.

As with artifacts, what is plainly valid takes the short way; pydantic says what is wrong with the rest.
"""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from msgspec import Raw, Struct
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from events.clock import micros
from events.event import Event, Labels
from events.matching import ID, ROLE
from service import json_text
from service.parsing import parsed_json
from service.schemas.events import EVENT_NAME_MAX, LABELS_MAX, RELATED_MAX, RESOURCE_ID_BYTES_MAX, OutsideEvent
from service.settings import Settings

LABELS_BYTES_MAX = 500_000
"""Bytes of an event besides its payload, so that one with its payload named instead of shown fits in any frame."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_EMPTY = "{}"
_PLAIN_ID_MAX = RESOURCE_ID_BYTES_MAX // 4
"""Characters of an id that is surely short enough: none takes more than four bytes."""


class EventTooLarge(Exception):
    """The event is larger than the server takes."""

    def __init__(self, what: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"{what} has {size_bytes} bytes, and {limit_bytes} is the most that this server takes. "
            "Send what is large as an artifact, and name it in the event."
        )
        self.size_bytes, self.limit_bytes = size_bytes, limit_bytes


class _Event(Struct):
    occurred: datetime
    event: str
    resource: Labels
    id: str
    related: tuple[Labels, ...] = ()
    payload: Raw = Raw(_EMPTY.encode())
    follows: str | None = None


class _Payload(Struct):
    payload: Raw = Raw(_EMPTY.encode())


_decode = msgspec.json.Decoder(_Event).decode
_decode_payload = msgspec.json.Decoder(_Payload).decode
_decode_list = msgspec.json.Decoder(list[Raw]).decode


def outside_events(body: bytes, settings: Settings) -> list[Event]:
    """An array of events. Raises RequestValidationError (422), EventTooLarge (413), HTTPException (400)."""
    items = _items(body)
    if len(items) > settings.max_events:
        message = f"A request has at most {settings.max_events} events; this one has {len(items)}."
        raise RequestValidationError([{"type": "too_long", "loc": ["body"], "msg": message, "input": None}])
    found, wrong = [], []
    for index, item in enumerate(items):
        try:
            found.append(outside_event(bytes(item), settings))
        except RequestValidationError as error:
            wrong += [{**each, "loc": ["body", index, *each["loc"][1:]]} for each in error.errors()]
    if wrong:
        raise RequestValidationError(wrong, body=parsed_json(body))
    return found


def outside_event(text: bytes, settings: Settings) -> Event:
    """One event. Raises RequestValidationError (422), EventTooLarge (413), HTTPException (400)."""
    if len(text) > settings.max_event_bytes:
        raise EventTooLarge("The event", len(text), settings.max_event_bytes)
    try:
        sent = _decode(text)
        payload = bytes(sent.payload).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _checked(text, settings)
    if not _is_plain(sent, payload, settings):
        return _checked(text, settings)
    occurred = sent.occurred if sent.occurred.tzinfo else sent.occurred.replace(tzinfo=UTC)
    return _event(text, sent.id, sent.event, occurred, sent.resource, sent.related, sent.follows, payload)


def _checked(text: bytes, settings: Settings) -> Event:
    loaded = parsed_json(text)
    if not isinstance(loaded, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise _invalid("model_attributes_type", [], message, loaded, loaded)
    try:
        model = OutsideEvent.model_validate(loaded)
    except ValidationError as error:
        details = [{**each, "loc": ["body", *each["loc"]]} for each in error.errors(include_url=False)]
        raise RequestValidationError(details, body=loaded) from None
    follows = None if model.follows is None else str(model.follows)
    payload = _payload(text, settings)
    related = tuple(model.related)
    return _event(text, str(model.id), model.event, model.occurred, model.resource, related, follows, payload)


def _event(
    text: bytes,
    id: str,
    kind: str,
    occurred: datetime,
    resource: Labels,
    related: tuple[Labels, ...],
    follows: str | None,
    payload: str,
) -> Event:
    others = len(text) - len(payload.encode())
    if others > LABELS_BYTES_MAX:
        raise EventTooLarge("The event, without its payload,", others, LABELS_BYTES_MAX)
    return Event(
        id=id,
        kind=kind,
        occurred=micros(occurred),
        resource=resource,
        related=related,
        follows=follows,
        content=None if payload == _EMPTY else payload,
    )


def _payload(text: bytes, settings: Settings) -> str:
    """The payload as it was sent, with null for what is no number."""
    clean = json_text.with_nulls(text.decode("utf-8-sig"))
    try:
        payload = bytes(_decode_payload(clean.encode()).payload).decode()
    except RecursionError:
        raise _too_deep(settings) from None
    if not json_text.depth_is_within(payload, settings.max_json_depth):
        raise _too_deep(settings)
    return payload


def _items(body: bytes) -> list[Raw]:
    try:
        return _decode_list(body)
    except (msgspec.MsgspecError, RecursionError):
        loaded = parsed_json(body)
        if not isinstance(loaded, list):
            kind, message = ("missing", "Field required") if loaded is None else ("list_type", _NO_LIST)
            raise _invalid(kind, [], message, loaded, loaded) from None
    try:
        return _decode_list(json_text.with_nulls(body.decode("utf-8-sig")).encode())
    except RecursionError:
        raise HTTPException(400, "There was an error parsing the body") from None


_NO_LIST = "Input should be a valid list"


def _too_deep(settings: Settings) -> RequestValidationError:
    message = f"Value error, Arrays and objects may nest at most {settings.max_json_depth} deep."
    return _invalid("value_error", ["payload"], message, None, None)


def _invalid(kind: str, loc: list[str], message: str, value: Any, body: Any) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": ["body", *loc], "msg": message, "input": value}], body=body)


def _is_plain(sent: _Event, payload: str, settings: Settings) -> bool:
    return (
        _UUID.fullmatch(sent.id) is not None
        and (sent.follows is None or _UUID.fullmatch(sent.follows) is not None)
        and len(sent.event) <= EVENT_NAME_MAX
        and len(sent.related) <= RELATED_MAX
        and len(sent.resource.get(ID, "")) <= _PLAIN_ID_MAX
        and 1 < sent.occurred.year < 9999
        and _names(sent.resource, ID)
        and all(_names(each, ID) and each.get(ROLE) for each in sent.related)
        and payload.startswith("{")
        and not json_text.may_be_infinite(payload)
        and json_text.depth_is_within(payload, settings.max_json_depth)
    )


def _names(labels: Labels, label: str) -> bool:
    return bool(labels.get(label)) and len(labels) <= LABELS_MAX
