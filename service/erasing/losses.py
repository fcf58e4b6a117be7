"""The losses: what of events an erasure takes away, and what is gone already."""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import bindparam, select

from events.absences import Part, Reason, absences
from events.stores.sql import Fetch
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS
from events.streams import PIN
from projections.artifacts import CATEGORY as ARTIFACT
from projections.collections import CATEGORY as COLLECTION
from projections.collections import COLLECTIONS

STREAMS_AT_ONCE = 500
"""Streams whose events one query looks for."""
POSITIONS_AT_ONCE = 5_000


class Losses(Struct, frozen=True):
    """Positions, in order: of bodies that go, and of labels."""

    bodies: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    untouched: int = 0
    """How many events have nothing left to lose."""


async def losses(
    fetch: Fetch,
    number: int,
    *,
    artifacts: Sequence[str],
    collections: Sequence[str],
    positions: Sequence[int],
    labels: bool,
    upto: int,
) -> Losses:
    """What goes now. Of collections that live, what stands up to a position. Raises StorageUnavailable."""
    found = await _of_streams(fetch, number, ARTIFACT, artifacts)
    found |= await _of_streams(fetch, number, PIN, artifacts)
    found |= await _at(fetch, number, positions)
    named = dict.fromkeys(await _of_collections(fetch, number, collections, upto), False) if labels else {}
    with_body = sorted(position for position, has_body in found.items() if has_body)
    bodies = await _without(fetch, number, Part.BODY, with_body)
    of_labels = await _without(fetch, number, Part.LABELS, sorted(found | named)) if labels else []
    untouched = len(found.keys() - set(bodies) - set(of_labels))
    return Losses(tuple(bodies), tuple(of_labels), untouched)


async def _of_streams(fetch: Fetch, number: int, category: str, streams: Sequence[str]) -> dict[int, bool]:
    """The events of streams by position, and whether they had a body."""
    found: dict[int, bool] = {}
    for start in range(0, len(streams), STREAMS_AT_ONCE):
        ids = list(streams[start : start + STREAMS_AT_ONCE])
        rows = await fetch(OF_STREAMS, log=number, category=category, ids=ids)
        found.update((position, commitment is not None) for position, commitment in rows)
    return found


async def _of_collections(fetch: Fetch, number: int, collections: Sequence[str], upto: int) -> list[int]:
    """All events of a collection that has ended; of one that lives again, those up to a position."""
    found: list[int] = []
    for id in collections:
        events = sorted(await _of_streams(fetch, number, COLLECTION, [id]))
        [(kind,)] = await fetch(KIND_AT, log=number, position=events[-1])
        found += events if kind == COLLECTIONS.gone else [each for each in events if each <= upto]
    return found


async def _at(fetch: Fetch, number: int, positions: Sequence[int]) -> dict[int, bool]:
    found: dict[int, bool] = {}
    for start in range(0, len(positions), POSITIONS_AT_ONCE):
        rows = await fetch(AT, log=number, positions=list(positions[start : start + POSITIONS_AT_ONCE]))
        found.update((position, commitment is not None) for position, commitment in rows)
    return found


async def _without(fetch: Fetch, number: int, part: Part, positions: Sequence[int]) -> list[int]:
    """Those positions of which a part was not erased before."""
    if not positions:
        return []
    found = await absences(fetch, number, part, positions[0], positions[-1])
    erased = [each for each in found if each.reason is Reason.ERASED]
    firsts = [each.first for each in erased]

    def is_erased(position: int) -> bool:
        before = bisect_right(firsts, position) - 1
        return before >= 0 and position <= erased[before].last

    return [position for position in positions if not is_erased(position)]


_E = EVENTS.c
OF_STREAMS = Statement(
    select(_E.position, _E.commitment).where(
        _E.log == bindparam("log"), _E.category == bindparam("category"), OneOf(_E.stream, "ids")
    )
)
AT = Statement(select(_E.position, _E.commitment).where(_E.log == bindparam("log"), OneOf(_E.position, "positions")))
KIND_AT = Statement(select(_E.kind).where(_E.log == bindparam("log"), _E.position == bindparam("position")))
