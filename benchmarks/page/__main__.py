"""How soon the page shows what it shows, in Chromium over a live server.

uv run python -m benchmarks.page [--rounds N] [--only MEASURE]
"""

import shutil
import signal
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from playwright.sync_api import sync_playwright
from rich.console import Console

from benchmarks.compare import POSTGRES
from benchmarks.load import HOST
from benchmarks.machine import this_machine
from benchmarks.page.budgets import BUDGETS, Budget
from benchmarks.page.lab import ARTIFACTS, ROWS, Lab
from benchmarks.page.measures import MEASURES, Figures
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from benchmarks.servers import digsite

COLUMNS = ("measure", "figure", "limit", "median", "least", "most", "")
ON_THIS_MACHINE = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}"

Round = dict[str, Figures]


def main(
    rounds: Annotated[int, typer.Option(help="How often each measure has its turn.", min=1, max=100)] = 9,
    only: Annotated[list[str] | None, typer.Option(help="Take this measure; may be given again.")] = None,
    chromium: Annotated[str, typer.Option(help="The browser.")] = "chromium",
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server that is named.")] = POSTGRES,
    beside: Annotated[str, typer.Option(help="What else the machine does meanwhile.")] = "nothing",
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Take all measures in turn, show the table, keep the results."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up, as after Ctrl-C
    console = Console()
    chosen = [name for name in MEASURES if only is None or name in only]
    with tempfile.TemporaryDirectory() as place:
        machine = this_machine(Path(place), postgres)
        version, taken = measure(chosen, rounds, chromium, Path(place), console)
    report = Report(
        name="page",
        title="How soon the page shows what it shows",
        tables=[Table(columns=COLUMNS, rows=rows(taken))],
        machine=machine,
        settings={
            "Chromium": version,
            "rounds": rounds,
            "artifacts": ARTIFACTS,
            "rows of the large table": ROWS,
            "beside": beside,
        },
        measurements=taken,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def measure(
    chosen: Sequence[str], rounds: int, chromium: str, folder: Path, console: Console
) -> tuple[str, Sequence[Round]]:
    """The browser's version, and what was measured round by round."""
    taken: list[Round] = []
    with sync_playwright() as playwright, digsite(f"sqlite:///{folder / 'digsite.db'}", folder) as server:
        browser = playwright.chromium.launch(executable_path=shutil.which(chromium), args=[ON_THIS_MACHINE])
        version = browser.version
        with Lab(browser, f"http://{HOST}:{server.port}") as lab, progress(console) as bars:
            lab.fill()
            task = bars.add_task("", total=rounds * len(chosen))
            for _ in range(rounds):
                taken.append({})
                for name in chosen:
                    bars.update(task, description=name)
                    taken[-1][name] = MEASURES[name](lab)
                    bars.advance(task)
        browser.close()
    return version, taken


def rows(taken: Sequence[Round]) -> list[Cells]:
    figures: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in taken:
        for name, found in one.items():
            for each, figure in found.items():
                figures[name, each].append(figure)
    return [
        row(name, budget, figures[name, budget.name])
        for name, budgets in BUDGETS.items()
        for budget in budgets
        if (name, budget.name) in figures
    ]


def row(name: str, budget: Budget, found: Sequence[float]) -> Cells:
    limit = "" if budget.limit is None else f"{budget.limit:,g} {budget.unit}".strip()
    verdict = "" if budget.limit is None else "holds" if budget.holds(median(found)) else "missed"
    return name, budget.name, limit, *(shown(each) for each in (median(found), min(found), max(found))), verdict


def shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 or figure == int(figure) else f"{figure:.1f}"


if __name__ == "__main__":
    typer.run(main)
