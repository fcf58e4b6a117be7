"""What the gateway adds to a call: the same requests to a Prefect server, and to it through Digsite, in turn.

uv run python -m benchmarks.gateway [--seconds N] [--rounds N]
"""

import json
import signal
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from msgspec import Struct
from rich.console import Console

from benchmarks import prefect, servers
from benchmarks.databases import sqlite_database
from benchmarks.flows import place
from benchmarks.load import HOST, Ask, Generator, Load, generator
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
DIRECT, THROUGH = f"Prefect {prefect.VERSION}", "through Digsite"
CLIENTS = (1, 8)
"""Connections that ask at the same time. What writes is asked by one: more wait for each other on SQLite."""
RUNS = 5
"""Flow runs in a page."""
COLUMNS = ("request", "clients", "server", "per second", "p50 ms", "p99 ms", "p50 more, ms", "failed")


class Call(Struct, frozen=True):
    name: str
    request: bytes
    clients: tuple[int, ...] = CLIENTS


class Turn(Struct, frozen=True, kw_only=True):
    """One call on one server for a while."""

    round: int
    call: str
    clients: int
    server: str
    load: Load


def main(
    seconds: Annotated[float, typer.Option(help="Length of each stretch of load.", min=0.1, max=60)] = 4.0,
    rounds: Annotated[int, typer.Option(help="How often each has its turn.", min=1, max=100)] = 5,
    postgres: Annotated[str, typer.Option(help="The PostgreSQL server whose version is noted.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure both ways, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        generator_ = stack.enter_context(generator())
        with console.status("Starting both"):
            upstream = stack.enter_context(prefect.prefect(place(folder, "prefect")))
            home = place(folder, "digsite")
            database = stack.enter_context(sqlite_database(home))
            settings = {"DIGSITE_UPSTREAM_API_URL": f"http://{HOST}:{upstream.port}/api"}
            front = stack.enter_context(servers.digsite(database.url, home, settings))
            calls = primed(generator_.ask, upstream.port)
        ports = {DIRECT: upstream.port, THROUGH: front.port}
        turns = measure(ports, calls, generator_, rounds, seconds, console)
        machine = this_machine(folder, postgres)
    report = Report(
        name="gateway",
        title="Calls that Digsite passes on to Prefect's server",
        tables=[Table(columns=COLUMNS, rows=rows(turns))],
        machine=machine,
        settings={"seconds": seconds, "rounds": rounds, "flow runs in a page": RUNS},
        measurements=turns,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def primed(ask: Ask, port: int) -> list[Call]:
    """Make a page of flow runs. Returns the calls that are measured."""
    [flow] = ask(port, [request("POST", "/flows/", {"name": "measured"})], 1)
    new = {"flow_id": json.loads(flow)["id"], "state": {"type": "RUNNING"}}
    runs = ask(port, [request("POST", "/flow_runs/", new)] * RUNS, 1)
    return [
        Call("a version", request("GET", "/version")),
        Call("a flow run", request("GET", f"/flow_runs/{json.loads(runs[0])['id']}")),
        Call(f"{RUNS} flow runs", request("POST", "/flow_runs/filter", {"sort": "ID_DESC", "limit": RUNS})),
        Call("a new flow run", request("POST", "/flow_runs/", new), clients=CLIENTS[:1]),
    ]


def request(method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    headers = f"Host: {HOST}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    return f"{method} /api{path} HTTP/1.1\r\n{headers}\r\n\r\n".encode() + content


def measure(
    ports: dict[str, int],
    calls: Sequence[Call],
    generator: Generator,
    rounds: int,
    seconds: float,
    console: Console,
) -> list[Turn]:
    """Each call on each server, in turn; who begins changes from round to round."""
    turns = [
        (number, call, clients, server)
        for number in range(rounds)
        for call in calls
        for clients in call.clients
        for server in (list(ports) if number % 2 else list(reversed(ports)))
    ]
    measured = []
    with progress(console) as bars:
        task = bars.add_task("", total=len(turns))
        for number, call, clients, server in turns:
            bars.update(task, description=f"{call.name}: {server}")
            load = generator.run(ports[server], [call.request], clients, seconds)
            measured.append(Turn(round=number, call=call.name, clients=clients, server=server, load=load))
            bars.advance(task)
    return measured


def rows(turns: Sequence[Turn]) -> list[Cells]:
    """Two rows for each call and number of clients."""
    cells = dict.fromkeys((each.call, each.clients) for each in turns)
    return [row for call, clients in cells for row in rows_of(call, clients, turns)]


def rows_of(call: str, clients: int, turns: Sequence[Turn]) -> list[Cells]:
    """What is more is taken within a round, and its median over the rounds is shown."""
    own = [each for each in turns if (each.call, each.clients) == (call, clients)]
    direct, through = ([each.load for each in own if each.server == server] for server in (DIRECT, THROUGH))
    more = median(one.p50_ms - other.p50_ms for one, other in zip(through, direct, strict=True))
    return [
        (call, str(clients), DIRECT, *numbers(direct), "", failed(direct)),
        (call, str(clients), THROUGH, *numbers(through), f"{more:.2f}", failed(through)),
    ]


def numbers(loads: Sequence[Load]) -> tuple[str, str, str]:
    return (
        f"{median(each.per_second for each in loads):,.0f}",
        f"{median(each.p50_ms for each in loads):.2f}",
        f"{median(each.p99_ms for each in loads):.2f}",
    )


def failed(loads: Sequence[Load]) -> str:
    return f"{sum(each.failures for each in loads):,}"


if __name__ == "__main__":
    typer.run(main)
