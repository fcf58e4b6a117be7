"""From what Prefect's columns and answers hold to JSON text that the log can hold, or why it cannot."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw

from events.clock import micros
from events.event import Labels, Micros
from service import json_text

_check = msgspec.json.Decoder(Raw).decode
_decode_labels = msgspec.json.Decoder(Labels).decode
_decode_related = msgspec.json.Decoder(tuple[Labels, ...]).decode
_decode_metadata = msgspec.json.Decoder(dict[str, str] | None).decode


class Unreadable(Exception):
    """It is not what Prefect itself could answer with, and why."""


def json_of(value: Any) -> str:
    """The JSON text in a column of type JSON. SQLite holds what looks like a number as one."""
    match value:
        case None:
            return "null"
        case bool() | int():
            return json.dumps(value)
        case float():
            return json.dumps(value) if math.isfinite(value) else "null"
        case bytes():
            return json_of(value.decode(errors="surrogateescape"))
    return json_text_of(str(value))


def json_text_of(text: str) -> str:
    """The text, with null for what is no number. Raises Unreadable."""
    if json_text.half_pair(text) is not None:
        raise Unreadable("it has half of a surrogate pair, which no UTF-8 can carry")
    clean = json_text.with_nulls(text)
    try:
        _check(clean.encode())
    except UnicodeEncodeError:
        raise Unreadable("it is no UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    return clean


def quoted(text: str | None) -> str:
    """A plain text as JSON. Raises Unreadable."""
    try:
        return json_text.quoted(text)
    except UnicodeEncodeError:
        raise Unreadable("it is no UTF-8") from None


def metadata_of(value: Any) -> str:
    """Raises Unreadable."""
    text = json_of(value)
    try:
        _decode_metadata(text)
    except msgspec.DecodeError as error:
        raise Unreadable(f"its metadata is not what it should be: {error}") from None
    return text


def labels_of(value: Any) -> Labels:
    """Raises Unreadable."""
    try:
        return _decode_labels(json_of(value))
    except msgspec.DecodeError as error:
        raise Unreadable(f"its resource is not what it should be: {error}") from None


def related_of(value: Any) -> tuple[Labels, ...]:
    """Raises Unreadable."""
    try:
        return _decode_related(json_of(value))
    except msgspec.DecodeError as error:
        raise Unreadable(f"its related resources are not what they should be: {error}") from None


def moment_of(value: Any) -> Micros:
    """Of a column, or of an answer. Without a zone it is UTC. Raises Unreadable."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise Unreadable(f"{value!r} is no moment") from None
