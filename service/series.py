"""Series: a number that a key had, write by write. Answers are JSON text.

writes ─► sizes of their bodies ─► as many as may be read, the newest first ─► a part of them at a time ─► measured
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.payload import decode_content
from events.reading import SIZES
from events.stores.sql import BODIES, SqlStore
from events.stores.tables import storable
from projections.history.states import NAME
from projections.history.versions import NUMBERS
from projections.runner import Runner
from projections.runs.reader import names_of
from projections.writes import WRITES, Write
from service.comparing.content import Content
from service.deciding.commands import CollectionNotFound
from service.measures import EXTENTS, Cell, Change, Number, extents
from service.previews import looked_into
from service.read import Read
from service.settings import Settings
from service.workers import Workers

SERIES_POINTS_MAX = 5_000
"""Writes in one answer, the newest."""
SERIES_BYTES_MAX = 32 * 1024 * 1024
"""Bodies that are read for one answer, together."""
SERIES_BODY_BYTES_MAX = 16 * 1024 * 1024
"""Size of one of them."""
CHANGE, CELL, NUMBER = "change", "cell", "number"
MEASURES = (*EXTENTS, CHANGE, CELL, NUMBER)

_PART_BYTES = 2 * 1024 * 1024
"""Bodies that are in memory at the same time, unless one alone is larger."""

_encode = msgspec.json.Encoder().encode

Measuring: TypeAlias = Callable[[Content | None], float | None]


class Asked(Struct, frozen=True):
    """Which measure is asked for; None: the one that says most. `find` is what finds it, if it is to be found."""

    measure: str | None
    find: Cell | Number | None = None


class Series:
    def __init__(self, store: SqlStore, runner: Runner, workers: Workers, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._workers = workers
        self._settings = settings

    async def read(self, log: str, key: str, asked: Asked, limit: int, as_of: int | None = None) -> Read:
        """A point for each of the last writes of a key, the oldest first.

        Raises CollectionNotFound, ProjectionBehind, TooMuchWork.
        """
        position = (await self._store.head(log)).position if as_of is None else as_of
        await self._runner.wait_for(log, NAME, position, self._settings.wait_timeout_s)
        number, stored = await self._store.log_number(log), storable(key) or ""
        rows = await self._store.fetch(WRITES, log=number, key=stored, as_of=position, limit=limit + 1)
        if not rows:
            raise CollectionNotFound(key)
        writes = [Write.from_row(row) for row in rows[:limit]]
        types = {each.data_position: each.type for each in writes}
        sizes: dict[int, int] = dict(await self._store.fetch(SIZES, log=number, positions=list(types)))
        chosen = fitting(types, sizes)
        taken = await self._taken(number, asked, chosen, sizes, types)
        created = list({each.created_position for each in writes})
        numbers: dict[int, int] = dict(await self._store.fetch(NUMBERS, log=number, key=stored, positions=created))
        runs = (id for each in writes for id in (each.flow_run_id, each.task_run_id))
        names = await names_of(self._store, number, runs)
        measures = taken.measures
        measure = asked.measure or next(iter(measures), EXTENTS[-1])
        values = taken.values(measure)
        answer = {
            "key": key,
            "measure": measure,
            "measures": measures,
            "points": [_point(each, values.get(each.data_position), numbers, names) for each in reversed(writes)],
            "left_out": {
                "older": len(rows) > limit,
                "large": len(sizes) - len(chosen),
                "absent": len(types) - len(sizes),
            },
        }
        return Read(_encode(answer).decode(), position)

    async def _taken(
        self, number: int, asked: Asked, chosen: set[int], sizes: Mapping[int, int], types: Mapping[int, str | None]
    ) -> "Taken":
        taken = Taken(asked)
        async with self._workers.turn():
            for part in parts(sorted(chosen), sizes):
                bodies: dict[int, str] = dict(await self._store.fetch(BODIES, log=number, positions=part))
                await self._workers.run(taken.take, bodies, types)
        return taken


class Taken:
    """The measures of bodies by their positions, taken in the order of the log."""

    def __init__(self, asked: Asked) -> None:
        self._find: Measuring = Change() if asked.measure == CHANGE else asked.find or (lambda _: None)
        self._extents: dict[int, dict[str, float]] = {}
        self._found: dict[int, float | None] = {}

    def take(self, bodies: Mapping[int, str], types: Mapping[int, str | None]) -> None:
        for position in sorted(bodies):
            data = bytes(decode_content(bodies[position]).data).decode()
            content = looked_into(types[position], data)
            self._extents[position] = extents(content, data)
            self._found[position] = self._find(content)

    @property
    def measures(self) -> list[str]:
        """Those that some of the data has."""
        had = {name for each in self._extents.values() for name in each}
        return [name for name in EXTENTS if name in had]

    def values(self, measure: str) -> dict[int, float | None]:
        """By position, those of one measure."""
        if measure in EXTENTS:
            return {position: each.get(measure) for position, each in self._extents.items()}
        return self._found


def fitting(positions: Iterable[int], sizes: Mapping[int, int]) -> set[int]:
    """Which bodies are read: of those that are there the first ones that are together not too much."""
    chosen: set[int] = set()
    left = SERIES_BYTES_MAX
    for position in positions:
        size = sizes.get(position, SERIES_BODY_BYTES_MAX + 1)
        if size <= min(left, SERIES_BODY_BYTES_MAX):
            chosen.add(position)
            left -= size
    return chosen


def parts(positions: Sequence[int], sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """All positions in their order, as many at a time as may be in memory."""
    part: list[int] = []
    size = 0
    for position in positions:
        if part and size + sizes[position] > _PART_BYTES:
            yield part
            part, size = [], 0
        part.append(position)
        size += sizes[position]
    if part:
        yield part


def _point(each: Write, value: float | None, numbers: Mapping[int, int], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "position": each.position,
        "artifact_id": each.artifact_id,
        "number": numbers.get(each.created_position),
        "recorded": as_text(each.recorded),
        "value": value,
        "actor": each.actor,
        "flow_run_id": each.flow_run_id,
        "flow_run_name": names.get(each.flow_run_id or ""),
        "task_run_id": each.task_run_id,
        "task_run_name": names.get(each.task_run_id or ""),
    }
