"""A published event: an event of the log in the form in which it leaves, Prefect's, with its position."""

from functools import cached_property

import msgspec

from events.clock import as_text
from events.entry import Entry, entry_of
from events.event import Labels, Micros
from events.payload import Bodies, payload, payload_by_reference
from events.stores.tables import HEADER, Row, restored

_POSITION, _RECORDED, _ID, _KIND, _OCCURRED, _FOLLOWS, _RESOURCE, _RELATED, _ACTOR = (
    HEADER.index(name)
    for name in ("position", "recorded", "id", "kind", "occurred", "follows", "resource", "related", "actor")
)
_KEY, _FLOW_RUN, _TASK_RUN, _REQUEST = map(HEADER.index, ("key", "flow_run_id", "task_run_id", "request_id"))
PUBLISHED_BYTES_MAX = 1_000_000
"""Largest event that is published whole. Prefect's client takes frames of up to 1 MiB and is blinded by larger ones."""
WHOLE = "digsite.event"
"""The payload's field that stands for an event whose labels are too large to be published."""

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
        self.kind = restored(header[_KIND]) or ""

    @property
    def actor(self) -> str:
        """Who stated it."""
        actor: str = self._header[_ACTOR]
        return actor

    @property
    def key(self) -> str | None:
        """The key of the artifact or the collection that it is about."""
        key: str | None = self._header[_KEY]
        return key

    @property
    def runs(self) -> tuple[str | None, str | None]:
        """The flow run and the task run that wrote it."""
        return self._header[_FLOW_RUN], self._header[_TASK_RUN]

    @property
    def request_id(self) -> str:
        """The request that brought it."""
        request_id: str = self._header[_REQUEST]
        return request_id

    @property
    def entry(self) -> Entry:
        """The event as an auditor reads it."""
        return entry_of(self._header)

    @cached_property
    def resource(self) -> Labels:
        return _decode_labels(self._header[_RESOURCE])

    @cached_property
    def related(self) -> tuple[Labels, ...]:
        return _decode_related(self._header[_RELATED])

    @property
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
        """The public event, its fields in Prefect's order; at most `PUBLISHED_BYTES_MAX`."""
        return _fitting(self.whole_json) or self.json_by_reference

    @cached_property
    def json_by_reference(self) -> str:
        """The same with bodies named instead of shown."""
        return _fitting(self._json(payload_by_reference(self._header, self._bodies))) or self._json_cut

    @property
    def whole_json(self) -> str:
        """The public event, however large its labels are."""
        return self._json(self.payload)

    @property
    def _json_cut(self) -> str:
        """For labels that alone are too large: what the event is about, and where the whole of it is."""
        resource = _encode({"prefect.resource.id": self.resource.get("prefect.resource.id", "")}).decode()
        payload = f'{{"{WHOLE}":{{"position":{self.position},"path":"/log/{self.position}"}}}}'
        return self._json(payload, resource, "[]")

    def _json(self, payload: str, resource: str | None = None, related: str | None = None) -> str:
        header = self._header
        follows = f'"{header[_FOLLOWS]}"' if header[_FOLLOWS] else "null"
        return (
            f'{{"occurred":"{as_text(self.occurred)}","event":{_encode(self.kind).decode()},'
            f'"resource":{resource or header[_RESOURCE]},"related":{related or header[_RELATED]},"payload":{payload},'
            f'"id":"{self.id}","follows":{follows},"received":"{as_text(self.recorded)}"}}'
        )

    @cached_property
    def size_bytes(self) -> int:
        """About what it takes in memory: what it was made from, and its JSON."""
        shown = sum(len(body.content or "") for body in self._bodies.values())
        return 2 * (len(self._header[_RESOURCE]) + len(self._header[_RELATED]) + shown) + 1_500


def _fitting(json: str) -> str | None:
    """The text, if it is small enough. Its size as UTF-8 is only worked out where it matters."""
    is_small = len(json) * 4 <= PUBLISHED_BYTES_MAX or len(json.encode()) <= PUBLISHED_BYTES_MAX
    return json if is_small else None


def _plain(payload: str) -> str:
    """JSON text without escapes, so that a search finds what a reader sees."""
    if "\\" not in payload:
        return payload
    return _encode(msgspec.json.decode(payload)).decode()
