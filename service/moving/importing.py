"""Importing: from a source, page by page, what the log does not have yet.

page of artifacts ─► what the log has of them ─► their events ─► their histories ─► the intake
                                                                                    (a dry run ends before it)

Nothing is remembered in between: what the log has says how far it is. So it may be killed anywhere and begin again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from fastapi.exceptions import RequestValidationError

from service.deciding.commands import ImportedArtifact, ImportedCollection
from service.deciding.imports import Standing
from service.event_parsing import EventTooLarge, outside_event
from service.moving.fitness import is_result, unfit
from service.moving.history import first_steps, later_steps
from service.moving.intake import Imports, Intake
from service.moving.ours import Ours, Place
from service.moving.prefect import PrefectArtifact, PrefectCollection, PrefectEvent
from service.moving.report import Report
from service.moving.sources.source import Page, Source
from service.settings import Settings

LOT_CHARACTERS = 4 * 1024 * 1024
"""Content that is brought in one transaction, unless one artifact has more."""
LOT_STEPS = 500


class Importing:
    """One import. `intake` None: a dry run. `told` is called with the report whenever it has grown."""

    def __init__(
        self,
        source: Source,
        ours: Ours,
        intake: Intake | None,
        settings: Settings,
        *,
        with_results: bool = False,
        told: Callable[[Report], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._ours = ours
        self._intake = intake
        self._settings = settings
        self._with_results = with_results
        self._told = told
        self.report = Report()

    async def run(self) -> Report:
        """Raises what the source, the log and the intake raise. What was brought by then is in the log."""
        async for page in self._source.artifacts():
            await self._take_artifacts(page)
            self._told(self.report)
        async for events in self._source.asset_events():
            await self._take_events(events)
            self._told(self.report)
        await self._look_for_the_gone()
        return self.report

    async def _take_artifacts(self, page: Page[PrefectArtifact]) -> None:
        for flaw in page.flaws:
            self.report.flawed.add(f"{flaw.name}: {flaw.reason}")
        exported = await self._ours.exported(page.found)
        self.report.exported += len(exported)
        fit = [artifact for artifact in page.found if artifact.id not in exported and self._is_fit(artifact)]
        places = await self._ours.places([artifact.id for artifact in fit])
        if page.again:
            fit = [artifact for artifact in fit if _is_new(artifact, places[artifact.id])]
        wanted = [artifact for artifact in fit if self._is_wanted(artifact, places[artifact.id])]
        if not wanted:
            return
        brought = await self._histories(wanted, places)
        for artifact in wanted:
            self.report.take(artifact, is_new=places[artifact.id].standing is Standing.NEW)
        if self._intake is None:
            self.report.events += sum(len(each.steps) for each in brought)
            return
        keys = sorted({artifact.key for artifact in wanted if artifact.key is not None})
        collections = [_imported(each) for each in await self._source.collections(keys)] if keys else []
        for lot in _lots(brought):
            keys_of_lot = {artifact.key for artifact in lot}
            theirs = tuple(each for each in collections if each.key in keys_of_lot)
            self.report.events += await self._intake.take(Imports(artifacts=tuple(lot), collections=theirs))

    def _is_fit(self, artifact: PrefectArtifact) -> bool:
        if not self._with_results and is_result(artifact):
            self.report.results += 1
            return False
        reason = unfit(artifact, self._settings)
        if reason is not None:
            self.report.flawed.add(f"{artifact.named}: {reason}")
        return reason is None

    def _is_wanted(self, artifact: PrefectArtifact, place: Place) -> bool:
        match place.standing:
            case Standing.CHANGED | Standing.DELETED:
                self.report.left.add(f"{artifact.named}: {place.standing} here since")
                return False
            case Standing.IMPORTED if not _is_new(artifact, place):
                self.report.known += 1
                return False
        return True

    async def _histories(
        self, artifacts: Sequence[PrefectArtifact], places: dict[str, Place]
    ) -> list[ImportedArtifact]:
        events: dict[str, list[PrefectEvent]] = {artifact.id: [] for artifact in artifacts}
        for event in await self._source.events_of(list(events)):
            events.get(event.artifact_id or "", []).append(event)
        return [_brought(artifact, events[artifact.id], places[artifact.id]) for artifact in artifacts]

    async def _take_events(self, page: Page[PrefectEvent]) -> None:
        for flaw in page.flaws:
            self.report.flawed.add(f"event {flaw.name}: {flaw.reason}")
        unrecorded = set(await self._ours.unrecorded([event.id for event in page.found]))
        news = [event.json for event in page.found if event.id in unrecorded and self._is_fit_event(event)]
        self.report.known_asset_events += len(page.found) - len(unrecorded)
        taken = len(news) if self._intake is None else await self._intake.take(Imports.of_events(news))
        self.report.asset_events += taken

    def _is_fit_event(self, event: PrefectEvent) -> bool:
        try:
            outside_event(event.json.encode(), self._settings)
        except (RequestValidationError, EventTooLarge) as error:
            self.report.flawed.add(f"event {event.id}: {_reason(error)}")
            return False
        return True

    async def _look_for_the_gone(self) -> None:
        """Artifacts that were deleted at Prefect: nothing but events is left of them, and they are not brought."""
        named: set[str] = set()
        async for ids in self._source.told_of():
            places = await self._ours.places(ids)
            strange = [id for id in ids if places[id].standing is Standing.NEW and id not in named]
            gone = await self._source.missing(strange)
            named.update(gone)
            for id in gone:
                self.report.gone.add(id)
        self._told(self.report)


def _is_new(artifact: PrefectArtifact, place: Place) -> bool:
    """Whether the log has nothing of it, or an older state."""
    return place.updated is None or place.updated < artifact.updated


def _brought(artifact: PrefectArtifact, events: Iterable[PrefectEvent], place: Place) -> ImportedArtifact:
    since = place.updated
    return ImportedArtifact(
        id=artifact.id,
        key=artifact.key,
        type=artifact.type,
        flow_run_id=artifact.flow_run_id,
        task_run_id=artifact.task_run_id,
        created=artifact.created,
        since=since,
        steps=first_steps(artifact, events) if since is None else later_steps(artifact, events, since),
    )


def _imported(collection: PrefectCollection) -> ImportedCollection:
    shown = collection.shown
    return ImportedCollection(
        key=shown.key or "",
        id=shown.id,
        latest_id=collection.latest_id,
        created=shown.created,
        updated=shown.updated,
    )


def _lots(artifacts: Iterable[ImportedArtifact]) -> Iterator[list[ImportedArtifact]]:
    """What is brought at once."""
    lot: list[ImportedArtifact] = []
    characters = steps = 0
    for artifact in artifacts:
        more = sum(len(step.data or "") + len(step.description or "") for step in artifact.steps)
        if lot and (characters + more > LOT_CHARACTERS or steps + len(artifact.steps) > LOT_STEPS):
            yield lot
            lot, characters, steps = [], 0, 0
        lot.append(artifact)
        characters, steps = characters + more, steps + len(artifact.steps)
    if lot:
        yield lot


def _reason(error: RequestValidationError | EventTooLarge) -> str:
    if isinstance(error, EventTooLarge):
        return str(error)
    return "; ".join(str(each["msg"]) for each in error.errors())
