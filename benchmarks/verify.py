"""How long it takes to verify a log, and whether memory stays flat meanwhile.

uv run python -m benchmarks.verify [--size N] [--rounds N]
"""

import resource
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
import uvloop
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from benchmarks import stages
from benchmarks.databases import postgres_database, sqlite_database
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.stages import Stage
from events.stores import open_reader
from events.verification import Fault
from projections import CATCH_UP
from projections.verification import Step, verify
from projections.verification.whole import CheckSpans
from service.app import opened
from service.context import DEFAULT_LOG
from service.verification.crew import crew

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
COLUMNS = ("database", "processes", "events", "chain, events/s", "all, events/s", "MiB at most")
FOLD_TIMEOUT_S = 3_600.0

Crew = Callable[[], AbstractContextManager[CheckSpans | None]]


class Turn(Struct, frozen=True, kw_only=True):
    """One verification of a whole log."""

    database: str
    processes: str
    events: int
    chain_s: float
    all_s: float
    resident_mib: float
    """Of the process that shows it, at most, so far."""


def main(
    size: Annotated[int, typer.Option(help="Events in the log.", min=2_000)] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="How often each way has its turn.", min=1, max=100)] = 3,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server to use.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure on both databases, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    turns: list[Turn] = []
    with tempfile.TemporaryDirectory() as folder, progress(console) as bars:
        for database in (sqlite_database(Path(folder)), postgres_database(postgres)):
            with database as found:
                turns += measure(Stage(found, size, Path(folder)), rounds, bars)
        machine = this_machine(Path(folder), postgres)
    report = Report(
        name="verify",
        title="How long it takes to verify a log",
        tables=[Table(columns=COLUMNS, rows=rows(turns))],
        machine=machine,
        settings={"size": size, "rounds": rounds},
        measurements=turns,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def measure(stage: Stage, rounds: int, bars: Progress) -> list[Turn]:
    task = bars.add_task(f"{stage.database.name}: fill", total=stage.events)
    uvloop.run(stages.fill(stage, lambda events: bars.advance(task, events)))
    uvloop.run(folded(stage))
    stage.database.settle()
    ways: dict[str, Crew] = {"one": nullcontext, "one for each processor": lambda: crew(stage.database.url)}
    turns = [(name, way) for _ in range(rounds) for name, way in ways.items()]
    return [
        uvloop.run(verified(stage, name, way))
        for name, way in bars.track(turns, description=f"{stage.database.name}: verify")
    ]


async def folded(stage: Stage) -> None:
    """Every projection has come to the end of the log."""
    async with opened(stage.settings) as parts:
        head = (await parts.store.head(DEFAULT_LOG)).position
        for projector in CATCH_UP:
            await parts.runner.wait_for(DEFAULT_LOG, projector.name, head, FOLD_TIMEOUT_S)


async def verified(stage: Stage, processes: str, way: Crew) -> Turn:
    store = open_reader(stage.database.url)
    await store.open()
    started, chain_s = time.perf_counter(), 0.0
    with way() as check_spans:
        async for step in verify(store, DEFAULT_LOG, check_spans=check_spans):
            assert not isinstance(step, Fault), step
            if isinstance(step, Step) and step.part == "chain":
                chain_s = time.perf_counter() - started
    all_s = time.perf_counter() - started
    await store.close()
    return Turn(
        database=stage.database.name,
        processes=processes,
        events=stage.events,
        chain_s=chain_s,
        all_s=all_s,
        resident_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def rows(turns: Sequence[Turn]) -> list[Cells]:
    return [
        row(name, [turn for turn in turns if (turn.database, turn.processes) == name])
        for name in dict.fromkeys((turn.database, turn.processes) for turn in turns)
    ]


def row(name: tuple[str, str], turns: Sequence[Turn]) -> Cells:
    events = turns[0].events
    rates = [events / median(getattr(turn, field) for turn in turns) for field in ("chain_s", "all_s")]
    return (*name, f"{events:,}", *(f"{rate:,.0f}" for rate in rates), f"{max(t.resident_mib for t in turns):,.0f}")


if __name__ == "__main__":
    typer.run(main)
