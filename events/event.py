"""The event: a fact, first as it happened, then with its place in the log."""

from typing import TypeAlias

from msgspec import Struct

from events.streams import StreamId

Micros: TypeAlias = int
"""A moment: microseconds since 1970-01-01T00:00:00Z."""

Labels: TypeAlias = dict[str, str]
"""A resource in Prefect's form: labels, of which `prefect.resource.id` names it."""


class Origin(Struct, frozen=True, kw_only=True):
    """Where a write came from. Recorded with each event, for audit."""

    actor: str = "anonymous"
    """The API key's name, `basic` for the auth string, else `anonymous`."""
    client: str = ""
    """The client's own name for itself: its User-Agent."""
    address: str = ""
    request_id: str = ""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a decision came to: the columns from which read models are folded without opening a body.

    An event from outside has of them the runs that it came from, and nothing else.
    """

    key: str | None = None
    type: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    latest_before: str | None = None
    """The collection's latest artifact before this event."""
    latest_after: str | None = None
    created: Micros | None = None
    updated: Micros | None = None
    created_position: int | None = None
    data_position: int | None = None
    """The position whose body holds the data now; likewise for the two below."""
    description_position: int | None = None
    metadata_position: int | None = None


class Event(Struct, frozen=True, kw_only=True):
    """A fact that is not recorded yet."""

    id: str
    """A UUID, canonical. Appending an id again answers with the first place."""
    kind: str
    occurred: Micros
    resource: Labels
    related: tuple[Labels, ...] = ()
    follows: str | None = None
    """Id of the previous event of the same stream, if that is less than five minutes old."""
    schema_version: int = 1
    origin: Origin = Origin()
    outcome: Outcome = Outcome()
    content: str | None = None
    """The body: JSON text, kept to the letter. None for an event that has no body of its own."""


class RecordedEvent(Struct, frozen=True, kw_only=True):
    """An event with its place in the log. `event.content` is None unless bodies were asked for."""

    event: Event
    log: str
    position: int
    """Place in the log: dense, from 1, in commit order."""
    stream: StreamId
    version: int
    """Place in the stream, from 1."""
    recorded: Micros
    """When it was recorded: strictly rising with the position, whatever the clock does."""
    labels_salt: bytes | None
    """None: the labels were erased."""
    labels_commitment: bytes
    """SHA-256 over this salt and `chain.labels`."""
    commitment: bytes | None
    """SHA-256 over salt and body; the salt lies beside the body, so both can be erased."""
    hash: bytes
    """The chain up to and including this event."""
