"""`/events/in`: what comes through it is recorded once, in order, whatever else is sent and whatever breaks."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from events.errors import StorageUnavailable
from events.event import Event, Origin
from service.context import Context
from service.settings import Settings
from service.sockets.events_in import WAITING_EVENTS_MAX, Intake
from tests.servers import LiveServer
from tests.sockets import authenticated, outside_event, sent

FULL = {"related": [{"prefect.resource.id": "port.kiel", "prefect.resource.role": "port"}], "follows": "0" * 32}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("events-in")
    with LiveServer(f"sqlite:///{home}/digsite.db", home) as server:
        yield server


def recorded(server: LiveServer, resource_id: str) -> list[dict[str, Any]]:
    """All events about a resource, in the order of the log."""
    asked: dict[str, Any] = {"filter": {"resource": {"id": [resource_id]}, "order": "ASC"}}
    with httpx2.Client() as client:
        page = client.post(f"{server.url}/events/filter", json=asked).json()
        events = page["events"]
        while page["next_page"]:
            page = client.get(page["next_page"]).json()
            events += page["events"]
    return events


def about(resource_id: str, **fields: Any) -> dict[str, Any]:
    return outside_event(resource={"prefect.resource.id": resource_id}, **fields)


async def test_an_event_is_recorded_as_it_was_sent(server: LiveServer) -> None:
    event = about("ship.full", **FULL)
    async with authenticated(server) as socket:
        await sent(socket, event)
    [found] = recorded(server, "ship.full")
    assert found.pop("received") > event["occurred"]
    assert found == {**event, "follows": "00000000-0000-0000-0000-000000000000"}


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "[" * 100_000,
        b"binary",
        "[]",
        about("ship.bad", id=5),
        about(""),
        about("ship.bad", event="x" * 1025),
        about("x" * 2001),
        about("ship.bad", payload={"text": "x" * 1_500_000}),
        outside_event(resource={"prefect.resource.id": "ship.bad", "label": "x" * 600_000}),
        about("ship.bad", payload={"text": "\ud800"}),
    ],
    ids=lambda bad: str(bad)[:40],
)
async def test_a_bad_event_spoils_no_other(server: LiveServer, bad: Any) -> None:
    first, last = about("ship.good"), about("ship.good")
    async with authenticated(server) as socket:
        await sent(socket, first, bad, last)
    assert [each["id"] for each in recorded(server, "ship.good")][-2:] == [first["id"], last["id"]]
    assert recorded(server, "ship.bad") == []


async def test_an_event_that_is_refused_is_logged_without_its_content(server: LiveServer) -> None:
    async with authenticated(server) as socket:
        await sent(socket, about("ship.secret", payload=["secret"]))
    [line] = [line for line in server.output if "'payload'" in line]
    assert "event refused" in line
    assert "secret" not in line


async def test_many_events_of_one_socket_stand_in_its_order(server: LiveServer) -> None:
    events = [about("ship.many", occurred=f"2026-11-21T08:{index // 60:02}:{index % 60:02}Z") for index in range(2000)]
    async with authenticated(server) as socket:
        await sent(socket, *events)
    assert [each["id"] for each in recorded(server, "ship.many")] == [each["id"] for each in events]


async def test_an_event_is_recorded_once_however_often_it_is_sent(server: LiveServer) -> None:
    event = about("ship.again", payload={"sent": "first"})
    for _ in range(3):
        async with authenticated(server) as socket:
            await sent(socket, event, {**event, "payload": {}}, event)
    httpx2.post(f"{server.url}/events", json=[event, event])
    [found] = recorded(server, "ship.again")
    assert found["payload"] == {"sent": "first"}


async def test_echoes_are_accepted_and_not_recorded(server: LiveServer) -> None:
    async with authenticated(server) as socket:
        await sent(socket, about("ship.echo", event="prefect.artifact.created"), about("ship.echo", event="sailed"))
    assert [each["event"] for each in recorded(server, "ship.echo")] == ["sailed"]


async def test_what_was_sent_before_a_close_is_recorded(server: LiveServer) -> None:
    async with authenticated(server) as socket:
        for _ in range(500):
            await socket.send(json.dumps(about("ship.closed")))
    async with asyncio.timeout(10):
        while len(recorded(server, "ship.closed")) < 500:
            await asyncio.sleep(0.01)


async def test_a_pong_says_that_all_before_it_is_on_disk(
    start_server: Callable[..., LiveServer], database_url: str
) -> None:
    server = start_server(database_url)
    async with authenticated(server) as socket:
        await sent(socket, *(about("ship.killed") for _ in range(700)))
        server.kill()
    server.start()
    assert len(recorded(server, "ship.killed")) == 700


async def test_a_stop_tells_clients_to_come_back(start_server: Callable[..., LiveServer], sqlite_url: str) -> None:
    server = start_server(sqlite_url)
    async with authenticated(server) as socket:
        await sent(socket, about("ship.stopped"))
        await socket.send(json.dumps(about("ship.stopped")))
        await asyncio.to_thread(server.stop)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


# what the network cannot show


class Scripted:
    """A socket that sends so many events, and then stays open or goes."""

    def __init__(self, count: int, *, stays: bool) -> None:
        self.scope: dict[str, Any] = {}
        self.read = 0
        self._count = count
        self._stays = stays

    async def receive(self) -> dict[str, Any]:
        if self.read < self._count:
            self.read += 1
            return {"type": "websocket.receive", "text": json.dumps(outside_event())}
        if self._stays:
            await asyncio.Event().wait()
        return {"type": "websocket.disconnect"}


class Recorder:
    """Stands for `Events`: fails so often, then records once it may."""

    def __init__(self, failures: int = 0) -> None:
        self.recorded = 0
        self.failures = failures
        self.may = asyncio.Event()

    async def record(self, log: str, events: list[Event], origin: Origin) -> int:
        await self.may.wait()
        self.failures -= 1
        if self.failures >= 0:
            raise StorageUnavailable("it is away")
        self.recorded += len(events)
        return self.recorded


def intake(socket: Scripted, recorder: Recorder, settings: Settings) -> Intake:
    return Intake(socket, Context("default", Origin()), recorder, settings)  # type: ignore[arg-type]


async def test_a_socket_is_not_read_on_while_too_much_waits() -> None:
    socket, recorder = Scripted(3 * WAITING_EVENTS_MAX, stays=False), Recorder()
    running = asyncio.create_task(intake(socket, recorder, Settings()).run())
    while socket.read < WAITING_EVENTS_MAX:
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert socket.read == WAITING_EVENTS_MAX + 1
    recorder.may.set()
    await running
    assert recorder.recorded == 3 * WAITING_EVENTS_MAX


async def test_a_client_that_is_there_is_told_when_the_storage_is_away() -> None:
    recorder = Recorder(failures=1)
    recorder.may.set()
    with pytest.raises(StorageUnavailable):
        await intake(Scripted(5, stays=True), recorder, Settings()).run()


async def test_for_a_client_that_has_gone_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.sockets.events_in.PAUSE_S", 0.001)
    recorder, socket = Recorder(failures=3), Scripted(5, stays=False)
    running = asyncio.create_task(intake(socket, recorder, Settings()).run())
    while socket.read < 5:
        await asyncio.sleep(0)
    recorder.may.set()
    await running
    assert recorder.recorded == 5
