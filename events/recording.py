"""Recording: giving events their place, pure. What a transaction will write is worked out here."""

import secrets
from collections.abc import Callable

import msgspec
from msgspec import Struct

from events import chain
from events.event import Event, Micros, RecordedEvent
from events.store import Head
from events.streams import StreamId

SALTS_AT_ONCE = 64


class Body(Struct, frozen=True):
    """An event's content beside its salt."""

    position: int
    content: str
    salt: bytes


class Recording:
    """Events in the order in which they will stand behind `head`.

    Recorded time rises strictly with the position: a clock that stands still or goes back does not matter.
    """

    def __init__(self, head: Head, now: Micros) -> None:
        self.head = head
        self.events: list[RecordedEvent] = []
        self.bodies: list[Body] = []
        self._now = now
        self._salts = b""

    @property
    def next_position(self) -> int:
        return self.head.position + 1

    @property
    def next_recorded(self) -> Micros:
        """The time that the next event will be recorded at."""
        return max(self._now, self.head.recorded + 1)

    def add(self, event: Event, stream: StreamId, version: int) -> RecordedEvent:
        """Place one event behind the head, and move the head."""
        position, recorded = self.next_position, self.next_recorded
        commitment = self._keep_body(event.content, position)
        labels_salt = self._next_salt()
        labels_commitment = chain.commit(labels_salt, chain.labels(event, stream))
        header = chain.header(
            event,
            position=position,
            stream=stream,
            version=version,
            recorded=recorded,
            labels_commitment=labels_commitment,
            commitment=commitment,
        )
        placed = RecordedEvent(
            event=event,
            log=self.head.log,
            position=position,
            stream=stream,
            version=version,
            recorded=recorded,
            labels_salt=labels_salt,
            labels_commitment=labels_commitment,
            commitment=commitment,
            hash=chain.link(self.head.hash, header),
        )
        self.head = msgspec.structs.replace(self.head, position=position, recorded=recorded, hash=placed.hash)
        self.events.append(placed)
        return placed

    def _keep_body(self, content: str | None, position: int) -> bytes | None:
        if content is None:
            return None
        salt = self._next_salt()
        self.bodies.append(Body(position, content, salt))
        return chain.commit(salt, content)

    def _next_salt(self) -> bytes:
        """Random bytes are drawn for many salts at once: each draw asks the kernel."""
        if not self._salts:
            self._salts = secrets.token_bytes(chain.SALT_BYTES * SALTS_AT_ONCE)
        salt, self._salts = self._salts[: chain.SALT_BYTES], self._salts[chain.SALT_BYTES :]
        return salt


Clock = Callable[[], Micros]
