"""Absences: which parts of recorded events are there no more, why, and which event says so.

    mark ─► take away           in one transaction

The database lets go of a body, or of labels, only where an absence says that it may. A part that is missing without one
was not taken away by the log: `verify` names it.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BigInteger, bindparam, case, cast, delete, func, insert, literal, select, update

from events.stores.json_rows import json_rows
from events.stores.sql import Fetch
from events.stores.statement import EachOf, OneOf, Statement
from events.stores.tables import ABSENCES, EVENT_BODIES, EVENTS
from events.streams import RESOURCE

_encode = msgspec.json.Encoder().encode

AT_ONCE_MAX = 10_000
"""Parts that are taken away by one call."""

ERASED_RESOURCE = '{"prefect.resource.id":"digsite.erased"}'
ERASED_RELATED = "[]"
ERASED_STREAM = "erased/"
"""What stands for labels that are there no more. The stream of what is not Digsite's own: this, and the event's id."""


class Part(StrEnum):
    """What of an event can be absent. The rest of it stays for ever."""

    BODY = "body"
    LABELS = "labels"


class Reason(StrEnum):
    """Why it is absent."""

    ERASED = "erased"
    RETIRED = "retired"
    """A retention policy let it go."""
    ARCHIVED = "archived"
    """It is kept elsewhere, and can be read from there."""


CAUSES: dict[Reason, tuple[str, ...]] = {
    Reason.ERASED: ("digsite.erasure.begun",),
    Reason.RETIRED: ("digsite.retention.applied",),
    Reason.ARCHIVED: ("digsite.archive.stored",),
}
"""How the kinds of event begin that may take something away for this reason."""


class Absence(Struct, frozen=True, order=True):
    """The positions from `first` to `last` whose part is absent. Ranges of one part do not overlap."""

    first: int
    last: int
    reason: Reason
    cause: int
    """The position of the event that says so."""


async def absences(fetch: Fetch, log: int, part: Part, first: int, last: int) -> list[Absence]:
    """What is absent among these positions, in their order. Raises StorageUnavailable, as all below do."""
    rows = await fetch(AMONG, log=log, part=part, first=first, last=last)
    return [Absence(first, last, Reason(reason), cause) for first, last, reason, cause in rows]


async def absent_at(fetch: Fetch, log: int, part: Part, positions: Iterable[int]) -> dict[int, Absence]:
    """Why a part is absent at these positions; those of which nothing is known are left out."""
    wanted = [str(position) for position in positions]
    starts = {int(at): first for at, first in await fetch(STARTS, log=log, part=part, positions=wanted)}
    rows = await fetch(STARTING, log=log, part=part, firsts=[first for first in starts.values() if first is not None])
    found = {first: Absence(first, last, Reason(reason), cause) for first, last, reason, cause in rows}
    near = {at: found[first] for at, first in starts.items() if first is not None}
    return {at: absence for at, absence in near.items() if at <= absence.last}


async def absent_by(fetch: Fetch, log: int, part: Part, cause: int) -> list[tuple[int, int]]:
    """What is absent because of one event, as ranges."""
    return [(first, last) for first, last in await fetch(CAUSED, log=log, part=part, cause=cause)]


async def remove_bodies(fetch: Fetch, log: int, positions: Sequence[int], reason: Reason, cause: int) -> None:
    """Take bodies away, each with its salt. Those that are absent already have another reason from now on."""
    await mark(fetch, log, Part.BODY, await _with_bodiless(fetch, log, positions), reason, cause)
    await fetch(REMOVE_BODIES, log=log, positions=list(positions))


async def put_back(fetch: Fetch, log: int, positions: Sequence[int]) -> None:
    """Say no more that bodies are absent: they are there again."""
    wide = await _with_bodiless(fetch, log, positions)
    here = [Absence(first, last, Reason.ARCHIVED, 0) for first, last in ranges(wide)]
    before = sorted(set((await absent_at(fetch, log, Part.BODY, wide)).values()))
    if before:
        await fetch(UNMARK, log=log, part=Part.BODY, firsts=[gone.first for gone in before])
        await add(fetch, log, Part.BODY, without(before, here))


async def remove_labels(fetch: Fetch, log: int, positions: Sequence[int], cause: int) -> None:
    """Take away what names things in events: labels, key, and the stream of what is not Digsite's own."""
    await mark(fetch, log, Part.LABELS, positions, Reason.ERASED, cause)
    await fetch(REMOVE_LABELS, log=log, positions=list(positions))


async def mark(fetch: Fetch, log: int, part: Part, positions: Sequence[int], reason: Reason, cause: int) -> None:
    """Say that a part is absent at these positions, at most `AT_ONCE_MAX`, from now on for this reason."""
    if not positions:
        return
    assert len(positions) <= 2 * AT_ONCE_MAX  # those between them count, too
    new = [Absence(first, last, reason, cause) for first, last in ranges(positions)]
    before = sorted(set((await absent_at(fetch, log, part, positions)).values()))
    if before:
        await fetch(UNMARK, log=log, part=part, firsts=[gone.first for gone in before])
    await add(fetch, log, part, [*without(before, new), *new])


async def add(fetch: Fetch, log: int, part: Part, new: Sequence[Absence]) -> None:
    """Say that these ranges are absent, of which nothing was said before."""
    rows = [(each.first, each.last, each.reason, each.cause) for each in new]
    await fetch(MARK, log=log, part=part, rows=_encode(rows).decode())


async def _with_bodiless(fetch: Fetch, log: int, positions: Sequence[int]) -> list[int]:
    return [*positions, *(each for (each,) in await fetch(BODILESS, log=log, positions=between(positions)))]


def between(positions: Iterable[int]) -> list[int]:
    """The single positions that lie between two of these. Pure.

    A collection's event stands behind its artifact's and has no body: taken in, what leaves together is one range.
    """
    ordered = sorted(set(positions))
    return [before + 1 for before, after in pairwise(ordered) if after == before + 2]


def ranges(positions: Iterable[int]) -> list[tuple[int, int]]:
    """The same positions as ranges, in their order. Pure."""
    ordered = sorted(set(positions))
    ends = [before for before, after in pairwise(ordered) if after != before + 1] + ordered[-1:]
    starts = ordered[:1] + [after for before, after in pairwise(ordered) if after != before + 1]
    return list(zip(starts, ends, strict=True))


def without(before: Sequence[Absence], new: Sequence[Absence]) -> list[Absence]:
    """What is left of ranges where others take some of their positions. Pure."""
    left = list(before)
    for taken in new:
        left = [part for each in left for part in _cut(each, taken)]
    return left


def _cut(each: Absence, taken: Absence) -> list[Absence]:
    if each.last < taken.first or taken.last < each.first:
        return [each]
    parts = [replace(each, last=taken.first - 1), replace(each, first=taken.last + 1)]
    return [part for part in parts if part.first <= part.last]


_HERE = (ABSENCES.c.log == bindparam("log"), ABSENCES.c.part == bindparam("part"))
_START = func.coalesce(
    select(func.max(ABSENCES.c.first)).where(*_HERE, ABSENCES.c.first <= bindparam("first")).scalar_subquery(),
    literal(0),
)
"""Ranges do not overlap: none before the one that starts last reaches further."""

AMONG = Statement(
    select(ABSENCES.c.first, ABSENCES.c.last, ABSENCES.c.reason, ABSENCES.c.cause)
    .where(
        *_HERE, ABSENCES.c.first >= _START, ABSENCES.c.first <= bindparam("last"), ABSENCES.c.last >= bindparam("first")
    )
    .order_by(ABSENCES.c.first)
)
_SOUGHT = EachOf("positions").rows
STARTS = Statement(
    select(
        _SOUGHT.c.value,
        select(func.max(ABSENCES.c.first))
        .where(*_HERE, ABSENCES.c.first <= cast(_SOUGHT.c.value, BigInteger))
        .scalar_subquery(),
    )
)
"""For each of these positions, where the last range starts that does not start behind it."""
STARTING = Statement(
    select(ABSENCES.c.first, ABSENCES.c.last, ABSENCES.c.reason, ABSENCES.c.cause).where(
        *_HERE, OneOf(ABSENCES.c.first, "firsts")
    )
)
CAUSED = Statement(
    select(ABSENCES.c.first, ABSENCES.c.last)
    .where(*_HERE, ABSENCES.c.cause == bindparam("cause"))
    .order_by(ABSENCES.c.first)
)
UNMARK = Statement(delete(ABSENCES).where(*_HERE, OneOf(ABSENCES.c.first, "firsts")))
_PLACE = [bindparam(column.name, type_=column.type) for column in (ABSENCES.c.log, ABSENCES.c.part)]
MARK = Statement(
    insert(ABSENCES).from_select(
        [column.name for column in ABSENCES.columns], json_rows(list(ABSENCES.columns)[len(_PLACE) :], *_PLACE)
    )
)
BODILESS = Statement(
    select(EVENTS.c.position).where(
        EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions"), EVENTS.c.commitment.is_(None)
    )
)
"""Those of some positions whose events never had a body."""
REMOVE_BODIES = Statement(
    delete(EVENT_BODIES).where(EVENT_BODIES.c.log == bindparam("log"), OneOf(EVENT_BODIES.c.position, "positions"))
)
REMOVE_LABELS = Statement(
    update(EVENTS)
    .where(EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions"))
    .values(
        labels_salt=None,
        resource=literal(ERASED_RESOURCE),
        related=literal(ERASED_RELATED),
        key=None,
        stream=case(
            (EVENTS.c.category == literal(RESOURCE), literal(ERASED_STREAM) + EVENTS.c.id), else_=EVENTS.c.stream
        ),
    )
)
"""A stream of Digsite's own is named by a UUID, and stays. One from outside is named after its resource."""
