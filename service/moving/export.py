"""The export: what a log holds, written to a Prefect server; and the same without writing, to see what differs.

the cut ─► survey of the target ─► artifacts, the oldest first ─► collections ─► events

Each page is compared with what the target has, and only what is new or changed is written. So an export that was
interrupted goes on where it was, and a second one writes what came since.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct, field

from events.published import Published
from service.moving.agreement import There, Verdict, unstorable, unstorable_event, verdict, verdict_on_event
from service.moving.held import Held, Holdings
from service.moving.report import Named
from service.moving.targets.target import Refused, Target
from service.provenance import IMPORTED, UPSTREAM

PAGE_GONE = 100
FOREIGN = (IMPORTED, UPSTREAM)


class Wanted(StrEnum):
    """Which events are exported."""

    OWN = "own"
    ALL = "all"
    NONE = "none"


KINDS = {
    Wanted.OWN: ("prefect.artifact.", "prefect.artifact-collection.", "prefect.asset."),
    Wanted.ALL: ("",),
    Wanted.NONE: (),
}
"""How the names of these events begin."""


class Asked(Struct, frozen=True):
    """What an export is asked to do."""

    writing: bool = True
    events: Wanted = Wanted.OWN
    deleting: bool = False
    """Whether to delete there what was deleted in the log."""


class Stage(StrEnum):
    """What an export is at."""

    SURVEY = "survey"
    ARTIFACTS = "artifacts"
    COLLECTIONS = "collections"
    EVENTS = "events"


Report = Callable[[Stage, int, int], None]
"""Told how far a stage has come, and how far it goes."""


class Tally(Struct):
    """How many there were of one sort."""

    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    """Deleted in the log, and still there."""
    left_out: int = 0
    expired: int = 0
    """Older than the target keeps them."""

    def count(self, verdict: Verdict) -> None:
        match verdict:
            case Verdict.NEW:
                self.new += 1
            case Verdict.CHANGED:
                self.changed += 1
            case Verdict.SAME:
                self.same += 1


class Exported(Struct):
    """What came of it, or would come of it."""

    position: int
    """Up to where the log was read."""
    artifacts: Tally = field(default_factory=Tally)
    collections: Tally = field(default_factory=Tally)
    events: Tally = field(default_factory=Tally)
    left_out: Named = field(default_factory=Named)
    differences: Named = field(default_factory=Named)
    """What is not there, or not as it is here. Nothing of it was written."""


async def export(holdings: Holdings, target: Target, asked: Asked, report: Report) -> Exported:
    """Bring the target to what the log holds. With `asked.writing` false: only say what would be done.

    Raises what `Holdings` and `Target` raise. What was written by then stays.
    """
    return await _Export(holdings, target, asked, report).run()


class _Export:
    def __init__(self, holdings: Holdings, target: Target, asked: Asked, report: Report) -> None:
        self._holdings = holdings
        self._ledger = holdings.ledger
        self._target = target
        self._asked = asked
        self._report = report
        self._done = Exported(holdings.head)

    async def run(self) -> Exported:
        await self._target.survey(lambda done, total: self._report(Stage.SURVEY, done, total))
        await self._artifacts()
        await self._deleted()
        await self._collections()
        await self._turns()
        await self._events()
        return self._done

    async def _artifacts(self) -> None:
        total, seen = self._ledger.count_artifacts(), 0
        async for page in self._holdings.artifacts():
            seen += len(page)
            storable = [held for held in page if self._is_storable(held)]
            ids = [held.id for held in storable]
            found = await self._target.find(ids)
            judged = [(held, found.get(held.id)) for held in storable]
            wanted = [each for each in judged if self._is_wanted(*each, self._done.artifacts)]
            if self._asked.writing and wanted:
                self._leave_out(await self._target.write(wanted), self._done.artifacts)
                found = await self._target.find(ids)
            self._ledger.note_there((id, there.updated) for id, there in found.items())
            self._report(Stage.ARTIFACTS, seen, total)

    async def _deleted(self) -> None:
        for ids in self._ledger.gone(PAGE_GONE):
            found = await self._target.find(ids)
            self._done.artifacts.deleted += len(found)
            if self._asked.writing and self._asked.deleting and found:
                await self._target.remove(list(found.values()))
            for id in found:
                self._differs(f"Artifact {id} was deleted here and is there still: --delete deletes it there, too.")

    async def _collections(self) -> None:
        total, seen = self._ledger.count_collections(), 0
        async for page in self._holdings.collections():
            seen += len(page)
            bereft = [held for held in page if unstorable(held, takes_nul=self._target.takes_nul)]
            storable = [held for held in page if held not in bereft]
            found = await self._target.find_collections([str(held.key) for held in storable])
            judged = [(held, found.get(str(held.key))) for held in storable]
            wanted = [each for each in judged if self._is_wanted(*each, self._done.collections)]
            if self._asked.writing and wanted:
                await self._target.write_collections(wanted)
            if self._asked.writing and bereft:
                await self._target.fall_back(bereft)
            self._report(Stage.COLLECTIONS, seen, total)

    async def _turns(self) -> None:
        """Of each key the same artifact must be the one that was updated last: clients ask for that one."""
        if self._target.keeps:
            return
        ids = self._ledger.out_of_turn()
        for start in range(0, len(ids), PAGE_GONE):
            for id, there in (await self._target.find(ids[start : start + PAGE_GONE])).items():
                if self._asked.writing:
                    await self._target.touch(there)
                self._differs(f"Artifact {id} was updated last of its key here, and another one there.")

    async def _events(self) -> None:
        kinds = KINDS[self._asked.events]
        if not kinds:
            return
        tally = self._done.events
        async for position, page in self._holdings.events(kinds):
            kept = [event for event in page if event.occurred >= self._target.oldest_event]
            tally.expired += len(page) - len(kept)
            storable = [event for event in kept if self._is_storable_event(event)]
            found = await self._target.find_events([event.id for event in storable])
            new = [event for event in storable if self._is_new(event, found.get(event.id))]
            if self._asked.writing and new:
                self._leave_out(await self._target.write_events(new), tally)
            self._report(Stage.EVENTS, position, self._holdings.head)
        if self._asked.writing:
            await self._target.settle()

    def _is_storable(self, held: Held) -> bool:
        reason = unstorable(held, takes_nul=self._target.takes_nul)
        if reason is not None:
            self._leave_out([Refused(held.id, reason)], self._done.artifacts)
        return reason is None

    def _is_storable_event(self, event: Published) -> bool:
        reason = unstorable_event(event.json, takes_nul=self._target.takes_nul)
        if reason is not None:
            self._leave_out([Refused(event.id, reason)], self._done.events)
        return reason is None

    def _is_wanted(self, held: Held, there: There | None, tally: Tally) -> bool:
        """Whether it is to be written."""
        judged = verdict(held, there, keeps=self._target.keeps)
        tally.count(judged)
        named = f"Artifact {held.named}" if held.latest_id is None else f"The collection of {held.key}"
        if judged is not Verdict.SAME:
            self._differs(f"{named} is {'not there' if there is None else 'there, but not as it is here'}.")
        if there is not None and there.copies > 1:
            self._differs(f"{named} is there {there.copies} times.")
        return judged is not Verdict.SAME

    def _is_new(self, event: Published, there: bytes | None) -> bool:
        """One that came from a Prefect server is there if its id is: it may be told in other words here."""
        judged = Verdict.SAME if there and event.actor in FOREIGN else verdict_on_event(event, there)
        self._done.events.count(judged)
        if judged is not Verdict.SAME:
            self._differs(f"Event {event.id} is {'not there' if there is None else 'there, but not as it is here'}.")
        return judged is Verdict.NEW

    def _leave_out(self, refused: Sequence[Refused], tally: Tally) -> None:
        sort = "Artifact" if tally is self._done.artifacts else "Event"
        tally.left_out += len(refused)
        for each in refused:
            self._done.left_out.add(f"{sort} {each.id} was left out: {each.reason}.")

    def _differs(self, line: str) -> None:
        """Note a difference, where nothing is done about it."""
        if not self._asked.writing:
            self._done.differences.add(line)
