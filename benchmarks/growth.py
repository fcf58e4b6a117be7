"""Whether anything gets dearer as the log grows: the same costs at ten thousand, a million, ten million events.

    uv run python -m benchmarks.growth [--ten-million] [--seconds N] [--rounds N]

Each size has a database of its own, and the sizes take turns, so that what disturbs the machine disturbs them all.
"""

import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
import uvloop
from msgspec import Struct, field
from rich.console import Console
from rich.progress import Progress

from benchmarks import servers, stages
from benchmarks.databases import Database, postgres_database, sqlite_database
from benchmarks.load import Generator, Load, generator
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.stages import Rebuild, Stage, Writes
from benchmarks.workloads import CREATE, LATEST, NEWEST
from service.app import opened

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
SIZES = [10_000, 1_000_000]
TEN_MILLION = 10_000_000
WRITERS = 64
"""Tasks that create at the same time when there is no HTTP between."""
STARTS = 3

LOADS = (LATEST, NEWEST, CREATE)
"""Creates come last: they make the log grow."""


class Costs(Struct, kw_only=True):
    """What was measured at one stage; lists have one item a round."""

    database: str
    events: int
    bytes_per_event: float = 0.0
    fill_events_per_second: float = 0.0
    starts_s: list[float] = field(default_factory=list)
    rebuild: Rebuild | None = None
    loads: dict[str, list[Load]] = field(default_factory=dict)
    resident_mib: list[float] = field(default_factory=list)
    """At the start, then after each stretch of load."""
    writes: list[Writes] = field(default_factory=list)


class Run(Struct, frozen=True):
    """How a run measures."""

    generator: Generator
    bars: Progress
    seconds: float
    rounds: int
    connections: int


def main(
    ten_million: Annotated[bool, typer.Option(help="Measure at ten million events too.")] = False,
    size: Annotated[list[int] | None, typer.Option(help="Measure at these sizes instead.", min=2_000)] = None,
    seconds: Annotated[float, typer.Option(help="Length of each stretch of load.", min=0.1, max=60)] = 3.0,
    rounds: Annotated[int, typer.Option(help="How often each size has its turn.", min=1, max=100)] = 5,
    connections: Annotated[int, typer.Option(help="Clients that ask at the same time.", min=1, max=1000)] = 32,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server to use.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure all sizes on both databases, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    sizes = size or [*SIZES, *([TEN_MILLION] if ten_million else [])]
    with tempfile.TemporaryDirectory() as folder, generator() as generator_, progress(console) as bars:
        run = Run(generator_, bars, seconds, rounds, connections)
        costs = measure(run, sizes, Path(folder), sqlite_database)
        costs += measure(run, sizes, Path(folder), lambda _: postgres_database(postgres))
        machine = this_machine(Path(folder), postgres)
    report = Report(
        name="growth",
        title="What a growing log costs",
        tables=[Table(columns=("database", "figure", *(f"at {events:,}" for events in sizes)), rows=rows(costs))],
        machine=machine,
        settings={"seconds": seconds, "rounds": rounds, "connections": connections, "writers without HTTP": WRITERS},
        measurements=costs,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def measure(
    run: Run, sizes: Sequence[int], folder: Path, new_database: Callable[[Path], AbstractContextManager[Database]]
) -> list[Costs]:
    """All sizes on one kind of database. Its data is gone afterwards."""
    with ExitStack() as stack:
        found: list[tuple[Stage, Costs]] = []
        for events in sizes:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
            database = stack.enter_context(new_database(home))
            found.append((Stage(database, events, home), Costs(database=database.name, events=events)))
        for stage, costs in found:
            grow(run, stage, costs)
            start(run, stage, costs)
            rebuild(run, stage, costs)
        load(run, found)
        uvloop.run(write(run, found))
        return [costs for _, costs in found]


def grow(run: Run, stage: Stage, costs: Costs) -> None:
    """Fill the log, and see what it takes on disk."""
    task = run.bars.add_task(f"{costs.database}: fill", total=stage.events)
    started = time.perf_counter()
    uvloop.run(stages.fill(stage, lambda events: run.bars.advance(task, events)))
    costs.fill_events_per_second = stage.events / (time.perf_counter() - started)
    stage.database.settle()
    costs.bytes_per_event = stage.database.size_bytes() / stage.events


def start(run: Run, stage: Stage, costs: Costs) -> None:
    for _ in run.bars.track(range(STARTS), description=f"{costs.database}: start at {stage.events:,}"):
        with servers.digsite(stage.database.url, stage.folder) as server:
            costs.starts_s.append(server.started_in_s)


def rebuild(run: Run, stage: Stage, costs: Costs) -> None:
    for _ in run.bars.track(range(1), description=f"{costs.database}: rebuild at {stage.events:,}"):
        costs.rebuild = uvloop.run(stages.rebuild(stage))


def load(run: Run, found: Sequence[tuple[Stage, Costs]]) -> None:
    """Each workload on each size in turn, over HTTP; and the servers' memory from beginning to end."""
    with ExitStack() as stack:
        running = [
            (stack.enter_context(servers.digsite(stage.database.url, stage.folder)), costs) for stage, costs in found
        ]
        for server, costs in running:
            costs.resident_mib.append(server.resident_mib)
        turns = [(workload, *each) for workload in LOADS for _ in range(run.rounds) for each in running]
        for workload, server, costs in run.bars.track(turns, description=f"{found[0][1].database}: load"):
            stretch = run.generator.run(server.port, workload.requests([]), run.connections, run.seconds)
            costs.loads.setdefault(workload.name, []).append(stretch)
            costs.resident_mib.append(server.resident_mib)


async def write(run: Run, found: Sequence[tuple[Stage, Costs]]) -> None:
    """Creates on each size in turn, through the writer, without HTTP."""
    async with AsyncExitStack() as stack:
        running = [(await stack.enter_async_context(opened(stage.settings)), costs) for stage, costs in found]
        turns = [each for _ in range(run.rounds) for each in running]
        for parts, costs in run.bars.track(turns, description=f"{found[0][1].database}: write without HTTP"):
            costs.writes.append(await stages.write(parts, WRITERS, run.seconds))


class Figure(Struct, frozen=True):
    """A row of the table: what it tells of the costs at a stage, one value a round."""

    name: str
    values: Callable[[Costs], list[float]]
    digits: int = 0


def rates(costs: Costs, workload: str) -> list[float]:
    return [each.per_second for each in costs.loads[workload]]


FIGURES = (
    Figure("bytes per event", lambda costs: [costs.bytes_per_event]),
    Figure("fill, events/s", lambda costs: [costs.fill_events_per_second]),
    Figure("start-up, s", lambda costs: costs.starts_s, digits=2),
    Figure("rebuild, events/s", lambda costs: [costs.rebuild.per_second] if costs.rebuild else []),
    *(Figure(f"{each.name}, per s", partial(rates, workload=each.name)) for each in LOADS),
    Figure("create without HTTP, per s", lambda costs: [each.per_second for each in costs.writes]),
    Figure("MiB at start", lambda costs: costs.resident_mib[:1]),
    Figure("MiB after load", lambda costs: costs.resident_mib[-1:]),
)


def rows(all_costs: Sequence[Costs]) -> list[Cells]:
    """A row for each figure of each database; a column for each size."""
    by_database: dict[str, list[Costs]] = {}
    for costs in all_costs:
        by_database.setdefault(costs.database, []).append(costs)
    return [
        (database, figure.name, *cells(figure, found)) for database, found in by_database.items() for figure in FIGURES
    ]


def cells(figure: Figure, found: Sequence[Costs]) -> Cells:
    """The figure at each size; in brackets the median of the rounds' ratios to the smallest size."""
    smallest, *larger = [figure.values(costs) for costs in found]
    shown = [f"{median(smallest):,.{figure.digits}f}"]
    for values in larger:
        ratio = median(own / other for own, other in zip(values, smallest, strict=True))
        shown.append(f"{median(values):,.{figure.digits}f} ({ratio:.2f})")
    return shown


if __name__ == "__main__":
    typer.run(main)
