"""Collections: what there is to say of a key besides its content. Answers are JSON text."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from events.clock import as_text
from events.payload import decode_content
from events.reading import SIZES
from events.stores.sql import BODIES, SqlStore
from events.stores.tables import restored, storable
from projections.history.keys import KEY_STATE, VERSIONS, KeyState, neighbours
from projections.history.states import NAME
from projections.runner import Runner
from service.previews import shown_as
from service.previews.glance import DATA_CHARS_MAX
from service.read import Read
from service.settings import Settings
from service.workers import Workers

NEAREST_AMONG_MAX = 2_000
"""Keys that an unknown one is held against: those next to it by the alphabet."""
NEAREST_MAX = 5
"""Keys that are named in its place."""
NEAREST_CHARS_MAX = 100
"""Characters of a key that are held against those of others."""

_encode = msgspec.json.Encoder().encode


class UnknownKey(Exception):
    """No artifact was ever published under this key, or none by then."""

    def __init__(self, key: str, nearest: Sequence[str]) -> None:
        instead = f" The nearest that there are: {', '.join(nearest)}." if nearest else ""
        super().__init__(f"Nothing was published under the key {key!r}.{instead}")
        self.key, self.nearest = key, list(nearest)


class Collections:
    def __init__(self, store: SqlStore, runner: Runner, workers: Workers, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._workers = workers
        self._settings = settings

    async def facts(self, log: str, key: str, as_of: int | None = None) -> Read:
        """What a key is, or was as of a position; of a deleted one what it was last, when that was and by whom.

        Raises UnknownKey, ProjectionBehind, TooMuchWork.
        """
        position = (await self._store.head(log)).position if as_of is None else as_of
        await self._runner.wait_for(log, NAME, position, self._settings.wait_timeout_s)
        number = await self._store.log_number(log)
        asked = {"log": number, "key": storable(key) or "", "as_of": position}
        rows = await self._store.fetch(KEY_STATE, **asked)
        if not rows:
            raise UnknownKey(key, await self._nearest(key, asked))
        state = KeyState.from_row(rows[0])
        [(versions, created)] = await self._store.fetch(VERSIONS, **asked)
        answer = {
            "key": key,
            "versions": versions,
            "latest_id": state.latest_id,
            "deleted": _deletion(state),
            "created": as_text(created),
            "updated": as_text(state.updated),
            "position": state.position,
            "type": state.type,
            "shown_as": shown_as(state.type, await self._data(number, state.data_position)),
            "previous_key": next(iter(await self._neighbours(asked, 1, before=True)), None),
            "next_key": next(iter(await self._neighbours(asked, 1, before=False)), None),
        }
        return Read(_encode(answer).decode(), position)

    async def _data(self, number: int, position: int) -> str:
        """The data at a position; null, where it is there no more, or more than is looked into."""
        sizes: dict[int, int] = dict(await self._store.fetch(SIZES, log=number, positions=[position]))
        if not 0 < sizes.get(position, 0) <= DATA_CHARS_MAX:
            return "null"
        [(_, body)] = await self._store.fetch(BODIES, log=number, positions=[position])
        return bytes(decode_content(body).data).decode()

    async def _nearest(self, key: str, asked: dict[str, Any]) -> list[str]:
        async with self._workers.turn():
            sides = [await self._neighbours(asked, NEAREST_AMONG_MAX // 2, before=before) for before in (True, False)]
            return await self._workers.run(nearest, key, [each for side in sides for each in side])

    async def _neighbours(self, asked: dict[str, Any], limit: int, *, before: bool) -> list[str]:
        rows = await self._store.fetch(neighbours(before=before), **asked, limit=limit)
        return [restored(key) or "" for (key,) in rows]


def nearest(key: str, keys: Sequence[str]) -> list[str]:
    """Those of the keys that look like one, the most alike first. Pure."""
    by_beginning = {each[:NEAREST_CHARS_MAX]: each for each in reversed(keys)}
    found = get_close_matches(key[:NEAREST_CHARS_MAX], by_beginning, NEAREST_MAX)
    return [by_beginning[each] for each in found]


def _deletion(state: KeyState) -> dict[str, Any] | None:
    if state.gone is None:
        return None
    return {
        "position": state.gone_position,
        "kind": state.gone_kind,
        "actor": state.gone_by,
        "recorded": as_text(state.gone),
    }
