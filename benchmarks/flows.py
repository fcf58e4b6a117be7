"""How long flows take with Digsite in front of a Prefect server, beside the same flows with Prefect's server alone.

uv run python -m benchmarks.flows [--pairs N] [--programs N]
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from benchmarks import prefect, servers
from benchmarks.databases import sqlite_database
from benchmarks.load import HOST
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.servers import Server
from tests.e2e import environment
from tests.e2e.client import SCRIPTS

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
ALONE, BEHIND = f"Prefect {prefect.VERSION}", "Digsite in front"
USUAL = "one task, not async"
FLOWS = ("one task", "ten tasks", "ten artifacts", USUAL)
LEAD_IN = 3
"""Pairs of each flow that do not count."""
PROGRAM_TIMEOUT_S = 120
RETRY_S = 1.6
"""The least that Prefect's client waits when its server answers 503, as it does when its SQLite is locked."""
COLUMNS = ("flow", "server", "median ms", "p90 ms", "retried", "x Prefect", "half of the pairs", "x without retries")

Run = Callable[[str], float]
"""Runs a flow by its name. Returns how long it took, in seconds."""
Timed = Callable[[], float]


class Contender(Struct, frozen=True):
    """A flow can be run in a process that goes on, or as a program that ends."""

    in_a_process: Run
    as_a_program: Run


class Pair(Struct, frozen=True, kw_only=True):
    """The same flow twice, one right after the other."""

    flow: str
    alone_s: float
    behind_s: float

    @property
    def ratio(self) -> float:
        return self.behind_s / self.alone_s


def main(
    pairs: Annotated[int, typer.Option(help="How often each flow has its turn.", min=4, max=1000)] = 40,
    programs: Annotated[int, typer.Option(help="How often the program has its turn.", min=4, max=1000)] = 10,
    postgres: Annotated[str, typer.Option(help="The PostgreSQL server whose version is noted.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure both, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with console.status("Starting both"):
            alone = stack.enter_context(contender(place(folder, "alone"), prefect.prefect))
            behind = stack.enter_context(contender(place(folder, "behind"), in_front_of_prefect))
        bars = stack.enter_context(progress(console))
        measured = []
        for flow in FLOWS:
            runs = partial(alone.in_a_process, flow), partial(behind.in_a_process, flow)
            measured += measure(flow, *runs, count=pairs, bars=bars)
        runs = partial(alone.as_a_program, USUAL), partial(behind.as_a_program, USUAL)
        measured += measure(f"{USUAL}, as a program", *runs, count=programs, bars=bars)
        machine = this_machine(folder, postgres)
    report = Report(
        name="flows",
        title="Flows with Digsite in front of Prefect's server",
        tables=[Table(columns=COLUMNS, rows=rows(measured))],
        machine=machine,
        settings={"pairs": pairs, "pairs of programs": programs},
        measurements=measured,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def measure(flow: str, alone: Timed, behind: Timed, *, count: int, bars: Progress) -> list[Pair]:
    """Now the one begins, now the other, so that what disturbs the machine for a while disturbs both."""
    task = bars.add_task(flow, total=LEAD_IN + count)
    pairs = []
    for number in range(LEAD_IN + count):
        if number % 2:
            behind_s, alone_s = behind(), alone()
        else:
            alone_s, behind_s = alone(), behind()
        pairs.append(Pair(flow=flow, alone_s=alone_s, behind_s=behind_s))
        bars.advance(task)
    return pairs[LEAD_IN:]


@contextmanager
def in_front_of_prefect(folder: Path) -> Iterator[Server]:
    """A Digsite on SQLite, and behind it a Prefect server of its own."""
    home = place(folder, "digsite")
    with prefect.prefect(place(folder, "prefect")) as upstream, sqlite_database(home) as database:
        settings = {"DIGSITE_UPSTREAM_API_URL": f"http://{HOST}:{upstream.port}/api"}
        with servers.digsite(database.url, home, settings) as server:
            yield server


@contextmanager
def contender(folder: Path, start: Callable[[Path], AbstractContextManager[Server]]) -> Iterator[Contender]:
    """A server, and beside it a process with Prefect's SDK that runs flows when it is told to."""
    with start(folder) as server, sdk(place(folder, "client"), server) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def in_the_process(flow: str) -> float:
            stdin.write(f"{flow}\n")
            stdin.flush()
            return float(stdout.readline())

        def as_a_program(flow: str) -> float:
            started = time.perf_counter()
            with sdk(place(folder, "client", "program"), server) as process:
                process.communicate(f"{flow}\n", timeout=PROGRAM_TIMEOUT_S)
            return time.perf_counter() - started

        yield Contender(in_the_process, as_a_program)


@contextmanager
def sdk(home: Path, server: Server) -> "Iterator[subprocess.Popen[str]]":
    """A process that runs the flows whose names are written to it, and prints their times."""
    settings = {"PREFECT_HOME": str(home), "PREFECT_API_URL": f"http://{HOST}:{server.port}/api"}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    with subprocess.Popen(
        [str(environment.python(prefect.CACHE)), str(SCRIPTS / "flows" / "timed.py")],
        env={**plain, **settings, **prefect.SILENCE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()


def place(folder: Path, *names: str) -> Path:
    path = folder.joinpath(*names)
    path.mkdir(exist_ok=True)
    return path


def rows(pairs: Sequence[Pair]) -> list[Cells]:
    """Two rows for each flow, in the order in which they had their turn."""
    flows = dict.fromkeys(each.flow for each in pairs)
    return [row for flow in flows for row in rows_of(flow, [each for each in pairs if each.flow == flow])]


def rows_of(flow: str, pairs: Sequence[Pair]) -> list[Cells]:
    alone, behind = [each.alone_s for each in pairs], [each.behind_s for each in pairs]
    low, _, high = quantiles([each.ratio for each in pairs], n=4)
    smooth = [
        each.ratio
        for each in pairs
        if not retried(each.alone_s, min(alone)) and not retried(each.behind_s, min(behind))
    ]
    return [
        (flow, ALONE, *times(alone), "1.00", "", "1.00"),
        (
            flow,
            BEHIND,
            *times(behind),
            ratio(pairs),
            f"{low:.2f} to {high:.2f}",
            f"{median(smooth):.2f}" if smooth else "-",
        ),
    ]


def ratio(pairs: Sequence[Pair]) -> str:
    return f"{median(each.ratio for each in pairs):.2f}"


def retried(seconds: float, quickest_s: float) -> bool:
    """Whether a run took so much longer than the quickest that its client must have waited for another try."""
    return seconds > quickest_s + RETRY_S


def times(seconds: Sequence[float]) -> tuple[str, str, str]:
    """Median and 90th percentile, in milliseconds, and how many runs had to wait for another try."""
    waited = sum(retried(each, min(seconds)) for each in seconds)
    return f"{1000 * median(seconds):,.0f}", f"{1000 * quantiles(seconds, n=10)[-1]:,.0f}", str(waited)


if __name__ == "__main__":
    typer.run(main)
