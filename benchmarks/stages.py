"""A stage: a database whose log has grown to a size, and what it costs there inside one process, without HTTP."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from benchmarks.databases import Database
from benchmarks.load import percentile
from benchmarks.workloads import MARKDOWN, key
from events.event import Origin
from projections.rebuild import rebuild_all
from projections.steps import Rebuilt
from service.app import opened
from service.context import DEFAULT_LOG
from service.deciding.commands import CreateArtifacts, NewArtifact
from service.parts import Parts
from service.settings import Settings

EVENTS_PER_ARTIFACT = 2
FILL_ITEMS = 250
"""Artifacts in one command that fills."""
FILL_COMMANDS = 4
"""How many of these wait for the writer at the same time."""

CONTENT = json.dumps(MARKDOWN)


class Stage(Struct, frozen=True):
    database: Database
    events: int
    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder, database_url=self.database.url)


class Writes(Struct, frozen=True, kw_only=True):
    """Creates through the writer, each of one artifact."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Rebuild(Struct, frozen=True, kw_only=True):
    """All read models rebuilt from the log."""

    events: int
    seconds: float
    differences: int

    @property
    def per_second(self) -> float:
        return self.events / self.seconds


async def fill(stage: Stage, advance: Callable[[int], None]) -> None:
    """Create artifacts until the log has the stage's size. `advance` is told of the events, as they are recorded."""
    async with opened(stage.settings) as parts:
        left = iter(range(0, stage.events // EVENTS_PER_ARTIFACT, FILL_ITEMS))

        async def work() -> None:
            for first in left:
                last = min(first + FILL_ITEMS, stage.events // EVENTS_PER_ARTIFACT)
                items = tuple(new_artifact(number) for number in range(first, last))
                await parts.writer.submit(DEFAULT_LOG, CreateArtifacts(items=items))
                advance(len(items) * EVENTS_PER_ARTIFACT)

        await asyncio.gather(*(work() for _ in range(FILL_COMMANDS)))


async def rebuild(stage: Stage) -> Rebuild:
    async with opened(stage.settings) as parts:
        started = time.perf_counter()
        done = [step async for step in rebuild_all(parts.store) if isinstance(step, Rebuilt)]
        seconds = time.perf_counter() - started
    return Rebuild(
        events=max(each.position for each in done),
        seconds=seconds,
        differences=sum(each.differences for each in done),
    )


async def write(parts: Parts, concurrency: int, seconds: float) -> Writes:
    """Creates by so many tasks, each of which waits for its answer before it goes on."""
    deadline = time.perf_counter() + seconds
    latencies: list[float] = []

    async def work(number: int) -> None:
        while (started := time.perf_counter()) < deadline:
            await parts.artifacts.create(DEFAULT_LOG, [new_artifact(number)], Origin())
            latencies.append(time.perf_counter() - started)
            number += concurrency

    started = time.perf_counter()
    await asyncio.gather(*(work(number) for number in range(concurrency)))
    per_second = len(latencies) / (time.perf_counter() - started)
    latencies.sort()
    p50_ms, p99_ms = (percentile(latencies, share) * 1000 for share in (0.50, 0.99))
    return Writes(per_second=per_second, p50_ms=p50_ms, p99_ms=p99_ms)


def new_artifact(number: int) -> NewArtifact:
    return NewArtifact(key=key(number), type="markdown", data=CONTENT)
