"""A published event: an event of the log in the form in which it leaves, Prefect's, with its position."""

from functools import cached_property

import msgspec

from events.clock import as_text
from events.event import Labels, Micros
from events.payload import Bodies, payload, payload_by_reference
from events.stores.tables import HEADER, Row, restored

_POSITION, _RECORDED, _ID, _KIND, _OCCURRED, _FOLLOWS, _RESOURCE, _RELATED = (
    HEADER.index(name) for name in ("position", "recorded", "id", "kind", "occurred", "follows", "resource", "related")
)
_encode = msgspec.json.Encoder().encode
_decode_labels = msgspec.json.Decoder(Labels).decode
_decode_related = msgspec.json.Decoder(tuple[Labels, ...]).decode


class Published:
    """One event, made from its header and the bodies that its payload needs. Its JSON is made once, when asked for."""

    def __init__(self, header: Row, bodies: Bodies) -> None:
        self._header = header
        self._bodies = bodies
        self.position: int = header[_POSITION]
        self.recorded: Micros = header[_RECORDED]
        self.id: str = header[_ID]
        self.occurred: Micros = header[_OCCURRED]

    @cached_property
    def kind(self) -> str:
        return restored(self._header[_KIND]) or ""

    @cached_property
    def resource(self) -> Labels:
        return _decode_labels(self._header[_RESOURCE])

    @cached_property
    def related(self) -> tuple[Labels, ...]:
        return _decode_related(self._header[_RELATED])

    @cached_property
    def payload(self) -> str:
        """JSON text."""
        return payload(self._header, self._bodies)

    @cached_property
    def text(self) -> str:
        """What a text query searches, in lower case: the name, the labels' values, the payload as plain text."""
        values = [value for labels in (self.resource, *self.related) for value in labels.values()]
        return "\n".join((self.kind, *values, _plain(self.payload))).lower()

    @cached_property
    def json(self) -> str:
        """The public event, its fields in Prefect's order."""
        return self._json(self.payload)

    @cached_property
    def json_by_reference(self) -> str:
        """The same with bodies named instead of shown."""
        return self._json(payload_by_reference(self._header, self._bodies))

    def _json(self, payload: str) -> str:
        header = self._header
        follows = f'"{header[_FOLLOWS]}"' if header[_FOLLOWS] else "null"
        return (
            f'{{"occurred":"{as_text(self.occurred)}","event":{_encode(self.kind).decode()},'
            f'"resource":{header[_RESOURCE]},"related":{header[_RELATED]},"payload":{payload},'
            f'"id":"{self.id}","follows":{follows},"received":"{as_text(self.recorded)}"}}'
        )

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory and on the wire."""
        shown = sum(len(body.content or "") for body in self._bodies.values())
        return len(self._header[_RESOURCE]) + len(self._header[_RELATED]) + shown + 400


def _plain(payload: str) -> str:
    """JSON text without escapes, so that a search finds what a reader sees."""
    if "\\" not in payload:
        return payload
    return _encode(msgspec.json.decode(payload)).decode()
