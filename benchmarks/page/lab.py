"""What the page is measured with: a browser, a server with something to show, and who writes to it."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx2
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

PROBE = (Path(__file__).parent / "probe.js").read_text()
WINDOW = ViewportSize(width=1440, height=900)
PATIENCE_S = 60.0
"""What has not been shown by then does not come."""
ARTIFACTS = 1_000
ROWS = 100_000
"""Of the large table, which has eight columns."""
BATCH = 50
"""Artifacts in one write. Each is two events: one of the artifact, one of its key."""
CITIES = ("Oslo", "Bergen", "Nairobi", "Dublin")
KINDS: Sequence[tuple[str, Any]] = (
    ("markdown", "# Sales\n\nRevenue rose by **4 %**"),
    ("table", [{"city": "Oslo", "score": 0.5}, {"city": "Bergen", "score": 0.25}]),
    ("progress", 62.5),
    ("markdown", "[the report](https://example.com/report.csv)"),
)


class Lab:
    """`root` is where the page begins."""

    def __init__(self, browser: Browser, root: str) -> None:
        self.browser = browser
        self.root = root
        self._api = httpx2.Client(base_url=f"{root}/api", timeout=PATIENCE_S)
        self.table = ""
        """The artifact that is a large table."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()

    def fill(self) -> None:
        """Publish 1,000 artifacts, and a table of 100,000 rows."""
        self.table = str(self._post("/artifacts/", {"key": "large", "type": "table", "data": _rows()})["id"])
        for first in range(0, ARTIFACTS, BATCH):
            self.publish(first)

    def publish(self, first: int) -> None:
        """A batch of artifacts, from this one on: each is the next version of its key."""
        numbers = range(first % ARTIFACTS, first % ARTIFACTS + BATCH)
        self._post("/artifacts/batch", {"artifacts": [_artifact(number) for number in numbers]})

    def tell(self) -> None:
        """Record an event that is of no artifact."""
        resource = {"prefect.resource.id": "ship.1"}
        event = {"occurred": "2026-11-22T12:00:00Z", "event": "ship.sailed", "resource": resource, "id": str(uuid4())}
        self._post("/events", [event])

    def position(self) -> int:
        """Where the log ends."""
        return int(self._api.get("/log/head").json()["position"])

    @contextmanager
    def tab(self) -> Iterator[Page]:
        """A tab of a browser that has never been here."""
        with self.browser.new_context(viewport=WINDOW, base_url=self.root) as window:
            window.set_default_timeout(1000 * PATIENCE_S)
            window.add_init_script(PROBE)
            yield window.new_page()

    def _post(self, path: str, body: Any) -> Any:
        answer = self._api.post(path, json=body).raise_for_status()
        return answer.json() if answer.content else None


def open_at(page: Page, path: str, selector: str) -> float:
    """Go there. Returns after how many ms this was shown."""
    page.goto(path, wait_until="commit")
    return float(page.evaluate("(selector) => probe.shown(selector)", selector))


def clicked(page: Page, target: tuple[str, str], selector: str, text: str = "") -> float:
    """Click what has this selector and text. Returns after how many ms something was shown."""
    return float(page.evaluate("(given) => probe.clicked(...given)", [target, selector, text]))


def typed(page: Page, target: tuple[str, str], selector: str, text: str = "") -> float:
    """Put a text into a field. Returns after how many ms something was shown."""
    return float(page.evaluate("(given) => probe.typed(...given)", [target, selector, text]))


def heap_mb(protocol: CDPSession) -> float:
    """What the scripts of a page hold, without what nobody holds any more."""
    protocol.send("HeapProfiler.collectGarbage")
    return float(protocol.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def longest_task(trace: bytes) -> tuple[float, float]:
    """The longest task of a page's main thread, and the longest by the CPU time that it took, in ms."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    tasks = [each for each in events if each["ph"] == "X" and (each["pid"], each["tid"]) in mains]
    longest, longest_cpu = (max((each.get(name, 0) for each in tasks), default=0) for name in ("dur", "tdur"))
    return longest / 1000, longest_cpu / 1000


def steadily(count: int, per_second: float) -> Iterator[int]:
    """Counts at this rate, or as fast as what is done between goes."""
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        yield number


def _artifact(number: int) -> dict[str, Any]:
    type, data = KINDS[number % len(KINDS)]
    return {"key": f"key-{number:04}", "type": type, "data": data}


def _rows() -> list[dict[str, Any]]:
    return [
        {"id": n, "city": CITIES[n % 4], "lat": n % 180 / 2, "lon": n % 360 / 2, "score": n * 7919 % 100_003 / 1e5}
        | {"ok": n % 3 == 0, "n": n % 10, "note": f"r{n}"}
        for n in range(ROWS)
    ]
