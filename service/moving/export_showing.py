"""What an export shows on the terminal: bars while it runs, then a table, then whether all agrees."""

import asyncio
from contextlib import AbstractAsyncContextManager

from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from service.moving.export import Asked, Exported, Report, Stage, Tally, export
from service.moving.held import Holdings
from service.moving.showing import bars_on, show_named
from service.moving.targets.target import Target


def show_export(
    opening: AbstractAsyncContextManager[tuple[Holdings, Target]], asked: Asked, console: Console, *, only_check: bool
) -> bool:
    """Export, or only look; then check. Answers whether the target has what the log held, as far as it is asked."""

    async def work() -> bool:
        async with opening as (holdings, target):
            with bars_on(console) as bars:
                found = await export(holdings, target, asked, _told(bars, "{}"))
            if not only_check:
                console.print(_table(found, target, is_dry=not asked.writing))
            show_named("Left out", found.left_out, console)
            if asked.writing:
                with bars_on(console) as bars:
                    found = await export(holdings, target, replace(asked, writing=False), _told(bars, "{}, checked"))
            elif not only_check:
                console.print("Nothing was written.")
                return True
            return _show_agreement(found, target, console)

    return asyncio.run(work())


def _told(bars: Progress, wording: str) -> Report:
    tasks: dict[Stage, TaskID] = {}

    def told(stage: Stage, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(wording.format(stage), total=total)
        bars.update(tasks[stage], completed=done, total=total)

    return told


def _table(found: Exported, target: Target, *, is_dry: bool) -> Table:
    table = Table(
        "Would be written" if is_dry else "Written", "New", "Changed", "Same", "Deleted", "Left out", "Expired"
    )
    tallies: dict[str, Tally] = {"artifacts": found.artifacts, "collections": found.collections, "events": found.events}
    for name, tally in tallies.items():
        if name != "collections" or target.keeps:  # else the server makes them itself
            counts = (tally.new, tally.changed, tally.same, tally.deleted, tally.left_out, tally.expired)
            table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def _show_agreement(found: Exported, target: Target, console: Console) -> bool:
    show_named("Differences", found.differences, console)
    name, position = escape(target.name), f"position {found.position:,}"
    if found.differences.count:
        message = f"{name} differs from the log at {position} in {found.differences.count:,} things."
    else:
        same = f"{found.artifacts.same:,} artifacts and {found.events.same:,} events are the same"
        message = f"{name} agrees with the log at {position}: {same}."
    console.print(message, soft_wrap=True)
    return not found.differences.count
