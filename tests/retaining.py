"""What tests of retention ask for over and over."""

from typing import Any

import httpx2

from service.parts import Parts
from service.retention.retention import Tally

LOG = "default"
DAY = 86_400 * 1_000_000


async def put(api: httpx2.AsyncClient, name: str, **policy: Any) -> None:
    response = await api.put(f"/retention/{name}", json=policy)
    assert response.status_code == 204, response.text


async def applied(parts: Parts, *, log: str = LOG, days: int = 0) -> Tally:
    """What goes when the policies are applied so much later; applied again at once, they let nothing go."""
    clock = parts.store.clock
    parts.store.clock = lambda: clock() + days * DAY
    try:
        tally = await parts.retention.apply(log)
        again = await parts.retention.apply(log)
    finally:
        parts.store.clock = clock
    assert all(gone.artifacts == gone.bodies == 0 for gone in again.values()), again
    return tally


async def bodies_there(parts: Parts, log: str = LOG) -> list[int]:
    """The positions that have a body, those of policies and their applications left out."""
    events = await parts.store.read_all(log)
    return [each.position for each in events if each.event.content and each.stream.category == "artifact"]
