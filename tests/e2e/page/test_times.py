"""What the page takes, printed, and within its budgets: counts exactly, times with a generous gate."""

from collections.abc import Iterator
from math import inf

import pytest
from playwright.sync_api import Browser

from benchmarks.page.budgets import BUDGETS
from benchmarks.page.lab import Lab
from benchmarks.page.measures import MEASURES, Figures, floor, slowness
from tests.e2e.page.site import Site

pytestmark = pytest.mark.slow

TRIES = 3
"""The best of them counts; another is made where the one before was too slow."""


@pytest.fixture(scope="module")
def lab(browser: Browser, site: Site) -> Iterator[Lab]:
    with Lab(browser, site.root) as lab:
        lab.fill()
        yield lab


@pytest.mark.parametrize("name", [each for each in MEASURES if each != "floor"])
def test_it_takes_no_more_than_its_budget(lab: Lab, name: str) -> None:
    best: Figures = {}
    for _ in range(TRIES):
        slow = slowness(floor(lab))
        found = MEASURES[name](lab)
        best = {each: min(figure, best.get(each, inf)) for each, figure in found.items()}
        print(f"{name}, on a machine {slow:.1f} times slower than alone: {found}")
        assert {
            each.name: found[each.name] for each in BUDGETS[name] if each.is_exact and not each.holds(found[each.name])
        } == {}
        missed = {each.name: best[each.name] for each in BUDGETS[name] if best[each.name] > each.gate(slow)}
        if not missed:
            return
    pytest.fail(f"over the gate: {missed}")
