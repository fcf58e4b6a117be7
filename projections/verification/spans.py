"""A span of positions: its links, and whether inline read models show its events. Spans are checked side by side."""

from msgspec import Struct

from events.stores.sql import Fetch
from events.verification import Fault, Wrong, check_links, link_at
from projections import INLINE
from projections.verification.inline import check_shown

SPAN_POSITIONS = 20_000
"""How many positions are checked in one piece of work."""
LINKS_PAGE = 5_000
"""Links that are in memory at the same time."""


class Span(Struct, frozen=True):
    """The positions above `after` up to `upto`."""

    log: str
    number: int
    after: int
    upto: int


def spans(log: str, number: int, after: int, head: int) -> list[Span]:
    """All between two positions, in their order."""
    starts = range(after, head, SPAN_POSITIONS)
    return [Span(log, number, start, min(start + SPAN_POSITIONS, head)) for start in starts]


async def check_span(fetch: Fetch, span: Span) -> Fault | None:
    """The first fault of a span that lies below the head. The link before it counts as sound.

    Raises StorageUnavailable.
    """
    link = await link_at(fetch, span.log, span.number, span.after)
    if link is None:
        return Fault(span.log, span.after, Wrong.MISSING, "there is no event, and the log goes on behind it.")
    while link.position < span.upto:
        upto = min(link.position + LINKS_PAGE, span.upto)
        checked = await check_links(fetch, span.log, span.number, link, upto)
        if isinstance(checked, Fault):
            return checked
        link = checked
    for projector in INLINE:
        fault = await check_shown(fetch, span.log, span.number, projector, after=span.after, upto=span.upto)
        if fault is not None:
            return fault
    return None
