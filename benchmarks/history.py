"""What a read of the past costs, against the same read of the present; and how fast the past is folded.

    uv run python -m benchmarks.history [--events N] [--rounds N]

Artifacts are created under some thousand keys, changed in place and deleted; then each read is made now, and as of
several positions, in turn. Between the measurement and the read models there is no HTTP.
"""

import asyncio
import random
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
import uvloop
from msgspec import Struct, field
from rich.console import Console

from benchmarks.databases import Database, postgres_database, sqlite_database
from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.stages import new_artifact
from events.event import Origin
from projections.filters import ArtifactCount, ArtifactListing, CollectionListing, Sort
from projections.generations import regenerate
from projections.history import HISTORY_PROJECTOR
from projections.history.states import NAME
from service.app import opened
from service.context import DEFAULT_LOG
from service.deciding.commands import CreateArtifacts, DeleteArtifact, UpdateArtifact
from service.handler import created_events
from service.parts import Parts
from service.settings import Settings

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
EVENTS = 1_000_000
SHARES = (0.1, 0.5, 0.9, 1.0)
"""Where in the log the past is read: as shares of its length."""
KEYS = 5_000
FIRST_KEY = KEYS + 1
AT_ONCE = 200
"""Commands that wait for the writer at the same time."""
FOLD_TIMEOUT_S = 3_600.0

Read = Callable[[Parts, int | None], Awaitable[object]]
READS: dict[str, Read] = {
    "a page of artifacts": lambda parts, at: parts.artifacts.list(DEFAULT_LOG, ArtifactListing(), at),
    "the last updated": lambda parts, at: parts.artifacts.list(
        DEFAULT_LOG, ArtifactListing(sort=Sort.UPDATED_DESC), at
    ),
    "a page of keys": lambda parts, at: parts.artifacts.list(DEFAULT_LOG, CollectionListing(), at),
    "the latest of a key": lambda parts, at: parts.artifacts.latest(DEFAULT_LOG, new_artifact(FIRST_KEY).key or "", at),
    "a count": lambda parts, at: parts.artifacts.count(DEFAULT_LOG, ArtifactCount(), at),
}


class Costs(Struct, kw_only=True):
    """What was measured on one database: milliseconds of each read, now and at each share, one a round."""

    database: str
    events: int = 0
    rebuild_per_second: float = 0.0
    reads_ms: dict[str, dict[str, list[float]]] = field(default_factory=dict)


def main(
    events: Annotated[int, typer.Option(help="Length of the log.", min=2_000)] = EVENTS,
    rounds: Annotated[int, typer.Option(help="How often each read has its turn.", min=1, max=100)] = 7,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server to use.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure both databases, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    kinds: tuple[Callable[[Path], AbstractContextManager[Database]], ...] = (
        sqlite_database,
        lambda _: postgres_database(postgres),
    )
    costs: list[Costs] = []
    with tempfile.TemporaryDirectory() as folder, progress(console) as bars:
        for new_database in kinds:
            with new_database(Path(folder)) as database:
                found = Costs(database=database.name)
                settings = Settings(home=Path(folder), database_url=database.url)
                tell = partial(bars.advance, bars.add_task(f"{database.name}: fill", total=events))
                uvloop.run(fill(settings, found, events, tell))
                database.settle()
                uvloop.run(measure(settings, found, rounds))
                costs.append(found)
        machine = this_machine(Path(folder), postgres)
    columns = ("database", "figure", "now", *(f"as of {share:.0%}" for share in SHARES))
    report = Report(
        name="history",
        title="What a read of the past costs, in milliseconds",
        tables=[Table(columns=columns, rows=[row for each in costs for row in rows(each)])],
        machine=machine,
        settings={"events": events, "rounds": rounds, "keys": KEYS},
        measurements=costs,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


async def fill(settings: Settings, costs: Costs, events: int, tell: Callable[[int], None]) -> None:
    """Write until the log is so long, and wait until its history is folded."""
    chance, made, position = random.Random(1), list[str](), 0
    async with opened(settings) as parts:
        first = CreateArtifacts(items=(new_artifact(FIRST_KEY),), origin=Origin())
        await parts.writer.submit(DEFAULT_LOG, first)  # its key is there at every share
        while position < events:
            commands = [command(chance, made, position + index) for index in range(AT_ONCE)]
            answers = await asyncio.gather(
                *(parts.writer.submit(DEFAULT_LOG, each) for each in commands), return_exceptions=True
            )
            made += [placed.stream.id for each in answers if isinstance(each, list) for placed in created_events(each)]
            before, position = position, (await parts.store.head(DEFAULT_LOG)).position
            tell(position - before)
        await parts.runner.wait_for(DEFAULT_LOG, NAME, position, FOLD_TIMEOUT_S)
        costs.events = position


def command(chance: random.Random, made: list[str], number: int) -> Any:
    """Of ten commands six create three artifacts each, three change one of the newest, one deletes any."""
    lot = chance.random()
    if lot < 0.6 or not made:
        items = tuple(new_artifact(chance.randrange(KEYS)) for _ in range(3))
        return CreateArtifacts(items=items, origin=Origin())
    if lot < 0.9:
        return UpdateArtifact(id=chance.choice(made[-3_000:]), data=str(number), origin=Origin())
    return DeleteArtifact(id=made.pop(chance.randrange(len(made))), origin=Origin())


async def measure(settings: Settings, costs: Costs, rounds: int) -> None:
    async with opened(settings) as parts:
        for turn in range(rounds + 1):  # in the first, statements are compiled
            for name, read in READS.items():
                for label, at in (("now", None), *((f"{share:.0%}", int(costs.events * share)) for share in SHARES)):
                    started = time.perf_counter()
                    await read(parts, at)
                    taken_ms = (time.perf_counter() - started) * 1000
                    if turn:
                        costs.reads_ms.setdefault(name, {}).setdefault(label, []).append(taken_ms)
        started = time.perf_counter()
        async for _ in regenerate(parts.store, DEFAULT_LOG, HISTORY_PROJECTOR):
            pass
        costs.rebuild_per_second = costs.events / (time.perf_counter() - started)


def rows(costs: Costs) -> list[Cells]:
    """A row for each read; in brackets the ratio to the same read of the present."""
    found: list[Cells] = []
    for name, by_moment in costs.reads_ms.items():
        now = median(by_moment["now"])
        past = [median(values) for label, values in by_moment.items() if label != "now"]
        found.append((costs.database, name, f"{now:.2f}", *(f"{each:.2f} ({each / now:.1f})" for each in past)))
    rebuilt = f"{costs.rebuild_per_second:,.0f}"
    return [*found, (costs.database, "rebuild of history, events/s", rebuilt, *("" for _ in SHARES))]


if __name__ == "__main__":
    typer.run(main)
