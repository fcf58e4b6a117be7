"""What an import shows on the terminal: bars while it runs, then a table, then whether all agrees."""

import asyncio
from contextlib import AbstractAsyncContextManager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from events.clock import as_text
from service.moving.checking import Agreement, Checking
from service.moving.import_opening import Import
from service.moving.importing import Importing
from service.moving.report import NAMED_MAX, Named, Report
from service.settings import Settings


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")


def show_import(
    opening: AbstractAsyncContextManager[Import],
    settings: Settings,
    console: Console,
    *,
    with_results: bool,
    only_check: bool,
) -> bool:
    """Import, or only look; then check. Answers whether the log has what Prefect has, as far as it is asked."""

    async def work() -> bool:
        async with opening as parts:
            if not only_check:
                console.print(_report(await _import(parts, settings, console, with_results), parts.intake is None))
            if not only_check and parts.intake is None:
                console.print("Nothing was written.")
                return True
            agreement = await _check(parts, settings, console, with_results)
            _show_agreement(agreement, parts.source.name, console)
            return agreement.holds

    return asyncio.run(work())


async def _import(parts: Import, settings: Settings, console: Console, with_results: bool) -> Report:
    with bars_on(console) as bars:
        total = await parts.source.count_artifacts()
        artifacts = bars.add_task("artifacts", total=total)
        events = bars.add_task("asset events", total=await parts.source.count_asset_events())

        def told(report: Report) -> None:
            bars.update(artifacts, completed=report.seen, total=max(total, report.seen))
            bars.update(events, completed=report.asset_events + report.known_asset_events)

        importing = Importing(parts.source, parts.ours, parts.intake, settings, with_results=with_results, told=told)
        report = await importing.run()
    for title, named in (
        ("Cannot be brought", report.flawed),
        ("Left as they are here", report.left),
        ("Deleted at Prefect, which has only events of them; left out", report.gone),
    ):
        show_named(title, named, console)
    return report


async def _check(parts: Import, settings: Settings, console: Console, with_results: bool) -> Agreement:
    with bars_on(console) as bars:
        total = await parts.source.count_artifacts()
        task = bars.add_task("checked", total=total)

        def told(found: Agreement) -> None:
            bars.update(task, completed=min(found.seen, total))

        return await Checking(parts.source, parts.ours, settings, with_results=with_results, told=told).run()


def bars_on(console: Console) -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(TextColumn("{task.description}"), *columns, console=console)


def _report(report: Report, is_dry: bool) -> Table:
    table = Table("Would come" if is_dry else "Brought", "")
    rows = {
        "new artifacts": report.new,
        "artifacts that Prefect has changed since": report.changed,
        "keys of these": len(report.keys),
        **{f"versions of type {type}": count for type, count in report.types.most_common(NAMED_MAX)},
        "events of artifacts" if is_dry else "events of artifacts and keys": report.events,
        "events of assets": report.asset_events,
        "characters of content": report.characters,
    }
    for name, count in rows.items():
        table.add_row(escape(name), f"{count:,}")
    if report.first is not None and report.last is not None:
        table.add_row("created from", as_text(report.first))
        table.add_row("to", as_text(report.last))
    table.add_section()
    left_out = {
        "artifacts that are here already": report.known,
        "events of assets that are here already": report.known_asset_events,
        "artifacts that were changed or deleted here since": report.left.count,
        "artifacts that were exported from here": report.exported,
        "results that the Prefect server keeps for itself (--results)": report.results,
        "cannot be brought": report.flawed.count,
        "deleted at Prefect, which has only events of them": report.gone.count,
    }
    for name, count in left_out.items():
        table.add_row(escape(name), f"{count:,}")
    return table


def _show_agreement(found: Agreement, name: str, console: Console) -> None:
    for title, named in (
        ("Missing here", found.missing),
        ("Different here", found.different),
        ("Not compared, because of what happened here", found.left),
        ("Not compared, because it cannot be brought", found.flawed),
        ("Brought, and at Prefect no more", found.gone),
    ):
        show_named(title, named, console)
    same = f"{found.artifacts:,} artifacts, {found.keys:,} keys and {found.asset_events:,} events of assets"
    if found.holds:
        console.print(f"The log agrees with {escape(name)}: {same} are the same.", soft_wrap=True)
    else:
        differences = found.missing.count + found.different.count
        console.print(
            f"The log differs from {escape(name)} in {differences:,} things; {same} are the same. "
            "If the Prefect server is still written to, run this again.",
            soft_wrap=True,
        )


def show_named(title: str, named: Named, console: Console) -> None:
    if not named.count:
        return
    console.print(f"{title} ({named.count:,}):")
    for name in named.names:
        console.print(f"  {escape(name)}", soft_wrap=True)
    if named.count > len(named.names):
        console.print(f"  and {named.count - len(named.names):,} more")
