"""Checking: whether the log has what a Prefect server has, field by field."""

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from service.deciding.imports import Standing
from service.moving.fitness import is_result, unfit
from service.moving.ours import Ours
from service.moving.prefect import PrefectArtifact, PrefectCollection, PrefectEvent
from service.moving.report import Named
from service.moving.sameness import same
from service.moving.sources.source import Source
from service.settings import Settings

PLAIN = ("key", "type", "flow_run_id", "task_run_id", "created", "updated")
CONTENT = ("data", "description", "metadata")


class Agreement(Struct):
    """What a check has found. It holds if nothing is missing and nothing differs."""

    artifacts: int = 0
    """Those that are the same; likewise for the two below."""
    keys: int = 0
    asset_events: int = 0
    missing: Named = field(default_factory=Named)
    different: Named = field(default_factory=Named)
    left: Named = field(default_factory=Named)
    """What was changed or deleted here since it was brought."""
    flawed: Named = field(default_factory=Named)
    gone: Named = field(default_factory=Named)
    """What was brought, and is at Prefect no more."""
    results: int = 0
    exported: int = 0

    @property
    def holds(self) -> bool:
        return not (self.missing.count or self.different.count)

    @property
    def seen(self) -> int:
        named = (self.missing, self.different, self.left, self.flawed)
        return self.artifacts + self.results + self.exported + sum(each.count for each in named)


class Checking:
    """One check. `told` is called with what was found whenever that has grown."""

    def __init__(
        self,
        source: Source,
        ours: Ours,
        settings: Settings,
        *,
        with_results: bool = False,
        told: Callable[[Agreement], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._ours = ours
        self._settings = settings
        self._with_results = with_results
        self._told = told
        self.found = Agreement()

    async def run(self) -> Agreement:
        """Raises what the source and the log raise."""
        async for page in self._source.artifacts():
            for flaw in page.flaws:
                self.found.flawed.add(f"{flaw.name}: {flaw.reason}")
            if not page.again:
                await self._check_artifacts(await self._fit(page.found))
            self._told(self.found)
        async for events in self._source.asset_events():
            await self._check_events(events.found)
        async for ids in self._ours.brought():
            for id in await self._source.missing(ids):
                self.found.gone.add(id)
        self._told(self.found)
        return self.found

    async def _fit(self, artifacts: Sequence[PrefectArtifact]) -> list[PrefectArtifact]:
        exported = await self._ours.exported(artifacts)
        self.found.exported += len(exported)
        return [artifact for artifact in artifacts if artifact.id not in exported and self._is_fit(artifact)]

    def _is_fit(self, artifact: PrefectArtifact) -> bool:
        if not self._with_results and is_result(artifact):
            self.found.results += 1
            return False
        reason = unfit(artifact, self._settings)
        if reason is not None:
            self.found.flawed.add(f"{artifact.named}: {reason}")
        return reason is None

    async def _check_artifacts(self, artifacts: Sequence[PrefectArtifact]) -> None:
        places = await self._ours.places([artifact.id for artifact in artifacts])
        ours = await self._ours.artifacts([artifact.id for artifact in artifacts])
        for artifact in artifacts:
            standing = places[artifact.id].standing
            if standing in (Standing.CHANGED, Standing.DELETED):
                self.found.left.add(f"{artifact.named}: {standing} here since")
            elif artifact.id not in ours:
                self.found.missing.add(f"artifact {artifact.named}")
            elif differences := different(artifact, ours[artifact.id]):
                self.found.different.add(f"artifact {artifact.named}: {', '.join(differences)}")
            else:
                self.found.artifacts += 1
        await self._check_keys(artifacts)

    async def _check_keys(self, artifacts: Sequence[PrefectArtifact]) -> None:
        """Those keys whose latest at Prefect is among these artifacts: so each key comes once."""
        keys = sorted({artifact.key for artifact in artifacts if artifact.key is not None})
        if not keys:
            return
        ids = {artifact.id for artifact in artifacts}
        theirs = [each for each in await self._source.collections(keys) if each.latest_id in ids]
        ours = await self._ours.collections(keys)
        for collection in theirs:
            await self._check_key(collection, *ours.get(collection.shown.key or "", (None, False)))

    async def _check_key(self, theirs: PrefectCollection, ours: PrefectCollection | None, is_as_brought: bool) -> None:
        key = theirs.shown.key
        if ours is None:
            self.found.missing.add(f"key {key}")
        elif not is_as_brought:
            self.found.left.add(f"key {key}: changed here since")
        elif differences := _differences_of_key(theirs, ours):
            if ours.latest_id != theirs.latest_id and await self._source.missing([ours.latest_id]):
                self.found.left.add(f"key {key}: its latest is {ours.latest_id}, which is at Prefect no more")
                return
            self.found.different.add(f"key {key}: {', '.join(differences)}")
        else:
            self.found.keys += 1

    async def _check_events(self, events: Sequence[PrefectEvent]) -> None:
        missing = await self._ours.unrecorded([event.id for event in events])
        self.found.asset_events += len(events) - len(missing)
        for id in missing:
            self.found.missing.add(f"event {id}")


def different(theirs: PrefectArtifact, ours: PrefectArtifact) -> list[str]:
    """The names of the fields that differ."""
    plain = [name for name in PLAIN if getattr(theirs, name) != getattr(ours, name)]
    return plain + [name for name in CONTENT if not same(getattr(theirs, name), getattr(ours, name))]


def _differences_of_key(theirs: PrefectCollection, ours: PrefectCollection) -> list[str]:
    own = [
        name
        for name, is_same in (
            ("id", theirs.shown.id == ours.shown.id),
            ("latest", theirs.latest_id == ours.latest_id),
        )
        if not is_same
    ]
    return own + different(theirs.shown, ours.shown)
