"""Results as they are kept: `YYYY-MM-DD-name.json` with everything, and a table in Markdown beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.machine import Machine

RESULTS = Path(__file__).parent / "results"

Cells = Sequence[str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A table, with the measurements that it sums up."""

    name: str
    title: str
    columns: Cells
    rows: Sequence[Cells]
    machine: Machine
    settings: dict[str, Any]
    measurements: Sequence[Any]


def show(report: Report, console: Console) -> None:
    table = Table(title=report.title)
    for index, column in enumerate(report.columns):
        table.add_column(column, justify="right" if index > 1 else "left")
    for before, row in zip([None, *report.rows], report.rows, strict=False):
        if before is not None and before[0] != row[0]:
            table.add_section()
        table.add_row(*row)
    console.print(table)


def keep(report: Report, folder: Path = RESULTS) -> list[Path]:
    """Write both files, in place of those of the same day. Returns where they are."""
    now = datetime.now(UTC)
    stem = f"{now:%Y-%m-%d}-{report.name}"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{stem}.json", folder / f"{stem}.md"]
    facts = {
        "date": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "machine": report.machine,
        "settings": report.settings,
        "table": [dict(zip(report.columns, row, strict=True)) for row in report.rows],
        "measurements": report.measurements,
    }
    files[0].write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n")
    files[1].write_text(markdown(report, now))
    return files


def markdown(report: Report, now: datetime) -> str:
    machine = report.machine
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report.settings.items())
    lines = [
        f"# {report.title}",
        "",
        f"{now:%Y-%m-%d}; {machine.cpu}, {machine.cores} cores, {machine.memory_gib:g} GiB, {machine.filesystem}; "
        f"Python {machine.python}, SQLite {machine.sqlite}, PostgreSQL {machine.postgres}.",
        f"Settings: {settings}.",
        "",
        _line(report.columns),
        _line(["---" if index < 2 else "---:" for index in range(len(report.columns))]),
        *(_line(row) for row in report.rows),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Cells) -> str:
    return f"| {' | '.join(cells)} |"
