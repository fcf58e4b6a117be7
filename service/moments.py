"""Moments: where a reader stands in the log, what was recorded there, and how it went before and after. JSON text."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.entry import entry_of
from events.event import Micros
from events.stores.sql import SqlStore
from events.stores.tables import storable
from projections.history.moments import (
    CHANGED_AFTER,
    CHANGED_BEFORE,
    CHANGES_OF_KEY,
    EVENT_AT,
    KEYS_CHANGED_SINCE,
    RECORDED_AT,
)
from service.past import Past
from service.read import Read

STRETCHES_MAX = 120
"""Parts of equal length that a log is shown in."""
CHANGES_OF_KEY_MAX = 500
"""Places at which a key changed, in one answer: the newest."""

_MICROS = 1_000_000
_SHOWN = ("recorded", "kind", "name", "key", "type", "actor", "flow_run_id", "task_run_id")

_encode = msgspec.json.Encoder().encode


class Stretch(Struct, frozen=True):
    """The events behind `after`, up to `until`."""

    after: int
    until: int
    recorded: str
    """When the last of them was."""
    seconds: float
    """How long they took, from the last event before them."""


class Moments:
    def __init__(self, store: SqlStore, past: Past) -> None:
        self._store = store
        self._past = past

    async def read(self, log: str, position: int | None, key: str | None) -> Read:
        """What there is at a position, and around it; None: at the head. `key`: where that one changed.

        Raises PositionNotReached, ProjectionBehind.
        """
        head = await self._past.reach(log, str((await self._store.head(log)).position))
        at = head if position is None else position
        number = await self._store.log_number(log)
        headers = await self._store.fetch(EVENT_AT, log=number, position=at)
        [(changed,)] = await self._store.fetch(KEYS_CHANGED_SINCE, log=number, position=at)
        before, after, changes = await self._of_key(number, key, at) if key else (at - 1, at + 1, None)
        answer = {
            "position": at,
            "head": head,
            "first": min(head, 1),
            "event": _event(tuple(headers[0])) if headers else None,
            "keys_changed_since": changed,
            "key": key,
            "previous": before if before is not None and before >= 0 else None,
            "next": after if after is not None and after <= head else None,
            "changes": changes,
            "stretches": await self._stretches(number, head),
        }
        return Read(_encode(answer).decode(), head)

    async def _of_key(self, log: int, key: str, at: int) -> tuple[int | None, int | None, list[int]]:
        asked = {"log": log, "key": storable(key), "position": at}
        [(before,)] = await self._store.fetch(CHANGED_BEFORE, **asked)
        [(after,)] = await self._store.fetch(CHANGED_AFTER, **asked)
        found = await self._store.fetch(CHANGES_OF_KEY, **asked, limit=CHANGES_OF_KEY_MAX)
        return before, after, sorted(position for (position,) in found)

    async def _stretches(self, log: int, head: int) -> list[Stretch]:
        ends = bounds(head)
        positions = [max(1, each) for each in ends]
        recorded: dict[int, Micros] = dict(await self._store.fetch(RECORDED_AT, log=log, positions=positions))
        return stretches(ends, [recorded[each] for each in positions]) if head else []


def bounds(head: int) -> list[int]:
    """Where the stretches of a log begin and end, from 0 to its head. Pure."""
    count = min(head, STRETCHES_MAX)
    return [head * each // count for each in range(count + 1)] if count else []


def stretches(ends: Sequence[int], recorded: Sequence[Micros]) -> list[Stretch]:
    """Pure. `recorded`: when the event at each end was."""
    pairs = zip(pairwise(ends), pairwise(recorded), strict=True)
    return [Stretch(after, until, as_text(end), (end - begin) / _MICROS) for (after, until), (begin, end) in pairs]


def _event(header: tuple[Any, ...]) -> dict[str, Any]:
    entry = entry_of(header)
    return {"id": entry.id, **{name: getattr(entry, name) for name in _SHOWN}}
