"""Trends: how the number of a key went, and what its last change was, in words. JSON text."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.payload import decode_content
from events.stores.sql import BODIES, SqlStore
from events.stores.tables import storable
from projections.history.states import NAME
from projections.runner import Runner
from projections.trends import TrendState, last_states
from service.glances import Glances, Seen
from service.histories import SUMMARY_BODY_BYTES_MAX, Data, Told, summarised
from service.read import Read
from service.settings import Settings

TRENDS_MAX = 50
"""Keys in one request."""
CHANGES_BYTES_MAX = 2 * 1024 * 1024
"""Bodies that one request reads to put changes in words. Of the others, it says the sizes."""
CHANGES_REMEMBERED_MAX = 10_000
"""Changes that a process remembers in words."""

_encode = msgspec.json.Encoder().encode


class Change(Struct, frozen=True):
    """The last change of a key: the state that it led to, and the one before, if there was one."""

    after: TrendState
    before: TrendState | None

    @property
    def states(self) -> Sequence[TrendState]:
        return [self.after] if self.before is None else [self.after, self.before]

    @property
    def place(self) -> tuple[int, ...]:
        return tuple(each.data_position for each in self.states)


class Trends:
    def __init__(self, store: SqlStore, runner: Runner, glances: Glances, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._glances = glances
        self._settings = settings
        self._lines: dict[tuple[int, ...], str | None] = {}
        self._life = 0

    def forget(self) -> None:
        """Something was erased: what is remembered may be of that, and what is being read, too."""
        self._lines.clear()
        self._life += 1

    async def read(self, log: str, keys: Sequence[str], as_of: int | None = None) -> Read:
        """Of the keys that are there, in the order in which they are asked for.

        Raises ProjectionBehind, StorageUnavailable.
        """
        head = (await self._store.head(log)).position
        await self._runner.wait_for(log, NAME, head, self._settings.wait_timeout_s)
        number, wanted = await self._store.log_number(log), [storable(each) for each in keys]
        rows = await self._store.fetch(last_states(past=as_of is not None), log=number, keys=wanted, as_of=as_of)
        states = [TrendState.from_row(row) for row in rows]
        by_key = {key: _contents(list(group)) for key, group in groupby(states, lambda each: each.key)}
        seen = await self._glances.at(number, {each.data_position: each.type for each in reversed(states)})
        changes = {key: Change(own[-1], own[-2] if len(own) > 1 else None) for key, own in by_key.items()}
        lines = await self._in_words(number, changes, seen)
        shown = [trend(key, by_key[key], seen, lines[key]) for key in dict.fromkeys(keys) if key in by_key]
        return Read(_encode(shown).decode(), head if as_of is None else as_of)

    async def _in_words(
        self, number: int, changes: Mapping[str, Change], seen: Mapping[int, Seen]
    ) -> dict[str, str | None]:
        life = self._life
        there = {
            key: change
            for key, change in changes.items()
            if all(seen[each].data_bytes is not None for each in change.place)
        }
        new = {key: change for key, change in there.items() if (number, *change.place) not in self._lines}
        lines = await self._told(number, new, seen)
        known = {key: self._lines.get((number, *change.place)) for key, change in there.items() if key not in new}
        if life == self._life:
            self._remember({(number, *new[key].place): line for key, line in lines.items()})
        return dict.fromkeys(changes) | known | lines

    async def _told(
        self, number: int, changes: Mapping[str, Change], seen: Mapping[int, Seen]
    ) -> dict[str, str | None]:
        if not changes:
            return {}
        sizes = {each: seen[each].data_bytes or 0 for change in changes.values() for each in change.place}
        positions = _fitting(sizes)
        bodies: dict[int, str] = (
            dict(await self._store.fetch(BODIES, log=number, positions=positions)) if positions else {}
        )
        return await asyncio.to_thread(_summaries, changes, bodies, sizes)

    def _remember(self, lines: Mapping[tuple[int, ...], str | None]) -> None:
        self._lines.update(lines)
        while len(self._lines) > CHANGES_REMEMBERED_MAX:
            del self._lines[next(iter(self._lines))]


def trend(key: str, states: Sequence[TrendState], seen: Mapping[int, Seen], summary: str | None) -> dict[str, Any]:
    """The states whose number is of the same sort as that of the newest. Pure."""
    numbers = [(state, seen[state.data_position].measure) for state in states]
    newest = numbers[-1][1]
    points = [
        {"position": state.position, "recorded": as_text(state.recorded), "value": number.value}
        for state, number in numbers
        if number is not None and newest is not None and number.name == newest.name
    ]
    return {"key": key, "measure": newest.name if newest else None, "points": points, "summary": summary}


def _contents(states: Sequence[TrendState]) -> list[TrendState]:
    """The states in which the data came to be what it was: not those that changed something else."""
    return [next(same) for _, same in groupby(states, lambda each: each.data_position)]


def _fitting(sizes: Mapping[int, int]) -> list[int]:
    left, fitting = CHANGES_BYTES_MAX, []
    for position, size_bytes in sizes.items():
        if size_bytes <= min(left, SUMMARY_BODY_BYTES_MAX):
            left -= size_bytes
            fitting.append(position)
    return fitting


def _summaries(
    changes: Mapping[str, Change], bodies: Mapping[int, str], sizes: Mapping[int, int]
) -> dict[str, str | None]:
    def told(state: TrendState) -> Told:
        body = bodies.get(state.data_position)
        text = None if body is None else bytes(decode_content(body).data).decode()
        return Data(text, sizes[state.data_position]), state.type

    steps = [(told(each.after), None if each.before is None else told(each.before)) for each in changes.values()]
    return dict(zip(changes, summarised(steps), strict=True))
