"""Agreement: whether what a log holds and what a Prefect server has are the same. Pure.

Numbers are compared by their value as doubles, because Prefect keeps `1.0` as `1` in SQLite, and JSON objects without
regard to the order of their fields. Everything else is compared exactly.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from msgspec import Struct

from events.event import Micros
from events.published import Published
from service import json_text
from service.moving.held import Held

DATA_DEPTH_MAX = 255
"""Deepest nesting of data that Prefect can read back. What is deeper breaks every listing that it is on."""
EVENT_DEPTH_MAX = 200
"""Deepest nesting of a whole event, the event itself counted, that Prefect takes off its queue."""
ID_MARK, CREATED_MARK, UPDATED_MARK = MARKS = ("digsite.id", "digsite.created", "digsite.updated")
"""Names in the metadata of what was written through an API, which gives ids and times of its own."""

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class There(Struct, frozen=True, kw_only=True):
    """An artifact or a collection as a Prefect server has it."""

    own_id: str
    """Its id there."""
    digest: bytes
    created: Micros
    updated: Micros
    latest_id: str | None = None
    """Of a collection: its latest artifact, by the id that it has in the log if it is one of the log's."""
    copies: int = 1
    """How many there are of it."""


class Verdict(Enum):
    """What the target has of something."""

    NEW = "nothing yet"
    CHANGED = "something else"
    SAME = "the same"


def verdict(held: Held, there: There | None, *, keeps: bool) -> Verdict:
    """What is to be done about it. `keeps`: id and times must be the same as well."""
    if there is None:
        return Verdict.NEW
    is_kept = not keeps or (held.id, held.created, held.updated) == (there.own_id, there.created, there.updated)
    is_same = is_kept and held.latest_id == there.latest_id and digest_of(held) == there.digest
    return Verdict.SAME if is_same else Verdict.CHANGED


def verdict_on_event(event: Published, there: bytes | None) -> Verdict:
    """Likewise. An event that is there as another can't be changed any more."""
    if there is None:
        return Verdict.NEW
    here = digest_of_event({**loaded(event.json), "occurred": event.occurred})
    return Verdict.SAME if here == there else Verdict.CHANGED


def digest_of(held: Held) -> bytes:
    return digest(
        key=held.key,
        type=held.type,
        description=json.loads(held.description),
        data=loaded(held.data),
        metadata=json.loads(held.metadata),
        flow_run_id=held.flow_run_id,
        task_run_id=held.task_run_id,
    )


def digest(
    *,
    key: str | None,
    type: str | None,
    description: str | None,
    data: Any,
    metadata: Mapping[str, str] | None,
    flow_run_id: str | None,
    task_run_id: str | None,
) -> bytes:
    """The same for the same contents. The marks of an export don't count, and no metadata is as good as empty."""
    unmarked = {name: value for name, value in (metadata or {}).items() if name not in MARKS}
    return digest_of_json([key, type, description, data, unmarked, flow_run_id, task_run_id])


def digest_of_event(event: Mapping[str, Any]) -> bytes:
    """Of an event in Prefect's form, decoded by `loaded`; `occurred` is whole microseconds."""
    fields = ("occurred", "event", "resource", "related", "payload", "follows")
    return digest_of_json([event.get(name) for name in fields])


def digest_of_json(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def loaded(text: str) -> Any:
    """JSON with all numbers as doubles. One that no double can be stays as it is written."""
    return json.loads(text, parse_int=_number, parse_float=_number)


def _number(text: str) -> float | str:
    number = float(text) + 0.0  # no negative zero
    return f"number {text}" if number in (float("inf"), float("-inf")) else number


def unstorable(held: Held, *, takes_nul: bool) -> str | None:
    """Why Prefect could not give it back, if so. `takes_nul`: its database holds NUL in a text."""
    texts = (held.description, held.data, held.metadata)
    if any(json_text.half_pair(text) is not None for text in texts):
        return "it has half of a surrogate pair, which no UTF-8 can carry"
    if not json_text.depth_is_within(held.data, DATA_DEPTH_MAX):
        return f"its data nests deeper than {DATA_DEPTH_MAX}"
    if held.data[0] in "-0123456789" and isinstance(_number(held.data), str):
        return "its data is a number beyond what a double can be"
    if not takes_nul and ("\0" in (held.type or "") or _NUL.search(held.description)):
        return "its type or description has a NUL, which PostgreSQL does not hold"
    return None


def unstorable_event(text: str, *, takes_nul: bool) -> str | None:
    """The same of an event, in Prefect's form."""
    if not json_text.depth_is_within(text, EVENT_DEPTH_MAX):
        return f"it nests deeper than {EVENT_DEPTH_MAX}"
    if not takes_nul and _NUL.search(text):
        return "it has a NUL, which PostgreSQL does not hold"
    return None
