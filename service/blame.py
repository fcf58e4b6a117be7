"""Blame: who last changed each line or cell of what a key says, read back through the log as far as is needed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from events.clock import as_text
from events.payload import decode_content
from events.stores.sql import SqlStore
from events.stores.tables import storable
from projections.authorship import AUTHORS, SHOWN_AT, SHOWN_BEFORE, Author
from projections.collections import Collection
from service.artifacts import Artifacts
from service.comparing.blame import Blame, Blamed, blame_of
from service.comparing.comparison import Side
from service.deciding.commands import ArtifactNotFound
from service.numbers import Numbers
from service.past import Past
from service.read import Read
from service.workers import Workers

BLAME_STATES_MAX = 1_000
"""States of a key that one answer goes back through."""
BLAME_CHARS_MAX = 32 * 1024 * 1024
"""Data of these together, but for the newest."""
BLAME_PAGE_MAX = 1_000
"""Lines or rows in one answer."""
BLAME_SHOWN = 100
"""Unless another number is asked for."""

_VERSIONS = 200
"""How many versions of a collection are looked at together."""

_encode = msgspec.json.Encoder().encode


class WayBack:
    """The states that a collection was in, from the newest back: what its key said, and who had written that.

    Versions in which the data was the same are one state. What was deleted, so that the collection fell back to what
    had been before, is passed over.
    """

    def __init__(self, store: SqlStore, log: str, collection: Collection) -> None:
        self._store = store
        self._log = log
        self._collection = collection
        self._chars_left = BLAME_CHARS_MAX
        self.authors: list[Author] = []
        """Of the states that were told."""
        self.absent = 0
        """States that were passed over, because their data was erased, or has left."""
        self.stopped_by: str | None = None
        """The limit beyond which no state is told."""
        self.gaps: set[int] = set()
        """The states before which something is not told: what they seem to have changed may be older."""

    async def states(self) -> AsyncIterator[Side]:
        async for author in self._authors():
            if len(self.authors) == BLAME_STATES_MAX:
                self._stop("BLAME_STATES_MAX")
                return
            bodies = await self._store.bodies(self._log, [author.position])
            if not bodies and self.authors:
                self.absent += 1
                self.gaps.add(len(self.authors) - 1)
                continue
            side = Side(_data(bodies.get(author.position)), author.type)
            if self.authors:
                self._chars_left -= len(side.data)
            if self._chars_left < 0:
                self._stop("BLAME_CHARS_MAX")
                return
            self.authors.append(author)
            yield side

    def _stop(self, limit: str) -> None:
        self.stopped_by = limit
        self.gaps.add(len(self.authors) - 1)

    async def _authors(self) -> AsyncIterator[Author]:
        """Of each state, who wrote its data."""
        log, before, last = self._collection.log, self._collection.version + 1, self._collection.data_position + 1
        while versions := await self._store.fetch(
            SHOWN_BEFORE, log=log, id=self._collection.id, before=before, limit=_VERSIONS
        ):
            before = versions[-1][0]
            positions = []
            for _, position in versions:
                if position < last:
                    positions.append(position)
                    last = position
            found = map(Author.from_row, await self._store.fetch(AUTHORS, log=log, positions=positions))
            for author in sorted(found, key=lambda each: -each.position):
                yield author


class Blames:
    """What is asked of the past of a key, line by line and cell by cell."""

    def __init__(self, store: SqlStore, artifacts: Artifacts, past: Past, numbers: Numbers, workers: Workers) -> None:
        self._store = store
        self._artifacts = artifacts
        self._past = past
        self._numbers = numbers
        self._workers = workers

    async def read(
        self,
        log: str,
        key: str,
        *,
        offset: int,
        limit: int,
        columns: Sequence[str],
        artifact_id: str | None = None,
        as_of: int | None = None,
    ) -> Read:
        """Who last changed the lines or rows of a key's latest data, from `offset` on. `columns`: the key of the rows.

        `artifact_id`: as of when that one was last the latest.

        Raises CollectionNotFound, ArtifactNotFound, TooLargeToCompare, KeyColumnNotFound, TooMuchWork.
        """
        async with self._workers.turn():
            if artifact_id is not None:
                as_of = await self._was_latest(log, key, artifact_id, as_of)
            position, collection = await self._artifacts.collection(log, key, as_of)
            way = WayBack(self._store, log, collection)
            states = way.states()
            blame = await self._workers.run(blame_of, await anext(states), offset, limit, columns)
            while not blame.is_settled and (side := await anext(states, None)) is not None:
                await self._workers.run(blame.tell, side)
            numbers = await self._numbers.of(log, key, [each.artifact_id for each in way.authors])
            json = await self._workers.run(rendered, collection, blame, way, offset, numbers)
        return Read(json, position)

    async def _was_latest(self, log: str, key: str, artifact_id: str, as_of: int | None) -> int:
        """Where the collection last said what an artifact was. Raises ArtifactNotFound: it never was the latest."""
        asked = {"key": storable(key), "latest": artifact_id, "as_of": 2**62 if as_of is None else as_of}
        [(position,)] = await self._store.fetch(SHOWN_AT, log=await self._store.log_number(log), **asked)
        if position is None:
            raise ArtifactNotFound(artifact_id)
        return await self._past.reach(log, str(position))


def rendered(collection: Collection, blame: Blame, way: WayBack, offset: int, numbers_of: Mapping[str, int]) -> str:
    """The answer as JSON text, with the numbers of versions by their ids.

    Of the states only those are told that somebody is to blame for.
    """
    found = blame.found()
    named = sorted({state for each in found for state in each.states})
    numbers = {state: number for number, state in enumerate(named)}
    states = [_state(way.authors[state], state in way.gaps, numbers_of) for state in named]
    answer = {
        "key": collection.key,
        "artifact_id": collection.latest_id,
        "type": collection.type,
        "unit": blame.unit,
        "count": blame.height,
        "offset": offset,
        "columns": blame.columns,
        "found": [_found(each, blame.unit, numbers) for each in found],
        "states": states,
        "went_back": {
            "states": len(way.authors),
            "position": way.authors[-1].position,
            "is_complete": not way.gaps,
            "stopped_by": way.stopped_by,
            "absent": way.absent,
        },
    }
    return _encode(answer).decode()


def _found(blamed: Blamed, unit: str, numbers: dict[int, int]) -> dict[str, Any]:
    states = [numbers[each] for each in blamed.states]
    match unit:
        case "line":
            return {"line": blamed.place + 1, "state": states[0], "text": blamed.text}
        case "row":
            return {"row": blamed.place, "states": states, "cells": blamed.cells, "before": blamed.before}
        case _:
            return {"state": states[0], "text": blamed.text}


def _state(author: Author, or_before: bool, numbers: Mapping[str, int]) -> dict[str, Any]:
    """`or_before`: it may have been there before, where the answer does not go back to."""
    return {
        **asdict(author),
        "number": numbers.get(author.artifact_id),
        "recorded": as_text(author.recorded),
        "or_before": or_before,
    }


def _data(body: str | None) -> str:
    return "null" if body is None else bytes(decode_content(body).data).decode()
