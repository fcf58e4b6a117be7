"""The payload of an event, put together from its header and the bodies that it points at.

A body above the inline limit is named instead of shown: its position, its size, and where it can be fetched.
"""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Raw, Struct

from events.absences import Absence
from events.catalog import CATALOG
from events.stores.tables import HEADER, Row, restored
from events.upcasters import upcast

INLINE_BYTES_MAX = 1_000_000
"""Largest body that is shown in an event; of larger ones the event says where they are."""
REFERENCE = "digsite.body"
"""The payload's field that stands for a body which is not shown."""
ERASED = "{}"
"""What stands for a body that is there no more."""
ABSENT = "digsite.absent"
"""The payload's field that says why, and which event did it."""

_NULL = Raw(b"null")
_encode = msgspec.json.Encoder().encode

_POSITION, _KIND, _VERSION = (HEADER.index(name) for name in ("position", "kind", "schema_version"))
_KEY, _TYPE, _COMMITMENT = (HEADER.index(name) for name in ("key", "type", "commitment"))
_DATA, _DESCRIPTION = HEADER.index("data_position"), HEADER.index("description_position")


class Content(Struct):
    """The body of an artifact's event, its fields as they were sent."""

    data: Raw = _NULL
    description: Raw = _NULL
    metadata_: Raw = _NULL


decode_content = msgspec.json.Decoder(Content).decode


class Body(Struct, frozen=True):
    """A body, or what is known of one that is too large to be shown."""

    size_bytes: int
    content: str | None
    absence: Absence | None = None
    """Why it is there no more; then its content is `ERASED`."""


Bodies = Mapping[int, Body]
"""By position. A position that is missing has no body, or its body was erased."""

_NONE = Body(2, ERASED)


def body_positions(header: Row) -> tuple[int, ...]:
    """The positions of the bodies that the event's payload is made of."""
    match _fields(header):
        case ():
            return (header[_POSITION],) if header[_COMMITMENT] is not None else ()
        case fields if "data" in fields:
            return (header[_DATA], header[_DESCRIPTION])
        case _:
            return (header[_DESCRIPTION],)


def payload(header: Row, bodies: Bodies) -> str:
    """The payload as JSON text, with every body that is at hand."""
    fields = _fields(header)
    if not fields:
        body = bodies.get(header[_POSITION], _NONE)
        if body.absence is not None:
            return f'{{"{ABSENT}":{absent(header[_POSITION], body.absence)}}}'
        if body.content is None:
            return f'{{"{REFERENCE}":{reference(header[_POSITION], body)}}}'
        return upcast(header[_KIND], header[_VERSION], body.content)
    values = [(field, _FIELDS[field](header, bodies)) for field in fields]
    shown = [f'"{field}":{value}' for field, value in values if value is not None]
    if len(shown) < len(fields):
        hidden = next(each for each in body_positions(header) if bodies.get(each, _NONE).content is None)
        shown.append(f'"{REFERENCE}":{reference(hidden, bodies[hidden])}')
    for position in body_positions(header):
        gone = bodies.get(position, _NONE).absence
        if gone is not None:
            shown.append(f'"{ABSENT}":{absent(position, gone)}')
            break
    return f"{{{','.join(shown)}}}"


def payload_by_reference(header: Row, bodies: Bodies) -> str:
    """The payload without its bodies: it only names them."""
    return payload(header, {position: _named(body) for position, body in bodies.items()})


def absent(position: int, absence: Absence) -> str:
    """What stands for a body that is there no more. `cause` is the position of the event that says so."""
    return f'{{"position":{position},"reason":"{absence.reason}","cause":{absence.cause}}}'


def reference(position: int, body: Body) -> str:
    """What stands for a body that is not shown. `path` is relative to the API's address."""
    return f'{{"position":{position},"size_bytes":{body.size_bytes},"path":"/log/{position}/body"}}'


def _named(body: Body) -> Body:
    return body if body.absence is not None else Body(body.size_bytes, None)


def _fields(header: Row) -> tuple[str, ...]:
    """The fields that the catalog names for this kind; none: the payload is the event's own body."""
    kind = CATALOG.get(header[_KIND])
    return () if kind is None else kind.payload


def _text(value: str | None) -> str:
    return "null" if value is None else _encode(restored(value)).decode()


def _of(position: int, field: str, bodies: Bodies) -> str | None:
    """A field of a body; None if the body is not shown."""
    content = bodies.get(position, _NONE).content
    return None if content is None else bytes(getattr(decode_content(content), field)).decode()


_FIELDS: dict[str, Callable[[Row, Bodies], str | None]] = {
    "key": lambda header, _: _text(header[_KEY]),
    "type": lambda header, _: _text(header[_TYPE]),
    "data": lambda header, bodies: _of(header[_DATA], "data", bodies),
    "description": lambda header, bodies: _of(header[_DESCRIPTION], "description", bodies),
}
