"""Runs a flow for each line of stdin, and prints the seconds that it took."""

import asyncio
import sys
import time

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact


@task
async def do_nothing() -> None: ...


@task
async def publish(number: int) -> None:
    await acreate_markdown_artifact(f"# {number}", key=f"timed-{number}")


@task
def do_nothing_in_sync() -> None: ...


@flow
async def one_task() -> None:
    await do_nothing()


@flow
async def ten_tasks() -> None:
    for _ in range(10):
        await do_nothing()


@flow
async def ten_artifacts() -> None:
    for number in range(10):
        await publish(number)


@flow
def one_task_in_sync() -> None:
    do_nothing_in_sync()


FLOWS = {
    "one task": lambda: asyncio.run(one_task()),
    "ten tasks": lambda: asyncio.run(ten_tasks()),
    "ten artifacts": lambda: asyncio.run(ten_artifacts()),
    "one task, not async": one_task_in_sync,
}

for line in sys.stdin:
    started = time.perf_counter()
    FLOWS[line.strip()]()
    print(time.perf_counter() - started, flush=True)
