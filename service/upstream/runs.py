"""The upstream's runs, flows and deployments: asked of it, and what is news of them recorded."""

from collections.abc import Iterable

import msgspec
import structlog
from msgspec import Raw

from events.catalog import CATALOG
from events.clock import micros
from events.event import Event
from events.ids import content_id
from projections.runs.observations import Observed, T
from service.context import DEFAULT_LOG
from service.events import Events
from service.provenance import from_upstream
from service.upstream.client import UpstreamClient

OBSERVED_AT_ONCE = 50
"""Objects that are asked for at once: a flow run comes with its parameters, which may be large."""

_encode = msgspec.json.Encoder().encode
log_ = structlog.get_logger()


class UpstreamRuns:
    """Asks for objects of one sort, and records what it is answered."""

    def __init__(self, client: UpstreamClient, events: Events) -> None:
        self._client = client
        self._events = events

    async def observe(self, thing: Observed[T], ids: Iterable[str], *, timeout_s: float | None = None) -> list[T]:
        """Those of these ids that the upstream has, as they are now; the log knows them too, then.

        Raises UpstreamUnavailable, UpstreamRefused, and what `Events.news` raises.
        """
        wanted = sorted(set(ids))
        seen: list[T] = []
        for first in range(0, len(wanted), OBSERVED_AT_ONCE):
            found = await self._ask(thing, wanted[first : first + OBSERVED_AT_ONCE], timeout_s)
            news, origin = [observation(thing, each) for each in found], from_upstream(self._client.address.api_url)
            await self._events.news(DEFAULT_LOG, news, origin, is_own=True)
            seen += found
        return seen

    async def _ask(self, thing: Observed[T], ids: list[str], timeout_s: float | None) -> list[T]:
        asked = {thing.collection: {"id": {"any_": ids}}}
        found = await self._client.post(f"/{thing.collection}/filter", asked, list[Raw], timeout_s=timeout_s)
        seen = [thing.read(bytes(each)) for each in found]
        if None in seen:
            log_.warning("what the upstream answers is not what it should be", asked=thing.collection)
        return [each for each in seen if each is not None]


def observation(thing: Observed[T], seen: T) -> Event:
    """The event of an observation. The same state has the same id, whoever observes it. Pure."""
    content = _encode(seen).decode()
    return Event(
        id=content_id(thing.kind, content),
        kind=thing.kind,
        schema_version=CATALOG[thing.kind].schema_version,
        occurred=micros(seen.updated),
        resource={"prefect.resource.id": thing.prefix + seen.id, "prefect.resource.name": seen.name},
        content=content,
    )
