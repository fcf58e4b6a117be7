"""The watch: whether the upstream answers, asked now and then, so that this is known before anybody needs it."""

import asyncio

from service.outage import Outage
from service.upstream.client import UpstreamClient, UpstreamRefused, UpstreamUnavailable

LOOK_INTERVAL_S = 2.0
"""How often a healthy upstream is looked at: so late, at most, `/ready` says that it is away."""


class Watch:
    """Looks at the upstream; without one, at nothing."""

    def __init__(self, upstream: UpstreamClient | None) -> None:
        self._upstream = upstream
        self._outage: Outage | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def outages(self) -> dict[str, str]:
        """The upstream, if it is away, and why."""
        reason = self._outage and self._outage.reason
        return {"upstream": reason} if reason else {}

    def away_s(self) -> float:
        """For how long the upstream has been away; 0 when it is not."""
        return self._outage.lasts_s if self._outage else 0.0

    def start(self) -> None:
        if self._upstream is not None:
            self._outage = Outage("upstream", url=self._upstream.address.api_url)
            self._task = asyncio.create_task(self._look(self._upstream, self._outage), name="upstream watch")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self, upstream: UpstreamClient, outage: Outage) -> None:
        while True:
            try:
                if await upstream.get("/health") is not True:
                    raise UpstreamUnavailable(upstream.address.api_url, "GET /health did not answer true")
            except (UpstreamUnavailable, UpstreamRefused) as error:
                await asyncio.sleep(outage.begin(error))
            else:
                outage.end()
                await asyncio.sleep(LOOK_INTERVAL_S)
