"""The tables of the log, the same in every database, and how an event becomes a row."""

from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from events.event import Event, Labels, Origin, Outcome, RecordedEvent
from events.streams import StreamId

Row: TypeAlias = tuple[Any, ...]

METADATA = MetaData()

BYTEWISE: TypeEngine[str] = Text(collation="C").with_variant(Text(), "sqlite")
"""Text that sorts by its bytes in every database, whatever the locale."""

_DELETIONS = text("kind = 'prefect.artifact.deleted'")


def _index_of_some(column: str) -> Index:
    """By a column that many events have nothing in: those cost nothing in it."""
    some = text(f"{column} IS NOT NULL")
    return Index(f"ix_events_{column}", "log", column, "position", sqlite_where=some, postgresql_where=some)


LOGS = Table(
    "logs",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("name", BYTEWISE, nullable=False, unique=True),
    Column("epoch", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    postgresql_with={"fillfactor": 10},
)
"""The head of each log. Its row is the lock that orders all writers."""

EVENTS = Table(
    "events",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded", BigInteger, nullable=False),
    Column("id", BYTEWISE, nullable=False),
    Column("kind", BYTEWISE, nullable=False),
    Column("category", BYTEWISE, nullable=False),
    Column("stream", BYTEWISE, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("occurred", BigInteger, nullable=False),
    Column("follows", BYTEWISE),
    Column("resource", Text, nullable=False),
    Column("related", Text, nullable=False),
    Column("actor", BYTEWISE, nullable=False),
    Column("client", BYTEWISE, nullable=False),
    Column("address", BYTEWISE, nullable=False),
    Column("request_id", BYTEWISE, nullable=False),
    Column("key", BYTEWISE),
    Column("type", BYTEWISE),
    Column("flow_run_id", BYTEWISE),
    Column("task_run_id", BYTEWISE),
    Column("latest_before", BYTEWISE),
    Column("latest_after", BYTEWISE),
    Column("created", BigInteger),
    Column("updated", BigInteger),
    Column("created_position", BigInteger),
    Column("data_position", BigInteger),
    Column("description_position", BigInteger),
    Column("metadata_position", BigInteger),
    Column("commitment", LargeBinary),
    Column("hash", LargeBinary, nullable=False),
    Column("labels_salt", LargeBinary),
    Column("labels_commitment", LargeBinary),
    UniqueConstraint("log", "id", name="uq_events_id"),
    Index("uq_events_stream_version", "log", "category", "stream", "version", unique=True),
    Index("ix_events_occurred", "log", "occurred", "position"),
    Index("ix_events_deletions", "log", "position", sqlite_where=_DELETIONS, postgresql_where=_DELETIONS),
    Index("ix_events_actor", "log", "actor", "position"),
    *(_index_of_some(column) for column in ("key", "flow_run_id", "task_run_id")),
)
"""The header of each event: everything but its content."""

EVENT_BODIES = Table(
    "event_bodies",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (position)",
)
"""The content of each event, once, beside the salt of its commitment."""

ABSENCES = Table(
    "absences",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("part", BYTEWISE, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("reason", BYTEWISE, nullable=False),
    Column("cause", BigInteger, nullable=False),
)
"""Which parts of recorded events are there no more: ranges of positions. See `events.absences`."""

HEADER = tuple(column.name for column in EVENTS.columns)
"""The names of a header row's columns, in order."""

ESCAPE = "\x10"


def storable(text: str | None) -> str | None:
    """Text without NUL, which PostgreSQL cannot hold: NUL becomes DLE 0, DLE is doubled."""
    if text is None or ("\0" not in text and ESCAPE not in text):
        return text
    return text.replace(ESCAPE, ESCAPE * 2).replace("\0", ESCAPE + "0")


def restored(text: str | None) -> str | None:
    """The opposite of `storable`."""
    if text is None or ESCAPE not in text:
        return text
    parts = text.split(ESCAPE * 2)
    return ESCAPE.join(part.replace(ESCAPE + "0", "\0") for part in parts)


_encode = msgspec.json.Encoder().encode
_decode_labels = msgspec.json.Decoder(Labels).decode
related_of = msgspec.json.Decoder(tuple[Labels, ...]).decode


def to_row(log: int, placed: RecordedEvent) -> Row:
    """The header row of an event, its columns in the order of `HEADER`."""
    event, origin, outcome = placed.event, placed.event.origin, placed.event.outcome
    return (
        log,
        placed.position,
        placed.recorded,
        event.id,
        storable(event.kind),
        placed.stream.category,
        storable(placed.stream.id),
        placed.version,
        event.schema_version,
        event.occurred,
        event.follows,
        _encode(event.resource).decode(),
        _encode(event.related).decode(),
        origin.actor,
        origin.client,
        origin.address,
        origin.request_id,
        outcome.key,
        storable(outcome.type),
        outcome.flow_run_id,
        outcome.task_run_id,
        outcome.latest_before,
        outcome.latest_after,
        outcome.created,
        outcome.updated,
        outcome.created_position,
        outcome.data_position,
        outcome.description_position,
        outcome.metadata_position,
        placed.commitment,
        placed.hash,
        placed.labels_salt,
        placed.labels_commitment,
    )


def from_row(log: str, row: Row, content: str | None) -> RecordedEvent:
    """The event that a header row and a body stand for."""
    (_, position, recorded, id, kind, category, stream, version, schema_version, occurred, follows) = row[:11]
    (resource, related, actor, client, address, request_id, key, type) = row[11:19]
    outcome = Outcome(
        key=key,
        type=restored(type),
        flow_run_id=row[19],
        task_run_id=row[20],
        latest_before=row[21],
        latest_after=row[22],
        created=row[23],
        updated=row[24],
        created_position=row[25],
        data_position=row[26],
        description_position=row[27],
        metadata_position=row[28],
    )
    event = Event(
        id=id,
        kind=restored(kind) or "",
        occurred=occurred,
        resource=_decode_labels(resource),
        related=related_of(related),
        follows=follows,
        schema_version=schema_version,
        origin=Origin(actor=actor, client=client, address=address, request_id=request_id),
        outcome=outcome,
        content=content,
    )
    return RecordedEvent(
        event=event,
        log=log,
        position=position,
        stream=StreamId(category, restored(stream) or ""),
        version=version,
        recorded=recorded,
        commitment=row[29],
        hash=row[30],
        labels_salt=row[31],
        labels_commitment=row[32],
    )
