"""The border: which paths are Digsite's, and which are the upstream's."""

from collections.abc import Collection

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from service.upstream.client import UpstreamUnavailable


class Border(Struct, frozen=True):
    """What lies beyond it is the upstream's: each path below `root` whose first segment no route of Digsite's has."""

    root: str
    owned: frozenset[str]
    """First segments of Digsite's own paths."""
    stand_ins: frozenset[str]
    """Paths below `root` that are the upstream's, and are answered here while it is away."""
    http: ASGIApp
    """Passes requests on. Raises UpstreamUnavailable."""
    websocket: ASGIApp

    def is_beyond(self, path: str) -> bool:
        return path.startswith(f"{self.root}/") and first_segment(path.removeprefix(self.root)) not in self.owned

    def standing_in(self, here: ASGIApp) -> ASGIApp:
        """An application that asks the upstream, and `here` if it is away."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await self.http(scope, receive, send)
            except UpstreamUnavailable:
                await here(scope, receive, send)

        return serve


def first_segment(path: str) -> str:
    return path.split("/", 2)[1]


def first_segments(paths: Collection[str]) -> frozenset[str]:
    """The empty one is always among them: two slashes lead nowhere."""
    return frozenset(map(first_segment, paths)) | {""}
