"""What the page may take, measure by measure."""

from collections.abc import Mapping, Sequence
from math import inf

from msgspec import Struct

GENEROSITY = 4
"""A test fails at so many times a limit in time: what else the machine does must not decide it."""


class Budget(Struct, frozen=True):
    """A figure of a measure by its name, its unit, and what it may be at most; without a limit it is only told."""

    name: str
    unit: str
    limit: float | None = None
    is_exact: bool = False
    """A count, that no other work on the machine changes."""

    def holds(self, figure: float) -> bool:
        return self.limit is None or figure <= self.limit

    def gate(self, slowness: float) -> float:
        """What a test still accepts, on a machine that is so many times slower than one that does nothing else."""
        if self.limit is None:
            return inf
        return self.limit if self.is_exact else self.limit * GENEROSITY * slowness


PAGES = ("Artifacts", "Key", "Version", "Events", "Log")

BUDGETS: Mapping[str, Sequence[Budget]] = {
    "floor": (Budget("first paint", "ms"), Budget("slowness", "x")),
    "first load": (
        Budget("first paint", "ms", 300),
        Budget("rows on screen", "ms", 450),
        Budget("requests", "", 16, is_exact=True),
        Budget("to other hosts", "", 0, is_exact=True),
        Budget("bytes", "KB"),
    ),
    "first load, slow": (Budget("first paint", "ms", 800), Budget("rows on screen", "ms", 1_200)),
    "in the page": (Budget("to a key", "ms", 100), Budget("search", "ms", 50)),
    "large table": (
        Budget("open", "ms", 800),
        Budget("sort numbers", "ms", 300),
        Budget("sort texts", "ms", 300),
        Budget("first search", "ms", 300),
        Budget("longest task, opening", "ms", 50),
        Budget("longest task, opening, CPU", "ms"),
        Budget("longest task, sorting", "ms", 50),
        Budget("longest task, sorting, CPU", "ms"),
        Budget("scroll frame p95", "ms", 25),
        Budget("scroll frame, CPU", "ms"),
        Budget("blank frames", "%", 2),
    ),
    "event to paint": (Budget("p95", "ms", 80),),
    "400 events a second": (
        Budget("Events", "%", 40),
        Budget("recorded, Events", "events/s"),
        Budget("Artifacts", "%", 40),
        Budget("recorded, Artifacts", "events/s"),
    ),
    "what a page holds": (
        *(Budget(f"DOM nodes, {page}", "", 1_500, is_exact=True) for page in PAGES),
        *(Budget(f"heap, {page}", "MB", 30, is_exact=True) for page in PAGES),
    ),
}
"""By the names in `measures`."""
