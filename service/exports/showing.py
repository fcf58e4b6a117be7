"""What an export or an import shows on the terminal: a bar while it runs, then what came of it."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from events.filter import EventFilter
from events.stores import open_reader, open_store
from events.stores.sql import SqlStore
from projections import INLINE
from service.exports.appending import append_export
from service.exports.exporting import Asked, export
from service.exports.importing import import_whole
from service.exports.segments import manifest_in
from service.migrations import check_revision, migrate
from service.moving.showing import bars_on
from service.settings import Settings

T = TypeVar("T")

GC_NEW_OBJECTS = 200_000
"""New containers before the collector looks for cycles: lines make none, and looking took a fifth of the time."""

Report = Callable[[int, int], None]


class InvalidFilter(Exception):
    """It is no EventFilter as JSON."""

    def __init__(self, error: ValidationError) -> None:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors()]
        super().__init__(f"This is no filter: {'; '.join(wrong)}.")


def filter_of(text: str | None) -> EventFilter | None:
    """Raises InvalidFilter."""
    try:
        return None if text is None else EventFilter.model_validate_json(text)
    except ValidationError as error:
        raise InvalidFilter(error) from error


def show_export(settings: Settings, folder: Path, asked: Asked, console: Console) -> None:
    async def work(report: Report) -> None:
        store = open_reader(settings.database)
        try:
            await store.open()
            await check_revision(store)
            manifest = await export(store, folder, asked, report)
        finally:
            await store.close()
        parts = f"{manifest.events:,} events and {manifest.bodies:,} bodies in {len(manifest.segments):,} files"
        where = f"positions {manifest.first:,} to {manifest.last:,} of {manifest.log!r}"
        told.append(f"{escape(str(folder))}: {parts}, {where}.")

    told: list[str] = []
    _with_bar(work, "positions", console)
    console.print(*told, soft_wrap=True)


def show_import(settings: Settings, folder: Path, log: str | None, console: Console, *, appending: bool) -> None:
    async def work(report: Report) -> None:
        manifest_in(folder)  # before a database is made for it
        store = open_store(settings.database, INLINE)
        try:
            await store.open()
            await migrate(store, settings.database)
            told.extend(await (_append if appending else _import)(store, folder, log, report))
        finally:
            await store.close()

    told: list[str] = []
    _with_bar(work, "positions", console)
    for line in told:
        console.print(escape(line), soft_wrap=True)


async def _import(store: SqlStore, folder: Path, log: str | None, report: Report) -> list[str]:
    done = await import_whole(store, folder, log, report)
    return [f"The log {done.log!r} has {done.events:,} events more and ends at position {done.position:,}."]


async def _append(store: SqlStore, folder: Path, log: str | None, report: Report) -> list[str]:
    done = await append_export(store, folder, log, report)
    left_out = {
        "of artifacts that were changed here since, or are from here": done.touched,
        "of artifacts whose creation is not in the export": done.headless,
        "about the other log: its pins, policies, keys and erasures": done.own,
        "whose labels were erased": done.nameless,
    }
    return [
        f"The log {done.log!r} has {done.recorded:,} events more and ends at position {done.position:,}.",
        *(f"Left out: {count:,} events {which}." for which, count in left_out.items() if count),
    ]


def _with_bar(work: Callable[[Report], Awaitable[T]], name: str, console: Console) -> T:
    gc.set_threshold(GC_NEW_OBJECTS)
    with bars_on(console) as bars:
        task = bars.add_task(name, total=None)

        async def run() -> T:
            return await work(lambda done, total: bars.update(task, completed=done, total=total))

        return asyncio.run(run())
