"""The inspector: goes through every log, tells of a fault once, and one process at a time does it."""

from typing import Any

import httpx2
import pytest

from events.catalog import FAULT_FOUND
from events.event import Origin
from projections.checkpoints import Holder, begin, release, take
from service.deciding.commands import NewArtifact
from service.parts import Parts
from service.verification.inspector import NAME, VERSION, Inspector, Rhythm
from tests.verifying import alter, folded

QUICK = Rhythm(rate=10**9)
HEADER = "UPDATE events SET actor = 'nobody' WHERE position = 3"
ROW = "UPDATE artifacts SET type = 'another' WHERE position = 5"


@pytest.fixture
async def inspector(parts: Parts) -> Inspector:
    """Of a log with three artifacts of one key: six events."""
    for number in range(3):
        await parts.artifacts.create("default", [NewArtifact(key="k", data=str(number))], Origin())
    await folded(parts, 6)
    return Inspector(parts.store, parts.events.news, Holder("inspector"), QUICK)


async def shown(api: httpx2.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("/log/verification")).json()
    return found


async def told(api: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """The events of faults."""
    events = (await api.get("/log")).json()["events"]
    return [each["event"] for each in events if each["event"]["event"] == FAULT_FOUND]


async def test_a_round_through_a_sound_log_says_so(inspector: Inspector, api: httpx2.AsyncClient) -> None:
    assert (await shown(api))["last"] is None
    await inspector.inspect("default")
    last = (await shown(api))["last"]
    assert (last["position"], last["faults"], last["first_fault"]) == (6, 0, None)
    assert last["ended"] >= last["began"]
    assert await told(api) == []


async def test_a_fault_is_an_event_once_and_shows_in_a_metric(
    inspector: Inspector, api: httpx2.AsyncClient, parts: Parts
) -> None:
    await alter(parts.settings.database, HEADER, ROW)
    for _ in range(2):
        await inspector.inspect("default")
    assert [each["payload"] for each in await told(api)] == [
        {"position": 3, "wrong": "chain", "read_model": None},
        {"position": 5, "wrong": "read_model", "read_model": "artifacts"},
    ]
    last = (await shown(api))["last"]
    assert (last["faults"], last["first_fault"]["position"]) == (2, 3)
    assert 'digsite_log_faults{log="default"} 2.0' in (await api.get("/metrics")).text


async def test_what_is_put_right_shows_after_the_next_round(
    inspector: Inspector, api: httpx2.AsyncClient, parts: Parts
) -> None:
    await alter(parts.settings.database, ROW)
    await inspector.inspect("default")
    await api.post("/rebuild")
    await inspector.inspect("default")
    assert (await shown(api))["last"]["faults"] == 0


async def test_one_process_at_a_time_does_it(inspector: Inspector, parts: Parts) -> None:
    number = await parts.store.log_number("default")
    await begin(parts.store, number, NAME, VERSION)
    lease = await take(parts.store, "default", number, NAME, 1, Holder("another"), parts.store.clock())
    assert lease is not None
    assert await inspector.inspect("default") is None
    await release(parts.store, lease)
    assert await inspector.inspect("default") is not None


async def test_a_round_goes_on_where_another_process_stopped(inspector: Inspector, parts: Parts) -> None:
    await alter(parts.settings.database, HEADER)
    number = await parts.store.log_number("default")
    await begin(parts.store, number, NAME, VERSION, position=4)
    found = await inspector.inspect("default")
    assert found is not None
    assert (found.faults, found.position) == (0, 6)
    again = await inspector.inspect("default")
    assert again is not None
    assert again.faults == 1
