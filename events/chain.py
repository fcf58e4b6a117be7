"""The chain: each event's hash covers its header and, through it, all that came before.

    commitment = SHA-256(salt || body), and likewise of the labels, with a salt of their own
    hash       = SHA-256(hash of the event before || header)

The header is a JSON array, so that anyone can rebuild it with a standard JSON library (compact, UTF-8). It
names the body and the labels by their commitments only: after an erasure of either and its salt the chain still
holds, and the content cannot be guessed from what is left.
"""

from hashlib import sha256

import msgspec

from events.event import Event, Micros
from events.streams import StreamId

SALT_BYTES = 16

_encode = msgspec.json.Encoder().encode


def genesis(log: str) -> bytes:
    """The hash before the first event of a log. It names the log, so no chain fits another."""
    return sha256(f"digsite log {log}".encode()).digest()


def commit(salt: bytes, content: str) -> bytes:
    """The salted commitment of a body, or of labels."""
    return sha256(salt + content.encode()).digest()


def link(previous: bytes, header: bytes) -> bytes:
    """The hash of the event whose header this is."""
    return sha256(previous + header).digest()


def labels(event: Event, stream: StreamId) -> str:
    """What names things: the event's labels, its stream and its key, as the JSON array that is committed to."""
    return _encode((stream.id, event.resource, event.related, event.outcome.key)).decode()


def header(
    event: Event,
    *,
    position: int,
    stream: StreamId,
    version: int,
    recorded: Micros,
    labels_commitment: bytes,
    commitment: bytes | None,
) -> bytes:
    """The bytes that the chain covers. The order of the fields is part of the format."""
    origin, outcome = event.origin, event.outcome
    return _encode(
        (
            position,
            recorded,
            event.id,
            event.kind,
            stream.category,
            version,
            event.schema_version,
            event.occurred,
            event.follows,
            labels_commitment.hex(),
            origin.actor,
            origin.client,
            origin.address,
            origin.request_id,
            outcome.type,
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
            commitment.hex() if commitment else None,
        )
    )
