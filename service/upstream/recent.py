"""The ids of events that were told to the upstream a moment ago: what it states of them is an echo."""

from collections.abc import Iterable

RECENT_IDS_MAX = 20_000


class Recent:
    """The newest ids. Those that it has forgotten are found in the log, which takes longer."""

    def __init__(self, max_: int = RECENT_IDS_MAX) -> None:
        self._max = max_
        self._ids: dict[str, None] = {}

    def add(self, ids: Iterable[str]) -> None:
        self._ids.update(dict.fromkeys(ids))
        while len(self._ids) > self._max:
            del self._ids[next(iter(self._ids))]

    def __contains__(self, id: str) -> bool:
        return id in self._ids
