"""One event, looked at exactly: what its chain, its labels and its body must be, and which of them is not."""

from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw
from sqlalchemy import and_, bindparam, select

from events import chain
from events.absences import ERASED_RELATED, ERASED_RESOURCE, ERASED_STREAM
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES, EVENTS, Row, restored
from events.streams import RESOURCE
from events.verification.covered import COVERED
from events.verification.faults import Fault, Wrong

_LABELS = ("hash", "labels_salt", "stream", "resource", "related", "key")
_BODY = ("content", "salt")
_REST = (*_LABELS, *_BODY)
_STORED = ("kind", "type")
"""Columns whose text may hold NUL."""

Fields = dict[str, Any]
"""The stored columns of an event that the chain covers or commits to, by name."""

_encode = msgspec.json.Encoder().encode


def examine(log: str, row: Row, before: bytes, recorded_before: int) -> Fault | None:
    """What is wrong with the event of a row of `EVENT`, given the hash and the time before. Pure."""
    event = event_of(row)
    found = _of_header(event, before, recorded_before) or _of_labels(event) or _of_body(event)
    return Fault(log, event["position"], *found) if found else None


def _of_header(event: Fields, before: bytes, recorded_before: int) -> tuple[Wrong, str] | None:
    if sha256(before + header_of(event)).digest() != event["hash"]:
        return Wrong.CHAIN, "its header or its hash was altered: they do not go together with the hash before."
    if event["recorded"] <= recorded_before:
        return Wrong.TIME, "it says that it was recorded no later than the event before it."
    return None


def _of_labels(event: Fields) -> tuple[Wrong, str] | None:
    if event["labels_salt"] is None:
        is_own = event["category"] != RESOURCE or event["stream"] == ERASED_STREAM + event["id"]
        if (event["resource"], event["related"], event["key"], is_own) != (ERASED_RESOURCE, ERASED_RELATED, None, True):
            return Wrong.LABELS, "its labels were altered: they have no salt, and are not those of an erased event."
    elif chain.commit(event["labels_salt"], labels_of(event)) != event["labels_commitment"]:
        return Wrong.LABELS, "its labels were altered: they are not what the header commits to."
    return None


def _of_body(event: Fields) -> tuple[Wrong, str] | None:
    if event["salt"] is None:
        return None  # why it is absent, absences say
    if event["commitment"] is None:
        return Wrong.BODY, "it has a body, and its header commits to none."
    if chain.commit(event["salt"], event["content"]) != event["commitment"]:
        return Wrong.BODY, "its body was altered: it is not what the header commits to."
    return None


def event_of(row: Row) -> Fields:
    """A row of `EVENT`."""
    return dict(zip((*COVERED, *_REST), row, strict=True))


def header_of(event: Fields) -> bytes:
    """The bytes that the chain covers, from the stored columns."""
    covered = {name: event[name] for name in COVERED} | {name: restored(event[name]) for name in _STORED}
    return _encode([value.hex() if isinstance(value, bytes) else value for value in covered.values()])


def labels_of(event: Fields) -> str:
    """What the labels' commitment is of, from the stored columns: their JSON as it stands."""
    resource, related = Raw(event["resource"]), Raw(event["related"])
    return _encode((restored(event["stream"]), resource, related, event["key"])).decode()


EVENT = Statement(
    select(*(EVENTS.c[name] for name in (*COVERED, *_LABELS)), *(EVENT_BODIES.c[name] for name in _BODY))
    .select_from(
        EVENTS.outerjoin(
            EVENT_BODIES, and_(EVENT_BODIES.c.log == EVENTS.c.log, EVENT_BODIES.c.position == EVENTS.c.position)
        )
    )
    .where(EVENTS.c.log == bindparam("log"), EVENTS.c.position == bindparam("position"))
)
