"""What a source is: a Prefect server to read from.

api.py        its REST API, which shows what is there when it is asked
database.py   its database, at one moment, whatever the server writes meanwhile
  sqlite.py     a file
  postgres.py   PostgreSQL
"""

from collections.abc import AsyncIterator, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from service.moving.prefect import PrefectArtifact, PrefectCollection, PrefectEvent

T = TypeVar("T")

PAGE_ARTIFACTS = 200
"""Artifacts in one page: the most that Prefect's API gives."""
FIRST_PAGE = 20
PAGE_BYTES = 4 * 1024 * 1024
"""About how much content one page has. Of artifacts that are larger than others there are fewer on one."""


class SourceUnavailable(Exception):
    """The Prefect server's database cannot be read."""


class Flaw(Struct, frozen=True):
    """What cannot be brought, and why."""

    name: str
    reason: str


class Page(Struct, Generic[T], frozen=True):
    """What was read, and what stood there that cannot be."""

    found: list[T]
    flaws: list[Flaw]
    again: bool = False
    """Whether it may show what was shown before, because that was changed meanwhile."""


class Source(Protocol):
    """A Prefect server to read from. All methods raise SourceUnavailable, UpstreamUnavailable, UpstreamRefused."""

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def count_artifacts(self) -> int: ...

    async def count_asset_events(self) -> int: ...

    def artifacts(self) -> AsyncIterator[Page[PrefectArtifact]]:
        """All artifacts, the oldest first; behind them, those that were changed meanwhile."""
        ...

    async def collections(self, keys: Sequence[str]) -> list[PrefectCollection]:
        """What is shown of these keys, of at most `PAGE_ARTIFACTS`."""
        ...

    async def events_of(self, ids: Sequence[str]) -> list[PrefectEvent]:
        """The events that are left of these artifacts, and those that show them as the latest of their keys."""
        ...

    def asset_events(self) -> AsyncIterator[Page[PrefectEvent]]:
        """The events of assets, the oldest first."""
        ...

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of these artifacts, at most `PAGE_ARTIFACTS`, that are not there."""
        ...

    def told_of(self) -> AsyncIterator[list[str]]:
        """The ids of artifacts that events tell of, of at most `PAGE_ARTIFACTS` at a time. Some may come again."""
        ...


def next_size(size: int, content_bytes: int) -> int:
    """How many artifacts the next page should have, after one of that size had so much content."""
    if content_bytes > PAGE_BYTES:
        return max(1, size // 2)
    return min(PAGE_ARTIFACTS, size * 2) if content_bytes < PAGE_BYTES // 4 else size
