"""How soon an event is on the other side of the bridge, and whether 500 a second can go each way without a growing lag.

uv run python -m benchmarks.bridge [--events N] [--rate N] [--seconds N]
"""

import asyncio
import json
import re
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any
from uuid import uuid4

import httpx2
import typer
from msgspec import Struct
from rich.console import Console
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks import prefect, servers
from benchmarks.databases import sqlite_database
from benchmarks.load import HOST
from benchmarks.machine import this_machine
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
ALWAYS = {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
LEAD_IN = 10
"""Events of each kind whose times do not count."""
BATCH = 25
"""Events in one request of the load."""
LOAD = "load.sent"
"""The kind of the load's events."""
LATENCY_COLUMNS = ("what", "by way of", "p50 ms", "p99 ms")
RATE_COLUMNS = ("from", "to", "events/s sent", "told after s", "on disk after s", "backfilled", "missing")
PATIENCE_S = 180.0
"""How long the end of a load is waited for."""
UPSTREAM, DIGSITE = f"Prefect {prefect.VERSION}", "Digsite"


class Sides(Struct, frozen=True):
    """The addresses of the APIs: of a Prefect server, and of the Digsite in front of it, if there is one."""

    upstream: str
    digsite: str = ""


class Latency(Struct, frozen=True, kw_only=True):
    what: str
    way: str
    seconds: list[float]


class Rate(Struct, frozen=True, kw_only=True):
    """A load of events. The times count from its end; None: it did not come to that."""

    source: str
    target: str
    sent_per_second: float
    told_after_s: float | None
    on_disk_after_s: float | None
    backfilled: int
    missing: int


def main(
    events: Annotated[int, typer.Option(help="Events of each kind whose way is timed.", min=10, max=10_000)] = 300,
    rate: Annotated[int, typer.Option(help="Events a second of the load.", min=1, max=100_000)] = 500,
    seconds: Annotated[float, typer.Option(help="Length of the load.", min=1, max=600)] = 30.0,
    postgres: Annotated[str, typer.Option(help="The PostgreSQL server whose version is noted.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure, show the tables, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with console.status("Timing events"), bridged(folder / "latency") as sides:
            latencies = asyncio.run(time_events(sides, events))
        rates = []
        for measure, start in (
            (load_alone, alone),
            (load_digsite, bridged),
            (load_upstream, bridged),
            (load_both, bridged),
        ):
            with console.status(f"Load: {measure.__name__}"), start(folder / measure.__name__) as sides:
                rates += asyncio.run(measure(sides, rate, seconds))
        machine = this_machine(folder, postgres)
    report = Report(
        name="bridge",
        title="Events over the bridge",
        tables=[
            Table(title="How soon", columns=LATENCY_COLUMNS, rows=[latency_row(each) for each in latencies]),
            Table(title=f"{rate} events/s", columns=RATE_COLUMNS, rows=[rate_row(each) for each in rates]),
        ],
        machine=machine,
        settings={"events": events, "rate": rate, "seconds": seconds, "events in a request": BATCH},
        measurements=[*latencies, *rates],
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


@contextmanager
def bridged(folder: Path) -> Iterator[Sides]:
    """A Digsite on SQLite in front of a Prefect server, both new."""
    homes = [folder / "prefect", folder / "digsite"]
    for home in homes:
        home.mkdir(parents=True)
    with prefect.prefect(homes[0]) as upstream, sqlite_database(homes[1]) as database:
        api = f"http://{HOST}:{upstream.port}/api"
        with servers.digsite(database.url, homes[1], {"DIGSITE_UPSTREAM_API_URL": api}) as server:
            yield Sides(api, f"http://{HOST}:{server.port}/api")


@contextmanager
def alone(folder: Path) -> Iterator[Sides]:
    """A new Prefect server, to which no Digsite listens."""
    folder.mkdir(parents=True)
    with prefect.prefect(folder) as upstream:
        yield Sides(f"http://{HOST}:{upstream.port}/api")


# how soon


async def time_events(sides: Sides, count: int) -> list[Latency]:
    """What the upstream states, at the sockets of both; then what a client sends to either, at the upstream's REST."""
    async with client() as http:
        flow = (await posted(http, f"{sides.upstream}/flows/", {"name": "timed"}))["id"]
        async with arrivals(sides.upstream) as there, arrivals(sides.digsite) as here:
            states = [await _time_state(http, sides, flow, there, here) for _ in range(LEAD_IN + count)]
        runs: dict[str, list[float]] = {url: [] for url in (sides.upstream, sides.digsite)}
        async with sender(sides.upstream) as direct, sender(sides.digsite) as bridged_:
            for _ in range(LEAD_IN + count):
                for url, socket in ((sides.upstream, direct), (sides.digsite, bridged_)):
                    runs[url].append(await _time_task_run(http, sides, socket))
    return [
        *(
            Latency(
                what="a flow run's state, to a subscriber", way=way, seconds=[state[at] for state in states[LEAD_IN:]]
            )
            for at, way in enumerate((UPSTREAM, DIGSITE))
        ),
        Latency(
            what="a flow run's state, to a subscriber",
            way="what the bridge adds",
            seconds=[later - sooner for sooner, later in states[LEAD_IN:]],
        ),
        *(
            Latency(what="a task run's state, to Prefect's REST", way=way, seconds=runs[url][LEAD_IN:])
            for way, url in ((UPSTREAM, sides.upstream), (DIGSITE, sides.digsite))
        ),
    ]


class Arrivals:
    """When the events of each resource came for the first time."""

    def __init__(self) -> None:
        self._at: dict[str, asyncio.Future[float]] = {}

    def of(self, resource_id: str) -> "asyncio.Future[float]":
        return self._at.setdefault(resource_id, asyncio.get_running_loop().create_future())

    async def note(self, socket: ClientConnection) -> None:
        async for frame in socket:
            event = json.loads(frame)["event"]
            came = self.of(f"{event['event']} {event['resource']['prefect.resource.id']}")
            if not came.done():
                came.set_result(time.perf_counter())


async def _time_state(http: httpx2.AsyncClient, sides: Sides, flow: str, *sockets: Arrivals) -> list[float]:
    """From the request that sets a state at the upstream to its event at each of these sockets."""
    new = {"flow_id": flow, "state": {"type": "PENDING"}}
    run = (await posted(http, f"{sides.upstream}/flow_runs/", new))["id"]
    begun = time.perf_counter()
    await posted(http, f"{sides.upstream}/flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}, "force": True})
    return [await each.of(f"prefect.flow-run.Running prefect.flow-run.{run}") - begun for each in sockets]


async def _time_task_run(http: httpx2.AsyncClient, sides: Sides, socket: ClientConnection) -> float:
    """From the event that a client sends to the task run that the upstream makes of it."""
    run = str(uuid4())
    begun = time.perf_counter()
    await socket.send(json.dumps(_task_run_event(run)))
    while (await http.get(f"{sides.upstream}/task_runs/{run}")).status_code != httpx2.codes.OK:
        pass
    return time.perf_counter() - begun


def _task_run_event(run: str) -> dict[str, Any]:
    return event(
        "prefect.task-run.Running",
        {"prefect.resource.id": f"prefect.task-run.{run}", "prefect.orchestration": "client"},
        {
            "validated_state": {"type": "RUNNING", "name": "Running"},
            "task_run": {"task_key": run, "dynamic_key": "0", "name": "timed"},
        },
    )


# how many

Counted = Callable[[], Awaitable[int]]


async def load_alone(sides: Sides, rate: int, seconds: float) -> list[Rate]:
    """The same load as the others', straight to the upstream: what it can do by itself."""
    return [await _load(sides, sides.upstream, sides.upstream, rate, seconds)]


async def load_digsite(sides: Sides, rate: int, seconds: float) -> list[Rate]:
    return [await _load(sides, sides.digsite, sides.upstream, rate, seconds)]


async def load_upstream(sides: Sides, rate: int, seconds: float) -> list[Rate]:
    return [await _load(sides, sides.upstream, sides.digsite, rate, seconds)]


async def load_both(sides: Sides, rate: int, seconds: float) -> list[Rate]:
    """Half of the load from each side."""
    ways = ((sides.digsite, sides.upstream), (sides.upstream, sides.digsite))
    return list(await asyncio.gather(*(_load(sides, *way, rate // 2, seconds) for way in ways)))


async def _load(sides: Sides, source: str, target: str, rate: int, seconds: float) -> Rate:
    ship = f"load.{uuid4()}"
    count = int(rate * seconds) // BATCH * BATCH
    async with client() as http:
        told_before = await metric(http, sides, "forwarded")
        backfilled_before = await metric(http, sides, "backfilled")
        begun = time.perf_counter()
        for number in range(count // BATCH):
            await asyncio.sleep(begun + number * BATCH / rate - time.perf_counter())
            batch = [event(LOAD, {"prefect.resource.id": ship}, {"text": "x" * 300}) for _ in range(BATCH)]
            (await http.post(f"{source}/events", json=batch)).raise_for_status()
        took_s = time.perf_counter() - begun
        ended = time.perf_counter()

        async def told() -> int:
            return await metric(http, sides, "forwarded") - told_before

        async def stored() -> int:
            return await total(http, target, ship)

        is_forwarded = source == sides.digsite
        return Rate(
            source=DIGSITE if is_forwarded else UPSTREAM,
            target=UPSTREAM if target == sides.upstream else DIGSITE,
            sent_per_second=count / took_s,
            told_after_s=await until(told, count, ended) if is_forwarded else None,
            on_disk_after_s=await until(stored, count, ended),
            backfilled=await metric(http, sides, "backfilled") - backfilled_before,
            missing=count - await stored(),
        )


async def until(counted: Counted, count: int, since: float) -> float | None:
    """When so many are counted, in seconds from a moment on."""
    while await counted() < count:
        if time.perf_counter() - since > PATIENCE_S:
            return None
        await asyncio.sleep(0.25)
    return time.perf_counter() - since


async def total(http: httpx2.AsyncClient, url: str, resource_id: str) -> int:
    """How many events of a resource a server has on its disk."""
    asked = {"filter": {"occurred": ALWAYS, "resource": {"id": [resource_id]}}, "limit": 0}
    return int((await posted(http, f"{url}/events/filter", asked))["total"])


async def metric(http: httpx2.AsyncClient, sides: Sides, name: str) -> int:
    """What Digsite has counted of the bridge until now."""
    if not sides.digsite:
        return 0
    text = (await http.get(sides.digsite.removesuffix("/api") + "/metrics")).text
    found = re.search(rf"^digsite_bridge_{name}_total (\S+)$", text, re.MULTILINE)
    return 0 if found is None else int(float(found[1]))


# both


def event(kind: str, resource: dict[str, str], payload: dict[str, Any]) -> dict[str, Any]:
    """An event of this moment."""
    occurred = datetime.now(UTC).isoformat()
    return {"id": str(uuid4()), "occurred": occurred, "event": kind, "resource": resource, "payload": payload}


def client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_S)


TRIES, PAUSE_S = 20, 0.1
"""Prefect answers 503 when its SQLite is locked by another of its own transactions."""


async def posted(http: httpx2.AsyncClient, url: str, body: dict[str, Any]) -> Any:
    for _ in range(TRIES):
        response = await http.post(url, json=body)
        if response.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(PAUSE_S)
    return response.raise_for_status().json()


@asynccontextmanager
async def sender(url: str, path: str = "/events/in") -> AsyncIterator[ClientConnection]:
    """A socket after its handshake."""
    address = url.replace("http://", "ws://") + path
    async with connect(address, subprotocols=[Subprotocol("prefect")], max_size=None, proxy=None) as socket:
        await socket.send(json.dumps({"type": "auth", "token": None}))
        await socket.recv()
        yield socket


@asynccontextmanager
async def arrivals(url: str) -> AsyncIterator[Arrivals]:
    """What comes over the socket of one who subscribes to everything."""
    async with sender(url, "/events/out") as socket:
        await socket.send(json.dumps({"type": "filter", "filter": {"occurred": ALWAYS}, "backfill": False}))
        found = Arrivals()
        noting = asyncio.create_task(found.note(socket))
        try:
            yield found
        finally:
            noting.cancel()


def latency_row(latency: Latency) -> Cells:
    percentiles = quantiles(latency.seconds, n=100)
    return (latency.what, latency.way, f"{1000 * percentiles[49]:,.1f}", f"{1000 * percentiles[98]:,.1f}")


def rate_row(rate: Rate) -> Cells:
    return (
        rate.source,
        rate.target,
        f"{rate.sent_per_second:,.0f}",
        shown(rate.told_after_s),
        shown(rate.on_disk_after_s),
        f"{rate.backfilled:,}",
        f"{rate.missing:,}",
    )


def shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:,.1f}"


if __name__ == "__main__":
    typer.run(main)
