"""Turns: all cases of a section, one after the other in each round, and the table that comes of it."""

from collections.abc import Callable, Sequence
from statistics import median

from msgspec import Struct

from benchmarks.load import LoadFailed
from benchmarks.results import Cells, Table
from benchmarks.streams.lab import Lab, Stretch
from benchmarks.streams.readers import ReadersFailed


class Case(Struct, frozen=True):
    """What is measured in turn with others: the cells that name it, and how."""

    cells: Cells
    measure: Callable[[], Stretch]


class Measurement(Struct, frozen=True, kw_only=True):
    table: str
    round: int
    case: Cells
    stretch: Stretch


def in_turn(lab: Lab, table: str, cases: Sequence[Case]) -> list[Measurement]:
    """Each case once in each round; another begins each time. One that fails is shown, and has no measurement."""
    measurements = []
    task = lab.bars.add_task(table, total=lab.rounds * len(cases))
    for number in range(lab.rounds):
        first = number * len(cases) // lab.rounds
        for case in [*cases[first:], *cases[:first]]:
            lab.bars.update(task, description=f"{table}: {', '.join(case.cells)}")
            try:
                measurements.append(Measurement(table=table, round=number, case=case.cells, stretch=case.measure()))
            except (LoadFailed, ReadersFailed) as failed:
                lab.bars.console.print(f"{table}: {', '.join(case.cells)}: {failed}")
            lab.bars.advance(task)
    return measurements


class Column(Struct, frozen=True):
    """A column of a table: the median of the rounds, or what `of` makes of them."""

    name: str
    value: Callable[[Stretch], float]
    digits: int = 0
    of: Callable[[list[float]], float] = median


def table_of(title: str, names: Cells, columns: Sequence[Column], measurements: Sequence[Measurement]) -> Table:
    """A row for each case, in the order of their names' first turn."""
    rows = []
    for case in dict.fromkeys(each.case for each in sorted(measurements, key=lambda each: each.round)):
        stretches = [each.stretch for each in measurements if each.case == case]
        values = [column.of([column.value(each) for each in stretches]) for column in columns]
        shown = [f"{value:,.{column.digits}f}" for column, value in zip(columns, values, strict=True)]
        rows.append((*case, *shown))
    return Table(title=title, columns=(*names, *(column.name for column in columns)), rows=rows)


def percentile_of(name: str, choose: Callable[[Stretch], list[float]]) -> list[Column]:
    """Columns for p50, p99 and p99.9."""

    def column(index: int, share: str) -> Column:
        return Column(f"{name} {share} ms", lambda each: choose(each)[index], digits=1)

    return [column(index, share) for index, share in enumerate(("p50", "p99", "p99.9"))]


SERVER_CPU = Column("server CPU", lambda each: each.server_cpu, digits=2)
READERS_CPU = Column("readers' CPU", lambda each: each.readers_cpu, digits=2)
MISSING = Column("missing", lambda each: each.missing, of=sum)
FAULTS = Column("faults", lambda each: each.gaps + each.closed + (not each.is_together and not each.missing), of=sum)
"""Gaps, closed sockets, and stretches of which nothing is missing and subscribers do not stand at the head."""
