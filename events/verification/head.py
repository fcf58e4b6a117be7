"""The head of a log: it must be where the events end."""

from sqlalchemy import bindparam, func, or_, select

from events.chain import genesis
from events.stores.sql import Fetch
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES, EVENTS, LOGS
from events.verification.faults import Fault, Wrong


async def check_head(fetch: Fetch, log: str, number: int) -> Fault | None:
    """Whether the head is the last event's, and there is nothing beyond. Raises StorageUnavailable."""
    [(position, recorded, hash, last, *of_last)] = await fetch(HEAD, log=number)
    if (last or 0) > position:
        return Fault(log, position + 1, Wrong.HEAD, "there is an event, and the head is before it.")
    if position == 0:
        return None if hash == genesis(log) else Fault(log, 0, Wrong.HEAD, "the log is empty, and its head is not.")
    if last != position:
        return Fault(log, position, Wrong.MISSING, "there is no event, and the head is at it.")
    if of_last != [recorded, hash]:
        return Fault(log, position, Wrong.HEAD, "the head is at it, and has another hash or time.")
    beyond = await fetch(BODIES_BEYOND, log=number)
    return Fault(log, beyond[0][0], Wrong.BODY, "there is a body, and no event.") if beyond else None


_ANY = EVENTS.alias("any_event")
_LAST = select(func.max(_ANY.c.position)).where(_ANY.c.log == LOGS.c.log).scalar_subquery()
HEAD = Statement(
    select(LOGS.c.position, LOGS.c.recorded, LOGS.c.hash, _LAST, EVENTS.c.recorded, EVENTS.c.hash)
    .select_from(LOGS.outerjoin(EVENTS, (EVENTS.c.log == LOGS.c.log) & (EVENTS.c.position == LOGS.c.position)))
    .where(LOGS.c.log == bindparam("log"))
)
_HEAD = select(LOGS.c.position).where(LOGS.c.log == bindparam("log")).scalar_subquery()
BODIES_BEYOND = Statement(
    select(EVENT_BODIES.c.position)
    .where(EVENT_BODIES.c.log == bindparam("log"), or_(EVENT_BODIES.c.position < 1, EVENT_BODIES.c.position > _HEAD))
    .order_by(EVENT_BODIES.c.position)
    .limit(1)
)
