"""Results as they are kept: `YYYY-MM-DD-name.json` with everything, and the tables in Markdown beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table as Shown

from benchmarks.machine import Machine

RESULTS = Path(__file__).parent / "results"

Cells = Sequence[str]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    columns: Cells
    rows: Sequence[Cells]
    title: str = ""
    """What tells it from the other tables of a report."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Tables, with the measurements that they sum up."""

    name: str
    title: str
    tables: Sequence[Table]
    machine: Machine
    settings: dict[str, Any]
    measurements: Sequence[Any]


def show(report: Report, console: Console) -> None:
    for table in report.tables:
        console.print(shown(table, table.title or report.title))


def shown(table: Table, title: str) -> Shown:
    found = Shown(title=title)
    for index, column in enumerate(table.columns):
        found.add_column(column, justify="right" if index > 1 else "left")
    for before, row in zip([None, *table.rows], table.rows, strict=False):
        if before is not None and before[0] != row[0]:
            found.add_section()
        found.add_row(*row)
    return found


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
        "tables": [
            {"title": table.title, "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows]}
            for table in report.tables
        ],
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
        *(line for table in report.tables for line in _lines(table)),
    ]
    return "\n".join(lines) + "\n"


def _lines(table: Table) -> list[str]:
    return [
        "",
        *([f"## {table.title}", ""] if table.title else []),
        _line(table.columns),
        _line(["---" if index < 2 else "---:" for index in range(len(table.columns))]),
        *(_line(row) for row in table.rows),
    ]


def _line(cells: Cells) -> str:
    return f"| {' | '.join(cells)} |"
