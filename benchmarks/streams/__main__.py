"""What it costs to push events, and how soon they come.

uv run python -m benchmarks.streams [--with-prefect] [--seconds N] [--rounds N] [--only SECTION]
"""

import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.compare import POSTGRES
from benchmarks.load import LoadFailed
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Report, Table, keep, show
from benchmarks.servers import NotStarted
from benchmarks.streams.catching_up import catch_up
from benchmarks.streams.contenders import Contenders, contenders
from benchmarks.streams.delivery import delivery, filters, processes
from benchmarks.streams.fan_out import fan_out
from benchmarks.streams.lab import Lab, aside
from benchmarks.streams.memory import memory
from benchmarks.streams.readers import ReadersFailed, readers


class Section(StrEnum):
    DELIVERY = "delivery"
    FAN_OUT = "fan-out"
    CATCH_UP = "catch-up"
    FILTERS = "filters"
    MEMORY = "memory"
    PROCESSES = "processes"


Found = tuple[Table, Sequence[Any]]


def sections(lab: Lab, events: int, held: int) -> dict[Section, Callable[[Contenders], Found]]:
    """How each section is measured, in the order in which they have their turn."""
    return {
        Section.DELIVERY: lambda each: delivery(lab, [each.sqlite(), each.postgres()], each.prefects()),
        Section.FAN_OUT: lambda each: fan_out(lab, each.sqlite(), each.prefects()),
        Section.CATCH_UP: lambda each: catch_up(lab, [each.sqlite(), each.postgres()], events),
        Section.FILTERS: lambda each: filters(lab, each.sqlite()),
        Section.MEMORY: lambda each: memory(lab, each.sqlite(), each.sqlite(), held),
        Section.PROCESSES: lambda each: processes(lab, each.pairs()),
    }


def main(
    with_prefect: Annotated[
        bool, typer.Option(help="Measure Prefect's server too; installs it the first time.")
    ] = False,
    only: Annotated[list[Section] | None, typer.Option(help="Measure this section; may be given again.")] = None,
    seconds: Annotated[float, typer.Option(help="Length of each stretch of writes.", min=0.5, max=60)] = 2.5,
    rounds: Annotated[int, typer.Option(help="How often each case has its turn.", min=1, max=100)] = 3,
    drain: Annotated[float, typer.Option(help="Seconds to wait for events after the writes.", min=1)] = 6.0,
    events: Annotated[int, typer.Option(help="Events to catch up with.", min=2_000)] = 200_000,
    held: Annotated[int, typer.Option(help="Subscribers whose memory is measured.", min=10, max=15_000)] = 1_000,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server to use.")] = POSTGRES,
    redis: Annotated[str, typer.Option(help="A Redis that servers may tell each other by.")] = "",
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure all sections, show their tables, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    tables: list[Table] = []
    measurements: list[Any] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bars = stack.enter_context(progress(console))
        lab = Lab(stack.enter_context(readers()), stack.enter_context(aside()), bars, seconds, rounds, drain)
        for section, measure in sections(lab, events, held).items():
            if only is None or section in only:
                try:
                    with contenders(folder, postgres, redis, with_prefect) as found:
                        table, measured = measure(found)
                except (LoadFailed, ReadersFailed, NotStarted) as failed:
                    console.print(f"{section} was given up: {failed}")
                    continue
                tables.append(table)
                measurements += measured
        machine = this_machine(folder, postgres)
    report = Report(
        name="streams",
        title="What it costs to push events",
        tables=tables,
        machine=machine,
        settings={
            "seconds": seconds,
            "rounds": rounds,
            "drain seconds": drain,
            "events to catch up with": events,
            "subscribers in memory": held,
        },
        measurements=measurements,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


if __name__ == "__main__":
    typer.run(main)
