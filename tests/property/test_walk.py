"""Going through a listing that moves: whatever comes and goes meanwhile, nothing that stays is missed or doubled."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from service.moving.prefect import PrefectArtifact
from service.moving.sources import walk
from service.moving.sources.walk import Rows, Sort, oldest_first


class Moving:
    """A listing that moves a little with every page. `moves`: how many come, and which are gone, by turns."""

    def __init__(self, count: int, moves: list[tuple[int, int]], broken: set[int], tie: int) -> None:
        self.there = [an_artifact(number, tie) for number in range(count)]
        self.stay = {artifact.id for artifact in self.there}
        self._moves = moves
        self._broken = {str(number) for number in broken}
        self._tie = tie
        self._made = count

    async def count(self) -> int:
        self._move()
        return len(self.there)

    async def listing(self, _: Sort, offset: int, limit: int) -> Rows:
        self._move()
        newest_first = self.there[::-1][offset : offset + limit]
        return [None if artifact.id in self._broken else artifact for artifact in newest_first]

    def _move(self) -> None:
        come, goes = self._moves.pop() if self._moves else (0, 0)
        if self.there and goes:
            self.stay.discard(self.there.pop(goes % len(self.there)).id)
        for _ in range(come):
            self.there.append(an_artifact(self._made, self._tie))
            self._made += 1


def an_artifact(number: int, tie: int) -> PrefectArtifact:
    """So many of them were created at the same moment."""
    return PrefectArtifact(id=str(number), created=number // tie, updated=number)


async def walked(moving: Moving) -> tuple[list[str], int]:
    found, flaws = [], 0
    async for page in oldest_first(moving.listing, moving.count):
        found += [artifact.id for artifact in page.found]
        flaws += len(page.flaws)
    return found, flaws


@given(
    st.integers(0, 400),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 50)), max_size=12),
    st.sampled_from([1, 2, 7]),
)
def test_what_stays_is_found_once_the_oldest_first(count: int, moves: list[tuple[int, int]], tie: int) -> None:
    moving = Moving(count, moves, set(), tie)
    found, _ = asyncio.run(walked(moving))
    assert moving.stay <= set(found)
    assert len(set(found)) == len(found)
    assert [int(id) // tie for id in found] == sorted(int(id) // tie for id in found)


@given(st.integers(1, 300), st.sets(st.integers(0, 299), max_size=4))
def test_what_cannot_be_shown_stops_nothing_and_is_told_once(count: int, broken: set[int]) -> None:
    moving = Moving(count, [], broken, 1)
    found, flaws = asyncio.run(walked(moving))
    there = {number for number in broken if number < count}
    assert {int(id) for id in found} == set(range(count)) - there
    assert flaws == len(there)


def test_more_that_come_than_pages_overlap_are_passed_over_by_none() -> None:
    assert walk.OVERLAP < 60
    moving = Moving(100, [(60, 0)] * 3, set(), 1)
    found, _ = asyncio.run(walked(moving))
    assert moving.stay <= set(found)
