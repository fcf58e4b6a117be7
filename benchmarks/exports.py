"""What it takes to write a log into files, and to make a log from them again, as it is typed.

    uv run python -m benchmarks.exports [--events N] [--rounds N]

Each command is a process of its own: its start is in its time, and its memory is its own.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
import uvloop
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from benchmarks import stages
from benchmarks.databases import Database, postgres_database, sqlite_database
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.stages import Stage
from service.exports.manifest import Encoding

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
LOOK_S = 0.05
"""How often a process is asked what memory it takes."""

NewDatabase = Callable[[Path], AbstractContextManager[Database]]


class Way(Struct, frozen=True, kw_only=True):
    """One command, on one kind of database."""

    database: str
    command: str
    encoding: Encoding
    events: int
    seconds: float
    cpu_seconds: float
    resident_mib: float
    """The most that it took."""
    bytes_per_event: float
    """Of the files."""


def main(
    events: Annotated[int, typer.Option(help="Events in the log.", min=1_000)] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="How often each is measured.", min=1, max=100)] = 3,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server to use.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure both ways, in all encodings, on both databases; show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    with tempfile.TemporaryDirectory() as folder, progress(console) as bars:
        found = measure(bars, events, rounds, Path(folder), sqlite_database)
        found += measure(bars, events, rounds, Path(folder), lambda _: postgres_database(postgres))
        machine = this_machine(Path(folder), postgres)
    columns = ("database", "command", "files", "events/s", "µs of CPU per event", "MiB", "bytes per event")
    report = Report(
        name="exports",
        title="Exporting and importing a log",
        tables=[Table(columns=columns, rows=rows(found))],
        machine=machine,
        settings={"events": events, "rounds": rounds},
        measurements=found,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def measure(bars: Progress, events: int, rounds: int, folder: Path, new_database: NewDatabase) -> list[Way]:
    """All encodings, in turn, on one kind of database. Its data is gone afterwards."""
    home = Path(tempfile.mkdtemp(dir=folder))
    found: list[Way] = []
    with new_database(home) as source:
        task = bars.add_task(f"{source.name}: fill", total=events)
        uvloop.run(stages.fill(Stage(source, events, home), lambda more: bars.advance(task, more)))
        source.settle()
        turns = [encoding for _ in range(rounds) for encoding in Encoding]
        for encoding in bars.track(turns, description=f"{source.name}: export, import"):
            files = home / "export"
            found.append(run(source, "export", encoding, events, files))
            target_home = Path(tempfile.mkdtemp(dir=folder))
            with new_database(target_home) as target:
                found.append(run(target, "import", encoding, events, files))
            shutil.rmtree(target_home)
            shutil.rmtree(files)
    shutil.rmtree(home)
    return found


def run(database: Database, command: str, encoding: Encoding, events: int, files: Path) -> Way:
    """Type a command, and see what it takes."""
    options = ["--format", encoding.value] if command == "export" else []
    own = {"DIGSITE_DATABASE_URL": database.url, "DIGSITE_HOME": str(files.parent)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "service", command, str(files), *options],
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
    )
    resident_mib = 0.0
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        resident_mib = max(resident_mib, highest_mib(process.pid))
        time.sleep(LOOK_S)
    _, status, used = ended
    seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"{command} of {database.name} as {encoding} ended with {status}")
    size_bytes = sum(path.stat().st_size for path in files.iterdir())
    return Way(
        database=database.name,
        command=command,
        encoding=encoding,
        events=events,
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        resident_mib=resident_mib,
        bytes_per_event=size_bytes / events,
    )


def highest_mib(pid: int) -> float:
    """The most memory that a process has taken; 0 if it has just ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def rows(found: list[Way]) -> list[Cells]:
    """The medians of each command in each encoding, on each database."""
    groups: dict[tuple[str, str, Encoding], list[Way]] = {}
    for way in found:
        groups.setdefault((way.database, way.command, way.encoding), []).append(way)
    return [
        (
            *(str(each) for each in which),
            f"{median(way.events / way.seconds for way in ways):,.0f}",
            f"{median(way.cpu_seconds / way.events * 1e6 for way in ways):,.1f}",
            f"{median(way.resident_mib for way in ways):,.0f}",
            f"{median(way.bytes_per_event for way in ways):,.0f}",
        )
        for which, ways in sorted(groups.items())
    ]


if __name__ == "__main__":
    typer.run(main)
