"""A clock that goes back an hour: what comes later is still later, in every order that a reader may look at."""

from collections.abc import Sequence
from uuid import UUID

import httpx2

from events.clock import now
from events.event import Micros
from service.parts import Parts
from tests.invariants import check_log

LOG = "default"
HOUR: Micros = 3_600 * 1_000_000


def is_rising(values: Sequence[object]) -> bool:
    return list(values) == sorted(set(values))  # type: ignore[type-var]


async def test_a_clock_that_goes_back_changes_no_order(parts: Parts, api: httpx2.AsyncClient) -> None:
    created = []
    for hours in (0, 1, 2, 0):
        parts.store.clock = lambda hours=hours: now() - hours * HOUR  # type: ignore[misc]
        created.append((await api.post("/artifacts/", json={"key": "k"})).json())
    assert is_rising([artifact["created"] for artifact in created])
    assert is_rising([UUID(artifact["id"]).int for artifact in created])
    assert (await api.post("/artifacts/filter")).json() == created[::-1]
    events = await check_log(parts.store, LOG)
    assert is_rising([UUID(placed.event.id).int for placed in events])
    occurred = [placed.event.occurred for placed in events]
    assert occurred == sorted(occurred)


async def test_an_update_by_a_clock_that_went_back_is_later_than_its_creation(
    parts: Parts, api: httpx2.AsyncClient
) -> None:
    artifact = (await api.post("/artifacts/", json={})).json()
    parts.store.clock = lambda: now() - HOUR
    await api.patch(f"/artifacts/{artifact['id']}", json={"data": 1})
    updated = (await api.get(f"/artifacts/{artifact['id']}")).json()
    assert updated["updated"] > updated["created"] == artifact["created"]
