"""The target of an export: a Prefect server, as the export sees it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from events.event import Micros
from events.published import Published
from service.moving.agreement import There
from service.moving.held import Held

Counted = Callable[[int, int], None]
"""Told how far a survey has come, and how far it will go."""


class Refused(Struct, frozen=True):
    """What the target did not take, and why."""

    id: str
    reason: str


class TargetUnusable(Exception):
    """The target is not what an export can write to. The message says why, and what to do."""


class TargetFault(TargetUnusable):
    """The server has answered with a fault of its own. To ask again is of no use, and may do harm."""


class Target(Protocol):
    """All methods raise UpstreamUnavailable, UpstreamRefused or TargetUnusable, whichever it speaks to."""

    name: str
    """How a reader is told of it."""
    keeps: bool
    """Whether ids and times are what they are in the log. Else the target gives its own."""
    takes_nul: bool
    """Whether its database holds NUL in a text."""
    oldest_event: Micros
    """Events from before are not kept there."""

    async def open(self, *, writing: bool) -> None: ...

    async def close(self) -> None: ...

    async def survey(self, counted: Counted) -> None:
        """Look at what is there, as far as `find` needs that."""

    async def find(self, ids: Sequence[str]) -> dict[str, There]:
        """Those of these artifacts that are there, by the ids that they have in the log."""

    async def write(self, artifacts: Sequence[tuple[Held, There | None]]) -> list[Refused]:
        """Make artifacts there what they are here, in this order. With None they are made anew."""

    async def remove(self, artifacts: Sequence[There]) -> None: ...

    async def touch(self, artifact: There) -> None:
        """Make it the artifact that was updated last. Only where times are the target's own."""

    async def find_collections(self, keys: Sequence[str]) -> dict[str, There]:
        """What is there of these keys; `latest_id` is the artifact's id in the log, if it is one of the log's."""

    async def write_collections(self, collections: Sequence[tuple[Held, There | None]]) -> None:
        """Make collections there what they are here. Only where the target keeps ids and times."""

    async def fall_back(self, collections: Sequence[Held]) -> None:
        """Of these, whose latest could not be written, the newest that is there is the latest. Likewise."""

    async def find_events(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The digests of those of these events that are there, by id."""

    async def write_events(self, events: Sequence[Published]) -> list[Refused]: ...

    async def settle(self) -> None:
        """Return when what was written can be read back."""
