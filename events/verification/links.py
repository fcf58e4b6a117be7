"""The links of the chain: position, time, header, labels and body of each event, in one pass.

span of positions ─► links, as the database puts them together ─► one that seems wrong ─► exactly ─► fault
                     what is absent                            ─► the absences that say so        ─► fault
"""

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import bindparam, select

from events import chain
from events.absences import Absence, Part, absences
from events.event import Micros
from events.stores.sql import HEAD_OF, Fetch
from events.stores.statement import Statement
from events.stores.tables import EVENTS, Row
from events.verification.absent import contradicted, unexplained
from events.verification.covered import ABSENT, HOLDS, LINKS, WRONG
from events.verification.exact import EVENT, examine
from events.verification.faults import Fault, Wrong

_PARTS = {Part.LABELS: 4, Part.BODY: 5}
"""Where in a row of `LINKS` it says what was found of a part."""


class Link(Struct, frozen=True):
    """What the next event must continue."""

    position: int
    recorded: Micros
    hash: bytes


async def link_at(fetch: Fetch, log: str, number: int, position: int) -> Link | None:
    """The link at a position, taken as it is recorded. Raises StorageUnavailable, as all here do."""
    if position == 0:
        return Link(0, 0, chain.genesis(log))
    rows = await fetch(LINK, log=number, position=position)
    return Link(position, *rows[0]) if rows else None


async def check_links(fetch: Fetch, log: str, number: int, before: Link, upto: int) -> Link | Fault:
    """Check the events behind a link, up to a position that the log has: the last link, or the first fault."""
    here = {"first": before.position + 1, "last": upto}
    said = {part: await absences(fetch, number, part, **here) for part in Part}
    try:
        rows = await fetch(LINKS, log=number, after=before.position, upto=upto)
    except Exception:
        fault = await _unreadable(fetch, log, number, before.position, upto)
        if fault is None:
            raise
        return fault
    last, fault = await _followed(fetch, log, number, before, rows)
    if fault is None and last.position < upto:
        fault = _missing(log, last.position + 1)
    sound = [row for row in rows if row[0] <= last.position]
    return await _of_absences(fetch, log, number, said, sound) or fault or last


async def _followed(
    fetch: Fetch, log: str, number: int, before: Link, rows: Sequence[Row]
) -> tuple[Link, Fault | None]:
    """How far the chain holds, and what is wrong with the next event."""
    at, recorded_before, last = before.position, before.recorded, before.hash
    for position, recorded, header, hash, labels, body in rows:
        if not (
            sha256(last + header).digest() == hash
            and position == at + 1
            and recorded > recorded_before
            and WRONG not in (labels, body)
        ):
            fault = await _examined(fetch, log, number, Link(at, recorded_before, last))
            if fault is not None:
                return Link(at, recorded_before, last), fault
        at, recorded_before, last = position, recorded, hash
    return Link(at, recorded_before, last), None


async def _examined(fetch: Fetch, log: str, number: int, before: Link) -> Fault | None:
    """The quick way has a doubt about the event behind a link."""
    position = before.position + 1
    try:
        rows = await fetch(EVENT, log=number, position=position)
    except Exception as error:
        await fetch(HEAD_OF, name=log)  # raises what it says, if it reads nothing at all
        return _undecipherable(log, position, error)
    return examine(log, rows[0], before.hash, before.recorded) if rows else _missing(log, position)


async def _of_absences(
    fetch: Fetch, log: str, number: int, said: dict[Part, list[Absence]], rows: Sequence[Row]
) -> Fault | None:
    """The first fault of what is absent, or said to be.

    `said` was read before the events, and is read again after them: what goes or comes back meanwhile is no fault.
    """
    faults = []
    for part, column in _PARTS.items():
        absent = [row[0] for row in rows if row[column] == ABSENT]
        faults.append(await unexplained(fetch, log, number, part, absent))
        present = [row[0] for row in rows if row[column] == HOLDS]
        if contradicted(log, part, said[part], present):
            now = await absences(fetch, number, part, present[0], present[-1])
            both = [position for position in present if contradicted(log, part, said[part], [position])]
            faults.append(contradicted(log, part, now, both))
    return min((each for each in faults if each), key=lambda each: each.position, default=None)


async def _unreadable(fetch: Fetch, log: str, number: int, after: int, upto: int) -> Fault | None:
    """The first event that the database cannot read, though it reads others. Raises what it says if it reads none."""
    await fetch(HEAD_OF, name=log)
    for position in range(after + 1, upto + 1):
        try:
            await fetch(LINKS, log=number, after=position - 1, upto=position)
        except Exception as error:
            return _undecipherable(log, position, error)
    return None


def _undecipherable(log: str, position: int, error: Exception) -> Fault:
    return Fault(log, position, Wrong.UNREADABLE, f"the database cannot read it: {error}.")


def _missing(log: str, position: int) -> Fault:
    return Fault(log, position, Wrong.MISSING, "there is no event, and the log goes on behind it.")


LINK = Statement(
    select(EVENTS.c.recorded, EVENTS.c.hash).where(
        EVENTS.c.log == bindparam("log"), EVENTS.c.position == bindparam("position")
    )
)
