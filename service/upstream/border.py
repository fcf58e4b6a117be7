"""The border: which paths are Digsite's, and which are the upstream's."""

from collections.abc import Collection

from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from service.upstream.client import UpstreamUnavailable
from service.upstream.graph import flow_run_of

SHARED = "ui"
"""Both sides have routes below it: there, the segment after it belongs to the first."""


class Border(Struct, frozen=True):
    """What lies beyond it is the upstream's: each path below `root` whose first segment no route of Digsite's has."""

    root: str
    owned: frozenset[str]
    """First segments of Digsite's own paths."""
    stand_ins: frozenset[str]
    """Paths below `root` that are the upstream's, and are answered here while it is away."""
    http: ASGIApp
    """Passes requests on. Raises UpstreamUnavailable."""
    graphs: ASGIApp
    """Passes those requests on whose answers have something of Digsite's put into them."""
    websocket: ASGIApp

    def is_beyond(self, path: str) -> bool:
        return path.startswith(f"{self.root}/") and first_segment(path.removeprefix(self.root)) not in self.owned

    def is_left_alone(self, path: str) -> bool:
        """Whether an answer goes on to the byte."""
        return self.is_beyond(path) and flow_run_of(path.removeprefix(self.root)) is None

    def endpoint(self, path: str, here: ASGIApp) -> ASGIApp:
        """What serves a path beyond the border; `here` would, if there were no upstream."""
        below = path.removeprefix(self.root)
        if below in self.stand_ins:
            return self._standing_in(here)
        return self.http if flow_run_of(below) is None else self.graphs

    def _standing_in(self, here: ASGIApp) -> ASGIApp:
        """An application that asks the upstream, and `here` if it is away."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await self.http(scope, receive, send)
            except UpstreamUnavailable:
                await here(scope, receive, send)

        return serve


def first_segment(path: str) -> str:
    """What says whose a path is."""
    first, _, rest = path[1:].partition("/")
    return f"{SHARED}/{rest.partition('/')[0]}" if first == SHARED else first


def first_segments(paths: Collection[str]) -> frozenset[str]:
    """The empty one is always among them: two slashes lead nowhere."""
    return frozenset(map(first_segment, paths)) | {""}
