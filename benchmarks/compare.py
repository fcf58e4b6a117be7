"""Digsite beside a no-op FastAPI app and beside Prefect's server: the same load, in turn, in one run.

uv run python -m benchmarks.compare [--with-prefect] [--seconds N] [--rounds N]
"""

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console

from benchmarks import prefect, servers
from benchmarks.databases import postgres_database, sqlite_database
from benchmarks.load import Generator, Load, generator
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.servers import Server
from benchmarks.workloads import BATCH, CREATE, KEYS, WORKLOADS, Workload, prime

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
SQLITE_CONTENDER = "Digsite, SQLite"
POSTGRES_CONTENDER = "Digsite, PostgreSQL"
CEILING = "no-op FastAPI"
PREFECT = f"Prefect {prefect.VERSION}"

COLUMNS = (
    "workload",
    "contender",
    "per second",
    "p50 ms",
    "p99 ms",
    "x no-op",
    "x no-op create",
    "x Prefect",
    "failed",
)

Start = Callable[[], AbstractContextManager[Server]]


class Contender(Struct, frozen=True):
    """A server that runs and holds what the workloads ask for."""

    name: str
    port: int
    progress_ids: list[str]

    def takes(self, workload: Workload) -> bool:
        return not workload.is_digsites_own or self.name in (SQLITE_CONTENDER, POSTGRES_CONTENDER)


class Measurement(Struct, frozen=True, kw_only=True):
    round: int
    workload: str
    contender: str
    per_second: float
    """Artifacts or answers."""
    load: Load


Measurements = list[Measurement]


def main(
    with_prefect: Annotated[
        bool, typer.Option(help="Measure Prefect's server too; installs it the first time.")
    ] = False,
    seconds: Annotated[float, typer.Option(help="Length of each stretch of load.", min=0.1, max=60)] = 5.0,
    rounds: Annotated[int, typer.Option(help="How often each has its turn.", min=1, max=100)] = 5,
    connections: Annotated[int, typer.Option(help="Clients that ask at the same time.", min=1, max=1000)] = 32,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server to use.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure all contenders, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        generator_ = stack.enter_context(generator())
        contenders = []
        for name, start in starts(folder, postgres, with_prefect).items():
            with console.status(f"Starting and filling {name}"):
                server = stack.enter_context(start())
                contenders.append(Contender(name, server.port, prime(generator_.ask, server.port, connections)))
        measurements = measure(contenders, generator_, rounds, connections, seconds, console)
        machine = this_machine(folder, postgres)
    report = Report(
        name="compare",
        title="Digsite beside a no-op FastAPI app and Prefect",
        tables=[Table(columns=COLUMNS, rows=rows(measurements))],
        machine=machine,
        settings={
            "seconds": seconds,
            "rounds": rounds,
            "connections": connections,
            "keys": KEYS,
            "artifacts in a batch": BATCH,
        },
        measurements=measurements,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def starts(folder: Path, postgres_url: str, with_prefect: bool) -> dict[str, Start]:
    """How each contender is started, by its name."""

    def place(name: str) -> Path:
        path = folder / name
        path.mkdir()
        return path

    @contextmanager
    def on_sqlite() -> Iterator[Server]:
        home = place("sqlite")
        with sqlite_database(home) as database, servers.digsite(database.url, home) as server:
            yield server

    @contextmanager
    def on_postgres() -> Iterator[Server]:
        with (
            postgres_database(postgres_url) as database,
            servers.digsite(database.url, place("postgres")) as server,
        ):
            yield server

    found: dict[str, Start] = {
        CEILING: lambda: servers.noop(place("noop")),
        SQLITE_CONTENDER: on_sqlite,
        POSTGRES_CONTENDER: on_postgres,
    }
    if with_prefect:
        found[PREFECT] = lambda: prefect.prefect(place("prefect"))
    return found


def measure(
    contenders: Sequence[Contender],
    generator: Generator,
    rounds: int,
    connections: int,
    seconds: float,
    console: Console,
) -> Measurements:
    """Each workload on each contender, in turn; who begins changes from round to round."""
    turns = [
        (number, workload, contender)
        for number in range(rounds)
        for workload in WORKLOADS
        for contender in rotated(contenders, number)
        if contender.takes(workload)
    ]
    measurements = []
    with progress(console) as bars:
        task = bars.add_task("", total=len(turns))
        for number, workload, contender in turns:
            bars.update(task, description=f"{workload.name}: {contender.name}")
            load = generator.run(contender.port, workload.requests(contender.progress_ids), connections, seconds)
            measurements.append(
                Measurement(
                    round=number,
                    workload=workload.name,
                    contender=contender.name,
                    per_second=load.per_second * workload.artifacts_per_request,
                    load=load,
                )
            )
            bars.advance(task)
    return measurements


def rotated(contenders: Sequence[Contender], number: int) -> list[Contender]:
    first = number % len(contenders)
    return [*contenders[first:], *contenders[:first]]


def rows(measurements: Measurements) -> list[Cells]:
    """One row for each workload and contender, in the order in which they first had their turn."""
    cells = dict.fromkeys((each.workload, each.contender) for each in measurements)
    return [row(measurements, workload, contender) for workload, contender in cells]


def row(measurements: Measurements, workload: str, contender: str) -> Cells:
    own = of(measurements, workload, contender)
    return (
        workload,
        contender,
        f"{median(each.per_second for each in own):,.0f}",
        f"{median(each.load.p50_ms for each in own):.2f}",
        f"{median(each.load.p99_ms for each in own):.2f}",
        ratio(own, of(measurements, workload, CEILING)),
        ratio(own, of(measurements, CREATE.name, CEILING)),
        ratio(own, of(measurements, workload, PREFECT)),
        f"{sum(each.load.failures for each in own):,}",
    )


def of(measurements: Measurements, workload: str, contender: str) -> Measurements:
    """What was measured of one pair, by round."""
    return [each for each in measurements if (each.workload, each.contender) == (workload, contender)]


def ratio(own: Measurements, others: Measurements) -> str:
    """The median of the rounds' ratios, each within its round."""
    if not others:
        return "-"
    return f"{median(one.per_second / other.per_second for one, other in zip(own, others, strict=True)):.2f}"


if __name__ == "__main__":
    typer.run(main)
