"""What is absent must be so by an absence, and an absence by an event that may take such a thing away."""

from bisect import bisect_right
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from events.absences import CAUSES, Absence, Part, absences
from events.stores.sql import Fetch
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS
from events.verification.faults import Fault, Wrong


async def unexplained(fetch: Fetch, log: str, number: int, part: Part, positions: Sequence[int]) -> Fault | None:
    """The first of these positions, whose part is absent, that no absence covers as it must."""
    if not positions:
        return None
    said = await absences(fetch, number, part, positions[0], positions[-1])
    kinds: dict[int, str] = dict(await fetch(KINDS, log=number, positions=[each.cause for each in said]))
    return next((fault for each in positions if (fault := _fault(log, part, each, said, kinds))), None)


def contradicted(log: str, part: Part, said: Sequence[Absence], present: Sequence[int]) -> Fault | None:
    """The first of these positions, whose part is there, that an absence covers. Pure."""
    for position in present:
        if _covering(said, position) is not None:
            return Fault(
                log, position, Wrong.ABSENCE, f"its {part} {_is(part)} said to be gone, and {_is(part)} there."
            )
    return None


def _fault(log: str, part: Part, position: int, said: Sequence[Absence], kinds: dict[int, str]) -> Fault | None:
    absence = _covering(said, position)
    if absence is None:
        detail = f"its {part} {_is(part)} not there, and nothing says that the log let go of {_it(part)}."
        return Fault(log, position, Wrong.ABSENCE, detail)
    kind = kinds.get(absence.cause)
    if absence.cause > position and kind is not None and kind.startswith(CAUSES[absence.reason]):
        return None
    detail = (
        f"its {part} {_is(part)} said to be {absence.reason} by the event at position {absence.cause:,}, "
        f"which is {'not there' if kind is None else kind} and cannot do that."
    )
    return Fault(log, position, Wrong.ABSENCE, detail)


def _covering(said: Sequence[Absence], position: int) -> Absence | None:
    """Ranges do not overlap, and come in order."""
    index = bisect_right(said, position, key=lambda each: each.first) - 1
    return said[index] if index >= 0 and position <= said[index].last else None


def _is(part: Part) -> str:
    return "are" if part is Part.LABELS else "is"


def _it(part: Part) -> str:
    return "them" if part is Part.LABELS else "it"


KINDS = Statement(
    select(EVENTS.c.position, EVENTS.c.kind).where(
        EVENTS.c.log == bindparam("log"), OneOf(EVENTS.c.position, "positions")
    )
)
