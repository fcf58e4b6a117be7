"""What is measured of the page, in turn: each measure answers with its figures by their names in `budgets`."""

import math
from collections.abc import Callable, Mapping
from time import time
from typing import TypeVar

from playwright.sync_api import CDPSession, Page

from benchmarks.page.lab import BATCH, Lab, clicked, heap_mb, longest_task, open_at, steadily, typed

Figures = dict[str, float]
Found = TypeVar("Found")

CARD = "[role=grid][aria-label=Artifacts] [role=row] a"
CELL = "[role=grid][aria-label=Table] [data-row] [role=gridcell]"
EVENT = "[role=log] [data-position]"
VERSION = "[aria-label^='Versions of'] a"
SEARCH = "[aria-label='Search artifacts']"
LINE = "[role=status]"
TITLE = "[role=columnheader] button"
FLOOR = "/floor"
"""A page with a paragraph and nothing else, that no server makes."""
FLOOR_MS = 120
"""Its first paint, above which a machine is too busy for times to be taken as they are."""
SLOW_CPU, SLOW_BYTES_PER_S, SLOW_LATENCY_MS = 4, 10e6 / 8, 40
SCROLLED = (60, 90)
"""Px a frame, and frames."""
TOLD, TOLD_PER_S = 30, 20.0
BURSTS, BURSTS_PER_S = 8, 4.0
"""Of 100 events each."""
PAGES = {
    "Artifacts": ("/artifacts", CARD),
    "Key": ("/artifacts/key/key-0001", "main h1"),
    "Version": ("/artifacts/artifact/{table}", CELL),
    "Events": ("/events", EVENT),
    "Log": ("/log", "main h2"),
}


def floor(lab: Lab) -> Figures:
    """What a page with one paragraph takes, and how much longer than it could: they tell how busy the machine is."""
    with lab.tab() as page:
        page.route(f"**{FLOOR}", lambda route: route.fulfill(body="<!doctype html><p>floor", content_type="text/html"))
        open_at(page, FLOOR, "p")
        return {"first paint": _first_paint(page), "slowness": page.evaluate("() => probe.slowness()")}


def slowness(figures: Figures) -> float:
    """How many times slower the machine is than one that does nothing else, by the floor's figures; at least 1."""
    return max(1.0, figures["first paint"] / FLOOR_MS, figures["slowness"])


def first_load(lab: Lab) -> Figures:
    asked: list[str] = []
    with lab.tab() as page:
        page.on("request", lambda request: asked.append(request.url))
        figures = _load(page)
        page.wait_for_load_state("networkidle")
        sent = [each for each in asked if not each.startswith(("data:", "blob:"))]
        return figures | {
            "requests": len(sent),
            "to other hosts": sum(not each.startswith(lab.root) for each in sent),
            "bytes": page.evaluate("() => probe.bytes()") / 1000,
        }


def slow_load(lab: Lab) -> Figures:
    with lab.tab() as page:
        protocol = page.context.new_cdp_session(page)
        wire = {
            "latency": SLOW_LATENCY_MS,
            "downloadThroughput": SLOW_BYTES_PER_S,
            "uploadThroughput": SLOW_BYTES_PER_S,
        }
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})
        protocol.send("Network.enable")
        protocol.send("Network.emulateNetworkConditions", {"offline": False, **wire})
        return _load(page)


def going(lab: Lab) -> Figures:
    """From page to page, each once before, so that its scripts are there."""
    with lab.tab() as page:
        open_at(page, "/artifacts", CARD)
        for _ in range(2):
            to_key = clicked(page, (CARD, "key-0"), VERSION)
            page.go_back()
            page.evaluate("(selector) => probe.shown(selector)", CARD)
        for sought, count in (("key-09", "100 of"), ("key-0998", "1 of")):
            found = typed(page, (SEARCH, sought), "[data-testid=counts]", count)
        return {"to a key": to_key, "search": found}


def large_table(lab: Lab) -> Figures:
    with lab.tab() as page:
        open_at(page, "/artifacts", CARD)  # what all pages share is in the browser's cache
        figures, opening = _traced(lab, page, lambda: {"open": open_at(page, f"/artifacts/artifact/{lab.table}", CELL)})
        sorted_, sorting = _traced(lab, page, lambda: _arranged(page))
        scrolled, cpu_s, _ = _with_cpu(page, lambda: page.evaluate("(how) => probe.scrolled(...how)", SCROLLED))
        return (
            figures
            | sorted_
            | {
                "longest task, opening": opening[0],
                "longest task, opening, CPU": opening[1],
                "longest task, sorting": sorting[0],
                "longest task, sorting, CPU": sorting[1],
                "scroll frame p95": percentile_95(scrolled["frames"]),
                "scroll frame, CPU": 1000 * cpu_s / len(scrolled["frames"]),
                "blank frames": 100 * scrolled["blank"] / len(scrolled["frames"]),
            }
        )


def event_to_paint(lab: Lab) -> Figures:
    with lab.tab() as page:
        open_at(page, "/events", EVENT)
        page.evaluate("() => probe.follow()")
        before = lab.position()
        sent = []
        for _ in steadily(TOLD, TOLD_PER_S):
            sent.append(time() * 1000)
            lab.tell()
        seen = page.evaluate("(last) => probe.followed(last)", before + TOLD)
        shown = [next(at for position, at in seen if position > before + n) for n in range(TOLD)]
        return {"p95": percentile_95([at - begun for begun, at in zip(sent, shown, strict=True)])}


def busy(lab: Lab) -> Figures:
    """The share of the main thread that its tasks take, in percent and by their CPU time."""
    figures: Figures = {}
    for name in ("Events", "Artifacts"):
        with lab.tab() as page:
            open_at(page, *PAGES[name])
            page.wait_for_load_state("networkidle")
            before = lab.position()
            _, cpu_s, seconds = _with_cpu(page, lambda: _burst(lab))
            figures[name] = 100 * cpu_s / seconds
            figures[f"recorded, {name}"] = (lab.position() - before) / seconds
    return figures


def held(lab: Lab) -> Figures:
    figures: Figures = {}
    for name, (path, selector) in PAGES.items():
        with lab.tab() as page:
            open_at(page, path.format(table=lab.table), selector)
            page.wait_for_load_state("networkidle")
            figures[f"DOM nodes, {name}"] = page.evaluate("() => probe.nodes()")
            figures[f"heap, {name}"] = heap_mb(page.context.new_cdp_session(page))
    return figures


MEASURES: Mapping[str, Callable[[Lab], Figures]] = {
    "floor": floor,
    "first load": first_load,
    "first load, slow": slow_load,
    "in the page": going,
    "large table": large_table,
    "event to paint": event_to_paint,
    "400 events a second": busy,
    "what a page holds": held,
}


def percentile_95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _load(page: Page) -> Figures:
    rows = open_at(page, "/artifacts", CARD)
    return {"first paint": _first_paint(page), "rows on screen": rows}


def _first_paint(page: Page) -> float:
    return float(page.evaluate("() => probe.firstPaint()"))


def _arranged(page: Page) -> Figures:
    return {
        "sort numbers": clicked(page, (TITLE, "score"), LINE, "sorted by score"),
        "sort texts": clicked(page, (TITLE, "note"), LINE, "sorted by note"),
        "first search": typed(page, ("[aria-label='Search the rows']", "osl"), LINE, "25,000 of"),
    }


def _traced(lab: Lab, page: Page, deed: Callable[[], Figures]) -> tuple[Figures, tuple[float, float]]:
    page.evaluate("() => 0")  # what the driver needs in the page is there before
    lab.browser.start_tracing(page=page, categories=["toplevel"])
    figures = deed()
    return figures, longest_task(lab.browser.stop_tracing())


def _burst(lab: Lab) -> None:
    for burst in steadily(BURSTS, BURSTS_PER_S):
        lab.publish(burst * BATCH)


def _with_cpu(page: Page, deed: Callable[[], Found]) -> tuple[Found, float, float]:
    """Do something. Returns with it the CPU time that the main thread's tasks took meanwhile, and how long it was."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _metrics(protocol)
    found = deed()
    after = _metrics(protocol)
    return found, after["TaskDuration"] - before["TaskDuration"], after["Timestamp"] - before["Timestamp"]


def _metrics(protocol: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in protocol.send("Performance.getMetrics")["metrics"]}
