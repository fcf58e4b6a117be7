"""Reading what is archived: which file holds a body is said by the event that the body's absence names."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import msgspec
from sqlalchemy import bindparam, func, select

from events.absences import Absence, Part, Reason, absent_at
from events.errors import ArchiveUnreachable
from events.stores.sql import BODIES, SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import ABSENCES, EVENTS
from service.archive.described import Stored

T = TypeVar("T")

CACHED_BYTES_MAX = 64 * 1024 * 1024
"""Bodies from the archive that a process keeps, counted as characters."""
FILES_KNOWN_MAX = 10_000
"""Files of the archive of which a process remembers where they are."""
ARCHIVE_READERS = 4
"""Files of the archive that a process reads at the same time."""
REASON_CHARACTERS_MAX = 300
"""Characters of what a file system said."""
READ_TIMEOUT_S = 30.0
"""Longest that a file of the archive may take."""


class Archived:
    """The archived bodies of all logs over one store."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._bodies: OrderedDict[tuple[int, int], str] = OrderedDict()
        self._cached_bytes = 0
        self._known: OrderedDict[tuple[int, int], Stored] = OrderedDict()
        self._turn = asyncio.Semaphore(ARCHIVE_READERS)

    async def sizes(self, log: int, positions: Collection[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for cause, wanted in (await self.causes_of(log, positions)).items():
            found.update(await self._read(log, cause, wanted, _sizes))
        return found

    async def bodies(self, log: int, positions: Collection[int]) -> dict[int, str]:
        found = {each: self._bodies[log, each] for each in positions if (log, each) in self._bodies}
        causes = await self.causes_of(log, positions)
        there = {position for wanted in causes.values() for position in wanted}
        found = {position: content for position, content in found.items() if position in there}  # else it was erased
        for cause, wanted in causes.items():
            missing = [each for each in wanted if each not in found]
            if missing:
                read = await self._read(log, cause, missing, _bodies)
                await self._check(log, missing, read)
                found.update({position: content for position, (content, _) in read.items()})
                self._keep(log, found)
        return found

    def forget(self, log: int, positions: Iterable[int]) -> None:
        for position in positions:
            self._cached_bytes -= len(self._bodies.pop((log, position), ""))

    async def causes_of(self, log: int, positions: Collection[int]) -> dict[int, list[int]]:
        """Those that are archived, by the event that says so."""
        absences: dict[int, Absence] = await absent_at(self._store.fetch, log, Part.BODY, positions)
        causes: dict[int, list[int]] = {}
        for position, absence in absences.items():
            if absence.reason is Reason.ARCHIVED:
                causes.setdefault(absence.cause, []).append(position)
        return causes

    async def _read(
        self, log: int, cause: int, positions: Collection[int], how: Callable[[Stored, Collection[int]], dict[int, T]]
    ) -> dict[int, T]:
        try:
            stored = await self._stored(log, cause)
            async with self._turn, asyncio.timeout(READ_TIMEOUT_S):
                found = await asyncio.to_thread(how, stored, positions)
        except Exception as error:  # a file system may fail in its own way
            raise await self._unreachable(log, min(positions), error) from error
        if len(found) < len(positions):
            missing = min(set(positions) - found.keys())
            raise await self._unreachable(log, missing, LookupError(f"{stored.file} does not have it."))
        return found

    async def _stored(self, log: int, cause: int) -> Stored:
        known = self._known.get((log, cause))
        if known is None:
            [(_, content)] = await self._store.fetch(BODIES, log=log, positions=[cause])
            known = self._known[log, cause] = msgspec.json.decode(content, type=Stored)
            if len(self._known) > FILES_KNOWN_MAX:
                self._known.popitem(last=False)
        return known

    async def _check(self, log: int, positions: list[int], read: dict[int, tuple[str, bytes]]) -> None:
        """What the archive says is what the log commits to. Raises ArchiveUnreachable."""
        commitments: dict[int, bytes] = dict(await self._store.fetch(COMMITMENTS, log=log, positions=positions))
        for position, (_, commitment) in read.items():
            if bytes(commitments[position]) != commitment:
                raise await self._unreachable(log, position, LookupError("it is not what the log commits to."))

    async def _unreachable(self, log: int, position: int, error: Exception) -> ArchiveUnreachable:
        [(last,)] = await self._store.fetch(LAST_ARCHIVED, log=log)
        reason = f"{type(error).__name__}: {error}".rstrip(".")[:REASON_CHARACTERS_MAX]
        return ArchiveUnreachable(position, (last or 0) + 1, f"{reason}.")

    def _keep(self, log: int, found: dict[int, str]) -> None:
        for position, content in found.items():
            if (log, position) not in self._bodies:
                self._bodies[log, position] = content
                self._cached_bytes += len(content)
        while self._cached_bytes > CACHED_BYTES_MAX:
            _, content = self._bodies.popitem(last=False)
            self._cached_bytes -= len(content)


def _sizes(stored: Stored, positions: Collection[int]) -> dict[int, int]:
    from service.archive import file, shelf

    with shelf.Shelf(stored.url).open(stored.file) as opened:
        return file.sizes(opened, positions)


def _bodies(stored: Stored, positions: Collection[int]) -> dict[int, tuple[str, bytes]]:
    """Each with its commitment, which it holds."""
    from service.archive import file, shelf

    with shelf.Shelf(stored.url).open(stored.file) as opened:
        found = file.read(opened, set(positions))
        return {body.position: (body.content, body.commitment) for body in found if body.holds}


COMMITMENTS = Statement(
    select(EVENTS.c.position, EVENTS.c.commitment).where(
        EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions")
    )
)
LAST_ARCHIVED = Statement(
    select(func.max(ABSENCES.c.last)).where(
        ABSENCES.c.log == bindparam("log"), ABSENCES.c.part == "body", ABSENCES.c.reason == "archived"
    )
)
