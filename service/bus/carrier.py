"""A carrier: one way in which wake-ups travel between processes."""

from collections.abc import Callable, Collection
from typing import Protocol


class Carrier(Protocol):
    """It may lose, double and delay what it carries, and even make it up."""

    @property
    def name(self) -> str: ...

    async def listen(self, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        """Call `connected`, then `heard` with each log of which another process sends word.

        Ends only by raising: whatever it raises, the connection is gone.
        """

    async def send(self, logs: Collection[str]) -> None:
        """Send word of these logs, while connected. Whatever it raises, they may not have been sent."""

    async def close(self) -> None: ...
