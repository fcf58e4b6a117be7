"""How long it takes to say what changed between two contents, and for how long nothing else is answered meanwhile.

uv run python -m benchmarks.comparing [--rows N] [--rounds N]
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated, Any

import msgspec
import typer
from msgspec import Struct
from rich.console import Console

from benchmarks.machine import this_machine
from benchmarks.progress import progress
from benchmarks.results import RESULTS, Cells, Report, Table, keep, show
from service.changes import CHANGES_SHOWN, diff
from service.comparing.blame import blame_of
from service.comparing.comparison import Side
from service.workers import Workers

POSTGRES = "postgresql://root@127.0.0.1:5432/postgres"
COLUMNS = ("what", "contents", "MB of both", "seconds", "worst", "loop held up, ms")
STATES = 10
"""That blame goes back through."""
ONE_IN = 100
"""Of the rows or lines, one in so many is another."""
TICK_S = 0.001

_random = Random(1)
_encode = msgspec.json.Encoder().encode


class Case(Struct, frozen=True):
    what: str
    contents: str
    size_bytes: int
    work: Callable[[], object]


class Turn(Struct, frozen=True):
    what: str
    contents: str
    size_bytes: int
    seconds: float
    held_up_s: float
    """The longest time for which the event loop did not come to anything else."""


def main(
    rows: Annotated[int, typer.Option(help="Rows of a table, and lines of a text.", min=1_000, max=500_000)] = 100_000,
    rounds: Annotated[int, typer.Option(help="How often each case has its turn.", min=1, max=100)] = 5,
    postgres: Annotated[str, typer.Option(help="A database of the PostgreSQL server that is named.")] = POSTGRES,
    results: Annotated[Path, typer.Option(help="Where the results are kept.")] = RESULTS,
) -> None:
    """Measure all cases in turn, show the table, keep the results."""
    console = Console()
    with console.status("Making the contents"):
        cases = [*tables(rows), *texts(rows), blame(rows)]
    turns = asyncio.run(measure(cases, rounds, console))
    with tempfile.TemporaryDirectory() as folder:
        machine = this_machine(Path(folder), postgres)
    report = Report(
        name="comparing",
        title="What changed between two contents",
        tables=[Table(columns=COLUMNS, rows=[row(case, turns) for case in cases])],
        machine=machine,
        settings={"rows": rows, "rounds": rounds, "changes shown": CHANGES_SHOWN},
        measurements=turns,
    )
    show(report, console)
    console.print("Kept in", ", ".join(path.name for path in keep(report, results)))


def tables(count: int) -> list[Case]:
    before = [a_row(number) for number in range(count)]
    some = deepcopy(before)
    for changed in some[::ONE_IN]:
        changed["score"] = _random.random()
    del some[count // 2 : count // 2 + count // ONE_IN]
    some += [a_row(count + number) for number in range(count // ONE_IN)]
    every = [{**changed, "score": _random.random(), "visits": -1} for changed in before]
    shuffled = deepcopy(before)
    _random.shuffle(shuffled)
    lists = ([list(values.values())[2:] for values in table] for table in (before, some))
    strings = (_encode(table).decode() for table in (before, some))
    return [
        between("table", "one row in 100 changed", before, some),
        between("table", "every row changed", before, every),
        between("table", "another order", before, shuffled),
        between("table", "lists without a key", *lists),
        between("table", "strings, as Prefect's SDK sends", *strings),
    ]


def texts(count: int) -> list[Case]:
    before = [f"{number} {a_row(number)['name']} said so" for number in range(count)]
    some = [f"{line}, again" if number % ONE_IN == 0 else line for number, line in enumerate(before)]
    few = [_random.choice("abc") for _ in range(count)]
    other = [_random.choice("abc") for _ in range(count)]
    return [
        between("markdown", "one line in 100 changed", "\n".join(before), "\n".join(some)),
        between("markdown", "three lines, over and over", "\n".join(few), "\n".join(other)),
    ]


def blame(count: int) -> Case:
    states = []
    rows = [a_row(number) for number in range(count)]
    for _ in range(STATES):
        states.append(Side(_encode(rows).decode(), "table"))
        rows = deepcopy(rows)
        for changed in rows[:: ONE_IN * STATES]:
            changed["score"] = _random.random()

    def work() -> object:
        found = blame_of(states[0], 0, CHANGES_SHOWN)
        for state in states[1:]:
            found.tell(state)
        return found.found()

    return Case("blame", f"a table of {STATES} states", sum(len(state.data) for state in states), work)


def a_row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"customer {number}",
        "city": _random.choice(["Kiel", "Lübeck", "Husum"]),
        "score": _random.random(),
        "visits": _random.randrange(1_000),
        "is_active": _random.random() < 0.5,
        "note": None,
        "since": "2026-11-21",
    }


def between(type: str, contents: str, before: Any, after: Any) -> Case:
    one, other = (_encode(artifact(type, data)).decode() for data in (before, after))
    return Case(type, contents, len(one) + len(other), lambda: diff(one, other, CHANGES_SHOWN, ()))


def artifact(type: str, data: Any) -> dict[str, Any]:
    moment = "2026-11-21T08:54:05.770641Z"
    facts = {"id": "01a1fd50", "key": "measured", "type": type, "created": moment, "updated": moment}
    return {**facts, "description": None, "data": data, "metadata_": None}


async def measure(cases: Sequence[Case], rounds: int, console: Console) -> list[Turn]:
    turns = []
    workers = Workers()
    with progress(console) as bars:
        task = bars.add_task("", total=len(cases) * rounds)
        for case in (case for _ in range(rounds) for case in cases):
            bars.update(task, description=f"{case.what}: {case.contents}")
            turns.append(await turn(case, workers))
            bars.advance(task)
    await workers.close()
    return turns


async def turn(case: Case, workers: Workers) -> Turn:
    begun = last = time.perf_counter()
    held_up = 0.0
    working = asyncio.ensure_future(workers.run(case.work))
    while not working.done():
        await asyncio.sleep(TICK_S)
        now = time.perf_counter()
        held_up, last = max(held_up, now - last - TICK_S), now
    return Turn(case.what, case.contents, case.size_bytes, time.perf_counter() - begun, held_up)


def row(case: Case, turns: Sequence[Turn]) -> Cells:
    own = [each for each in turns if (each.what, each.contents) == (case.what, case.contents)]
    seconds = [each.seconds for each in own]
    held_up_ms = median(each.held_up_s for each in own) * 1_000
    size = f"{case.size_bytes / 1e6:.0f}"
    return case.what, case.contents, size, f"{median(seconds):.2f}", f"{max(seconds):.2f}", f"{held_up_ms:.0f}"


if __name__ == "__main__":
    typer.run(main)
