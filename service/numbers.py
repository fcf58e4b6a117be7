"""Numbers: versions of a key by their number, 1 for the first. Those that were deleted keep theirs."""

from collections.abc import Sequence

from events.stores.sql import SqlStore
from events.stores.tables import storable
from projections.history.states import NAME
from projections.history.versions import BY_NUMBER, NUMBERS_OF
from projections.runner import Runner
from service.deciding.commands import ArtifactNotFound
from service.settings import Settings


class Numbers:
    def __init__(self, store: SqlStore, runner: Runner, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._settings = settings

    async def artifact(self, log: str, key: str, number: int) -> tuple[str, int | None]:
        """The id of a version, and where it was deleted, if it was. Raises ArtifactNotFound, ProjectionBehind."""
        at = await self._caught_up(log)
        rows = await self._store.fetch(BY_NUMBER, log=at, key=storable(key), older=number - 1) if number else []
        if not rows:
            raise ArtifactNotFound(f"{key}:{number}")
        return rows[0][0], rows[0][1]

    async def of(self, log: str, key: str, ids: Sequence[str]) -> dict[str, int]:
        """The numbers of artifacts of a key, by their ids. Raises ProjectionBehind."""
        at = await self._caught_up(log)
        return dict(await self._store.fetch(NUMBERS_OF, log=at, key=storable(key), ids=list(ids)))

    async def _caught_up(self, log: str) -> int:
        """The number of the log, once all that is recorded is folded."""
        head = (await self._store.head(log)).position
        await self._runner.wait_for(log, NAME, head, self._settings.wait_timeout_s)
        return await self._store.log_number(log)
