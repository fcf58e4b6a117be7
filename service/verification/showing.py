"""What a verification shows on the terminal: a bar for each part, then whether all holds."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from events.stores import open_reader
from events.stores.sql import SqlStore
from events.verification import Fault, Wrong
from projections.verification import Step, verify
from projections.verification.catch_up import OtherVersion
from service.migrations import check_revision
from service.verification.crew import WORTHWHILE_POSITIONS, crew
from service.verification.pending import is_erasing

REMEDY = (
    "What is recorded is never changed by Digsite: something else did it. Keep this database as it is, "
    "and compare it with a backup, and with a checkpoint that was kept elsewhere."
)
REMEDY_OF_READ_MODEL = (
    "The log holds, as far as it was checked. `digsite-server rebuild` makes the read models anew from it."
)


SHOWN_FROM_S = 0.1
"""How long something must take to have a rate."""


class LogNotFound(Exception):
    """There is no log of this name."""

    def __init__(self, log: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no log {log!r}. There are: {', '.join(known) or 'none yet'}.")
        self.log, self.known = log, list(known)


class Rate(ProgressColumn):
    """How many a second, so far."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time or task.elapsed or 0.0
        shown = f"{task.completed / seconds:,.0f}/s" if seconds > SHOWN_FROM_S else ""
        return Text(shown, style="progress.data.speed")


def show_verification(url: str, log: str | None, after: int, console: Console) -> bool:
    """Verify one log, or all, above a position. Answers whether all holds.

    Raises LogNotFound, OtherRelease, StorageUnavailable.
    """
    return asyncio.run(_verify(url, log, after, console))


async def _verify(url: str, log: str | None, after: int, console: Console) -> bool:
    store = open_reader(url)
    try:
        await store.open()
        await check_revision(store)
        known = await store.logs()
        if log is not None and log not in known:
            raise LogNotFound(log, known)
        for name in known if log is None else [log]:
            fault = await _verify_log(store, url, name, after, console)
            if fault is not None:
                _show_fault(fault, console)
                return False
            head = (await store.head(name)).position
            console.print(f"The log {escape(repr(name))} holds from {after + 1:,} to {head:,}, and its read models.")
        return True
    finally:
        await store.close()


async def _verify_log(store: SqlStore, url: str, log: str, after: int, console: Console) -> Fault | None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    is_long = (await store.head(log)).position - after >= WORTHWHILE_POSITIONS
    with Progress(*columns, console=console) as bars, crew(url) if is_long else nullcontext() as check_spans:
        tasks: dict[str, TaskID] = {}
        with_projections = not await is_erasing(store, await store.log_number(log))
        if not with_projections:
            bars.console.print("An erasure is being carried out: projections that follow the log are not compared.")
        async for step in verify(store, log, after=after, check_spans=check_spans, with_projections=with_projections):
            match step:
                case Fault():
                    return step
                case OtherVersion():
                    said = f"served in version {step.serving}, this is version {step.own}"
                    bars.console.print(f"{escape(step.projection)} was not compared: {said}.")
                case Step():
                    if step.part not in tasks:
                        tasks[step.part] = bars.add_task(f"{escape(log)}: {step.part}", total=step.total)
                    bars.update(tasks[step.part], completed=step.done, total=step.total)
    return None


def _show_fault(fault: Fault, console: Console) -> None:
    console.print(f"[bold red]Fault:[/bold red] {escape(str(fault))}", soft_wrap=True)
    console.print(REMEDY_OF_READ_MODEL if fault.wrong is Wrong.READ_MODEL else REMEDY, soft_wrap=True)
