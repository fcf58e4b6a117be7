"""The past: which position a read asks for by `as_of`, and waiting until its states are known."""

import re
from datetime import UTC, datetime

from events.clock import micros
from events.event import Micros
from events.moments import recorded_by
from events.stores.sql import SqlStore
from projections.history.states import NAME
from projections.runner import Runner
from service.artifacts import Artifacts
from service.settings import Settings

_POSITION = re.compile(r"[0-9]{1,18}")


class InvalidAsOf(Exception):
    """The text is neither a position nor a time."""

    def __init__(self, as_of: str) -> None:
        super().__init__(
            f"{as_of[:100]!r} is no moment of the log. Give a position, or a time such as 2026-11-21T08:00:00Z."
        )
        self.as_of = as_of[:100]


class Past:
    """Finds the position that a read is about."""

    def __init__(self, store: SqlStore, artifacts: Artifacts, runner: Runner, settings: Settings) -> None:
        self._store = store
        self._artifacts = artifacts
        self._runner = runner
        self._settings = settings

    async def reach(self, log: str, as_of: str) -> int:
        """The position that is meant, once the states that held at it are known.

        A time means all that was recorded by then; one that is yet to come means now.

        Raises InvalidAsOf, PositionNotReached, ProjectionBehind, StorageUnavailable.
        """
        if _POSITION.fullmatch(as_of):
            position = int(as_of)
            await self._artifacts.wait_for(log, position)
        else:
            position = await recorded_by(self._store, log, moment_of(as_of))
        await self._runner.wait_for(log, NAME, position, self._settings.wait_timeout_s)
        return position


def moment_of(text: str) -> Micros:
    """A time in ISO 8601; without a zone it is UTC. In a query, an unescaped `+` has become a space.

    Raises InvalidAsOf.
    """
    date, _, rest = text.partition("T")
    try:
        moment = datetime.fromisoformat(f"{date}T{rest.replace(' ', '+')}" if rest else date)
    except ValueError:
        raise InvalidAsOf(text) from None
    return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
