"""The bridge to a real Prefect server, while one or the other side is killed: nothing is lost, nothing comes twice."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx2
import pytest

from tests.bridging import happened, of_resource, send, until
from tests.faults.senders import Sender
from tests.prefects import PrefectServer
from tests.servers import LiveServer

pytestmark = pytest.mark.slow

EVENTS = 60
MORE_THAN_A_FLUSH = 33
"""Prefect writes 20 events at once, and the rest some seconds later."""

StartServer = Callable[..., LiveServer]


@pytest.fixture(scope="module")
def prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """The module's own, because it is killed. It runs again when a test ends."""
    with PrefectServer(prefect_python, tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.fixture
def digsite(start_server: StartServer, sqlite_url: str, prefect: PrefectServer) -> LiveServer:
    return start_server(sqlite_url, DIGSITE_UPSTREAM_API_URL=prefect.url)


def sender(server: LiveServer, count: int, dice: Random) -> Sender:
    return Sender(server.url, str(uuid4()), count, dice)


def has(url: str, events: Sender) -> list[str]:
    """The ids of a sender's events that a server has, in the order in which it received them."""
    return of_resource(url, events.events[0]["resource"]["prefect.resource.id"])


def all_of(url: str, events: Sender) -> Callable[[], bool]:
    return lambda: len(has(url, events)) >= len(events.ids)


def metric(server: LiveServer, name: str) -> float:
    with httpx2.Client(trust_env=False, timeout=20) as http:
        text = http.get(server.url.removesuffix("/api") + "/metrics").text
    found = re.search(rf"^digsite_bridge_{name}_total (\S+)$", text, re.MULTILINE)
    return 0.0 if found is None else float(found[1])


def owners(server: LiveServer) -> dict[str, str]:
    """Who holds the tenure of each direction."""
    with httpx2.Client(trust_env=False, timeout=20) as http:
        states = http.get(f"{server.url}/projections").json()
    return {each["projection"]: each["owner"] for each in states if each["projection"] in ("forwarder", "listener")}


async def test_what_a_killed_upstream_had_acknowledged_gets_to_its_disk(
    digsite: LiveServer, prefect: PrefectServer, dice: Random
) -> None:
    events = sender(digsite, MORE_THAN_A_FLUSH, dice)
    await events.run()
    until(lambda: metric(digsite, "forwarded") >= MORE_THAN_A_FLUSH)
    prefect.kill()
    prefect.start()
    until(all_of(prefect.url, events))
    assert has(prefect.url, events) == events.ids


async def test_what_both_say_while_the_upstream_is_away_comes_to_both(
    digsite: LiveServer, prefect: PrefectServer, dice: Random
) -> None:
    ship = {"prefect.resource.id": f"ship.{uuid4()}"}
    prefect.stop()
    events = sender(digsite, EVENTS, dice)
    await events.run()
    prefect.start()
    sent = send(prefect.url, [happened(resource=ship) for _ in range(EVENTS)])
    until(all_of(prefect.url, events))
    assert has(prefect.url, events) == events.ids
    until(lambda: len(of_resource(digsite.url, ship["prefect.resource.id"])) >= EVENTS)
    assert sorted(of_resource(digsite.url, ship["prefect.resource.id"])) == sorted(sent)


async def test_a_killed_digsite_goes_on_where_it_was(digsite: LiveServer, prefect: PrefectServer, dice: Random) -> None:
    ship = {"prefect.resource.id": f"ship.{uuid4()}"}
    events = sender(digsite, 10 * EVENTS, dice)
    sending = asyncio.create_task(events.run())
    sent: list[str] = []
    for _ in range(3):
        sent += await asyncio.to_thread(send, prefect.url, [happened(resource=ship) for _ in range(EVENTS)])
        await asyncio.sleep(dice.uniform(0, 1))
        digsite.kill()
        await asyncio.to_thread(digsite.start, digsite.port)
    await sending
    await asyncio.to_thread(until, all_of(prefect.url, events))
    assert sorted(has(prefect.url, events)) == sorted(events.ids)
    await asyncio.to_thread(until, lambda: len(of_resource(digsite.url, ship["prefect.resource.id"])) >= len(sent))
    assert sorted(of_resource(digsite.url, ship["prefect.resource.id"])) == sorted(sent)


async def test_of_two_digsites_one_bridges_and_when_it_dies_the_other(
    start_server: StartServer, postgres_url: str, prefect: PrefectServer, dice: Random
) -> None:
    one, other = (start_server(postgres_url, DIGSITE_UPSTREAM_API_URL=prefect.url) for _ in range(2))
    until(lambda: len(owners(one)) == 2 and all(owners(one).values()))
    first = owners(one)["forwarder"]
    dying, living = (one, other) if f"/{one.process.pid}/" in first else (other, one)
    events = sender(living, EVENTS, dice)
    await events.run()
    until(all_of(prefect.url, events))
    assert metric(dying, "forwarded") == EVENTS
    assert metric(living, "forwarded") == 0
    dying.kill()
    events = sender(living, EVENTS, dice)
    await events.run()
    until(all_of(prefect.url, events))
    assert has(prefect.url, events) == events.ids
    assert first not in owners(living).values()
