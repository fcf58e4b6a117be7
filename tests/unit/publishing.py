"""Published events and spans of them, without a log."""

from typing import Any

from events.event import Outcome, RecordedEvent
from events.payload import Bodies, Body
from events.published import Published
from events.reading import Span
from events.stores.tables import Row, to_row
from events.streams import StreamId
from events.testing import an_event


def header(position: int = 1, *, commitment: bytes | None = b"\1", **facts: Any) -> Row:
    """The row of an event of which only the facts given matter. Those of its outcome are among them."""
    outcome = Outcome(**{name: facts.pop(name) for name in Outcome.__struct_fields__ if name in facts})
    placed = RecordedEvent(
        event=an_event(outcome=outcome, **facts),
        log="default",
        position=position,
        stream=StreamId("thing", "one"),
        version=1,
        recorded=1_795_259_822_000_000 + position,
        labels_salt=None,
        labels_commitment=b"",
        commitment=commitment,
        hash=b"",
    )
    return to_row(1, placed)


def published(position: int = 1, bodies: Bodies | None = None, **facts: Any) -> Published:
    return Published(header(position, **facts), {} if bodies is None else bodies)


def shown(content: str) -> Body:
    """A body that is small enough to be shown."""
    return Body(len(content.encode()), content)


def span(after: int, to: int, *positions: int, head: int | None = None) -> Span:
    """What was let through of the positions above `after` up to `to`; the log ends there, unless `head` says more."""
    return Span(after, to, to if head is None else head, tuple(published(each) for each in positions))
