"""What a backup or a restore shows on the terminal."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from service.backups.backup import backup
from service.backups.restore import Restored, restore, restored
from service.settings import Settings


def show_backup(settings: Settings, file: Path, console: Console) -> None:
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=console) as bars:
        task = bars.add_task("copied", total=None)
        heads = backup(settings.database, file, lambda done, total: bars.update(task, completed=done, total=total))
    ends = ", ".join(f"{name!r} at position {position:,}" for name, position in heads.items()) or "no log yet"
    size_mib = file.stat().st_size / 1024**2
    console.print(f"{escape(str(file))}: {size_mib:,.1f} MiB, checked. It ends: {escape(ends)}.", soft_wrap=True)


def show_restore(settings: Settings, file: Path | None, console: Console) -> None:
    if file is None:
        done = asyncio.run(restored(settings.database))
    else:
        with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as bars:
            task = bars.add_task("copied", total=None)

            def report(done: int, total: int) -> None:
                bars.update(task, completed=done, total=total)

            done = restore(settings.database, file, report)
    _show(done, console)


def _show(done: Restored, console: Console) -> None:
    for name, epoch in done.epochs.items():
        position = f"ends at position {done.heads.get(name, 0):,}, in epoch {epoch:,}"
        console.print(f"The log {escape(repr(name))} {position}.", soft_wrap=True)
    if done.aside is not None:
        console.print(f"What was there before is {escape(str(done.aside))}.", soft_wrap=True)
    console.print("Start the server. Cursors from before are told to begin again.")
