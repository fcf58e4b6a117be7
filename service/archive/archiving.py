"""Archiving: old bodies are written to files, read again, and only then taken out of the database; and the way back.

    bodies ─► file ─► read again, each against its commitment ─► one transaction: `stored`, absences, bodies go

Killed before the transaction, a file lies there that no event names: the same bodies are archived again, over it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select

from events.absences import Part, Reason, absent_by, put_back, remove_bodies
from events.clock import now
from events.event import Event
from events.ids import uuid7
from events.reading import SIZES
from events.stores.sql import SqlStore, Transaction, version_of
from events.stores.statement import OneOf, SizeBytes, Statement
from events.stores.tables import ABSENCES, EVENT_BODIES, EVENTS
from events.streams import StreamId
from projections.artifacts import CATEGORY as OF_ARTIFACTS
from service.archive.archived import Archived
from service.archive.described import NoArchiveHere, Stored
from service.provenance import ARCHIVE, from_service

STORED, RESTORED = "digsite.archive.stored", "digsite.archive.restored"
CATEGORY = "archive"
ARCHIVE_BODIES_MAX = 5_000
"""Bodies in one file: so many leave the database in one transaction."""
ARCHIVE_BYTES_MAX = 32 * 1024 * 1024
"""Content in one file, unless a single body is larger."""
BODIES_AT_ONCE = 500


class Archiving:
    """Moves bodies of one store to archives and back. `written` is called after each event, with its log."""

    def __init__(self, store: SqlStore, archived: Archived, written: Callable[[str], None] = lambda log: None) -> None:
        self._store = store
        self._archived = archived
        self._written = written

    async def archive(self, log: str, to: str, upto: int) -> AsyncIterator[Stored]:
        """Archive the bodies of artifacts up to a position, file by file.

        Raises NoArchiveHere, InvalidUrl, ArchiveDamaged, StorageUnavailable, OSError.
        """
        shelves = _shelves()
        folder = shelves.folder_of(to, log)
        number, after = await self._store.log_number(log), 0
        shelf = await asyncio.to_thread(shelves.Shelf, folder)
        while positions := await self._next(number, after, upto):
            after = positions[-1]
            bodies = await self._bodies(number, positions)
            if not bodies:
                continue
            stored = await asyncio.to_thread(shelf.put, log, bodies)
            if await self._record(log, STORED, msgspec.json.encode(stored).decode(), _removal(stored, bodies)):
                yield stored
            else:  # some of it was erased meanwhile: not a trace of that may stay
                await asyncio.to_thread(shelf.remove, stored.file)
                after = positions[0] - 1
        await self._store.give_back()

    async def restore(self, log: str) -> AsyncIterator[Stored]:
        """Bring all archived bodies back, file by file. The files stay where they are.

        Raises NoArchiveHere, InvalidUrl, ArchiveDamaged, StorageUnavailable, OSError.
        """
        shelves = _shelves()
        number = await self._store.log_number(log)
        for cause in [row[0] for row in await self._store.fetch(CAUSES_OF_ARCHIVED, log=number)]:
            stored = await self._stored(log, cause)
            shelf = await asyncio.to_thread(shelves.Shelf, stored.url)
            bodies = await asyncio.to_thread(shelf.check, stored)
            there = await self._positions_of(number, cause)
            some = [body for body in bodies if body.position in there]
            said = msgspec.json.encode({"file": stored.file, "url": stored.url, "bodies": len(some)}).decode()
            if some:
                await self._record(log, RESTORED, said, _return(some))
            yield stored

    async def forget(self, log: str, positions: Sequence[int]) -> None:
        """Leave nothing of some bodies in the archive: their files are written anew without them.

        Until their absences have another reason they cannot be read. Raises what `restore` raises.
        """
        number = await self._store.log_number(log)
        self._archived.forget(number, positions)
        causes = await self._archived.causes_of(number, positions)
        for cause, gone in causes.items():
            shelves = _shelves()
            stored = await self._stored(log, cause)
            shelf = await asyncio.to_thread(shelves.Shelf, stored.url)
            staying = await self._positions_of(number, cause) - set(gone)
            if staying:
                bodies = await asyncio.to_thread(shelf.check, stored)
                kept = [body for body in bodies if body.position in staying]
                new = await asyncio.to_thread(shelf.put, log, kept)
                await self._record(log, STORED, msgspec.json.encode(new).decode(), _removal(new, kept, there=False))
            await asyncio.to_thread(shelf.remove, stored.file)

    async def _next(self, number: int, after: int, upto: int) -> list[int]:
        """The positions of the bodies of the next file."""
        rows = await self._store.fetch(NEXT, log=number, after=after, upto=upto, limit=ARCHIVE_BODIES_MAX)
        positions: list[int] = []
        total = 0
        for position, size_bytes in rows:
            total += size_bytes
            if positions and total > ARCHIVE_BYTES_MAX:
                break
            positions.append(position)
        return positions

    async def _bodies(self, number: int, positions: Sequence[int]) -> list[Any]:
        from service.archive.file import ArchivedBody

        found: list[ArchivedBody] = []
        for start in range(0, len(positions), BODIES_AT_ONCE):
            some = list(positions[start : start + BODIES_AT_ONCE])
            rows = await self._store.fetch(WHOLE, log=number, positions=some)
            found += [
                ArchivedBody(place, bytes(salt), bytes(commitment), text) for place, salt, commitment, text in rows
            ]
        return found

    async def _stored(self, log: str, cause: int) -> Stored:
        content = (await self._store.bodies(log, [cause]))[cause]
        return msgspec.json.decode(content, type=Stored)

    async def _positions_of(self, number: int, cause: int) -> set[int]:
        spans = await absent_by(self._store.fetch, number, Part.BODY, cause)
        return {position for first, last in spans for position in range(first, last + 1)}

    async def _record(
        self, log: str, kind: str, content: str, change: Callable[[Transaction, int], Awaitable[bool]]
    ) -> bool:
        """Record an event and what it says in one transaction; neither, if the change cannot be made."""

        async def work(transaction: Transaction) -> bool:
            if not await change(transaction, transaction.recording.next_position):
                return False
            stream = StreamId(CATEGORY, log)
            event = Event(
                id=uuid7(now()),
                kind=kind,
                occurred=transaction.recording.next_recorded,
                resource={"prefect.resource.id": f"digsite.archive.{log}"},
                origin=from_service(ARCHIVE),
                content=content,
            )
            transaction.record(stream, await version_of(transaction, stream) + 1, event)
            return True

        done = await self._store.transact(log, work, locked=True)
        self._written(log)
        return done


def _removal(
    stored: Stored, bodies: Sequence[Any], *, there: bool = True
) -> Callable[[Transaction, int], Awaitable[bool]]:
    """Takes the bodies away, if all of them are still `there`; or says where they are by now."""
    positions = [body.position for body in bodies]

    async def change(transaction: Transaction, cause: int) -> bool:
        if there and len(await transaction.fetch(SIZES, positions=positions)) < len(positions):
            return False
        await remove_bodies(transaction.fetch, transaction.log, positions, Reason.ARCHIVED, cause)
        return True

    return change


def _return(bodies: Sequence[Any]) -> Callable[[Transaction, int], Awaitable[bool]]:
    async def change(transaction: Transaction, _: int) -> bool:
        for body in bodies:
            await transaction.fetch(PUT, position=body.position, content=body.content, salt=body.salt)
        await put_back(transaction.fetch, transaction.log, [body.position for body in bodies])
        return True

    return change


def _shelves() -> Any:
    """What needs the extra. Raises NoArchiveHere."""
    try:
        from service.archive import shelf
    except ModuleNotFoundError as error:
        raise NoArchiveHere(error.name or "The extra") from error
    return shelf


_B, _E = EVENT_BODIES.c, EVENTS.c
_OF_EVENTS = EVENTS.join(EVENT_BODIES, (_B.log == _E.log) & (_B.position == _E.position))
NEXT = Statement(
    select(_E.position, SizeBytes(_B.content))
    .select_from(_OF_EVENTS)
    .where(
        _E.log == bindparam("log"),
        _E.position > bindparam("after"),
        _E.position <= bindparam("upto"),
        _E.category == OF_ARTIFACTS,
    )
    .order_by(_E.position)
    .limit(bindparam("limit"))
)
WHOLE = Statement(
    select(_E.position, _B.salt, _E.commitment, _B.content)
    .select_from(_OF_EVENTS)
    .where(_E.log == bindparam("log"), OneOf(_E.position, "positions"))
    .order_by(_E.position)
)
CAUSES_OF_ARCHIVED = Statement(
    select(ABSENCES.c.cause)
    .where(ABSENCES.c.log == bindparam("log"), ABSENCES.c.part == "body", ABSENCES.c.reason == "archived")
    .group_by(ABSENCES.c.cause)
    .order_by(ABSENCES.c.cause)
)
PUT = Statement(
    insert(EVENT_BODIES).values(
        {column.name: bindparam(column.name, type_=column.type) for column in EVENT_BODIES.columns}
    )
)
