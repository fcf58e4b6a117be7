"""The walk through a listing that moves: pages by offset, newest first, is all that Prefect's API offers.

So it is gone through from the end backwards, and each page has to reach back to what was read before: then nothing
stands between the two. What was changed meanwhile is read once more in the end.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Literal

from msgspec import Struct

from events.clock import as_text
from events.event import Micros
from service.moving.prefect import PrefectArtifact
from service.moving.sources.source import FIRST_PAGE, PAGE_ARTIFACTS, Flaw, Page, next_size

Sort = Literal["CREATED_DESC", "UPDATED_DESC"]
Rows = list[PrefectArtifact | None]
"""None stands for an artifact that the server has stored and cannot show."""
Listing = Callable[[Sort, int, int], Awaitable[Rows]]
"""A page: its order, its offset, and how many at most."""

OVERLAP = 5
"""How many artifacts a page has in common with the one before, if nothing moves."""
TRIES = 3
"""How often a page further back is asked for, before the walk goes on without a proof."""
EVER: Micros = -(2**63)


class Front(Struct):
    """How far a walk from the oldest to the newest has come."""

    created: Micros = EVER
    ids: set[str] = set()
    """Those that were created at this very moment, and are read."""

    def has(self, artifact: PrefectArtifact) -> bool:
        return artifact.created < self.created or artifact.id in self.ids

    def advance(self, artifacts: Sequence[PrefectArtifact]) -> None:
        newest = max((artifact.created for artifact in artifacts), default=EVER)
        if newest > self.created:
            self.created, self.ids = newest, set()
        self.ids |= {artifact.id for artifact in artifacts if artifact.created == self.created}


async def oldest_first(listing: Listing, count: Callable[[], Awaitable[int]]) -> AsyncIterator[Page[PrefectArtifact]]:
    """All artifacts that are there all the time, each once; and of those that come meanwhile, some."""
    front, size, reach, tries = Front(), FIRST_PAGE, OVERLAP, 0
    offset = await count()
    while True:
        start = max(0, offset - size)
        asked = min(offset - start + reach, PAGE_ARTIFACTS)
        rows = await listing("CREATED_DESC", start, asked)
        if len(rows) == asked and not any(map(front.has, shown(rows))) and tries < TRIES:
            if asked < PAGE_ARTIFACTS:  # more have come than the pages overlap
                reach *= 8
            else:
                offset, tries = start + 2 * size, tries + 1
            continue
        page = _newer(rows, front, is_newest=start == 0)
        yield page
        front.advance(page.found)
        if start == 0:
            return
        size = min(next_size(size, sum(artifact.size_bytes for artifact in page.found)), PAGE_ARTIFACTS - OVERLAP)
        offset, reach, tries = start, OVERLAP, 0


async def changed_since(listing: Listing, moment: Micros) -> AsyncIterator[Page[PrefectArtifact]]:
    """What was created or changed after a moment."""
    offset = 0
    while True:
        changed = [each for each in shown(await listing("UPDATED_DESC", offset, FIRST_PAGE)) if each.updated > moment]
        yield Page(sorted(changed, key=lambda artifact: artifact.created), [], again=True)
        if len(changed) < FIRST_PAGE:
            return
        offset += FIRST_PAGE


def shown(rows: Rows) -> list[PrefectArtifact]:
    return [row for row in rows if row is not None]


def _newer(rows: Rows, front: Front, *, is_newest: bool) -> Page[PrefectArtifact]:
    """Of rows that are newest first, those that are not read yet; oldest first.

    What cannot be shown is told of with a newer one: at the top of a page it will be on the next one, too.
    """
    page: Page[PrefectArtifact] = Page([], [])
    is_known = False
    for index, row in enumerate(rows):
        if row is None:
            if not is_known and (is_newest or page.found):
                page.flaws.append(_unshown(rows, index))
        elif front.has(row):
            is_known = True
        else:
            page.found.insert(0, row)
    return page


def _unshown(rows: Rows, index: int) -> Flaw:
    """What can be said of an artifact that the server cannot show."""
    newer = next((f" before {as_text(row.created)}" for row in reversed(rows[:index]) if row), "")
    older = next((f" after {as_text(row.created)}" for row in rows[index:] if row), "")
    return Flaw(f"one that was created{older}{newer}", "the Prefect server cannot show it, or it is too large")
