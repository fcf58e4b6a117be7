"""Both sides of the bridge: what Digsite's log holds and what the Prefect server keeps, until they agree."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2

from tests.prefects import Beside

Event = dict[str, Any]

ONLY_HERE = "digsite."
"""How the kinds begin that are Digsite's alone: what it has seen of the Prefect server's objects."""
AGREE_TIMEOUT_S = 60.0
"""Prefect's server writes events down up to 5 s after it has taken them."""
POLL_S = 0.1
PAGE_EVENTS = 50
"""As many as Prefect's server shows at once."""
PAGE_RUNS = 200


def recorded(both: Beside) -> list[Event]:
    """All events of Digsite's log, in its order, but those of its own."""
    return [each for each in logged(both) if not each["event"].startswith(ONLY_HERE)]


def logged(both: Beside) -> list[Event]:
    """All events of Digsite's log, in its order."""
    events: list[Event] = []
    with httpx2.Client(base_url=both.digsite.url) as api:
        page: dict[str, Any] = {"to": "start", "head": None}
        while page["to"] != page["head"]:
            page = api.get("/log", params={"after": str(page["to"])}).raise_for_status().json()
            events += [each["event"] for each in page["events"]]
    return events


def kept(both: Beside) -> list[Event]:
    """All events that the Prefect server has written down."""
    ascending = {"filter": {"order": "ASC"}, "limit": PAGE_EVENTS}
    with httpx2.Client(timeout=30) as api:
        page = api.post(f"{both.prefect.url}/events/filter", json=ascending).raise_for_status().json()
        events = list(page["events"])
        while page["next_page"]:
            page = api.get(page["next_page"]).raise_for_status().json()
            events += page["events"]
    return events


def agreed(both: Beside) -> list[Event]:
    """All events, in the order of the log, as soon as the Prefect server keeps exactly the same ones, each once."""
    deadline = time.monotonic() + AGREE_TIMEOUT_S
    here, there = recorded(both), kept(both)
    while ids(here) != ids(there) and time.monotonic() < deadline:
        time.sleep(POLL_S)
        here, there = recorded(both), kept(both)
    assert kinds_beyond(here, there) == [], "only in the log, or there more often"
    assert kinds_beyond(there, here) == [], "only at the Prefect server, or there more often"
    assert max(ids(here).values(), default=1) == 1
    return here


def ids(events: list[Event]) -> Counter[str]:
    return Counter(each["id"] for each in events)


def kinds_beyond(some: list[Event], others: list[Event]) -> list[str]:
    """What the one side has and the other has not."""
    names = {each["id"]: f"{each['event']} {each['id']}" for each in some}
    return sorted(names[id] for id in (ids(some) - ids(others)).elements())


def flow_run(both: Beside, id: str) -> dict[str, Any]:
    """A flow run as the Prefect server knows it."""
    run: dict[str, Any] = httpx2.get(f"{both.prefect.url}/flow_runs/{id}").raise_for_status().json()
    return run


def ended_task_runs(both: Beside, flow_run_ids: list[str], at_least: int = 1) -> list[dict[str, Any]]:
    """The task runs of these flow runs, as soon as the Prefect server knows so many, and all of them to have ended.

    It learns of them by their events alone, a moment later.
    """
    return _ended(both, {"flow_runs": {"id": {"any_": flow_run_ids}}}, at_least)


def task_runs_by_id(both: Beside, ids: list[str]) -> list[dict[str, Any]]:
    """These task runs, as soon as the Prefect server knows all of them to have ended."""
    return _ended(both, {"task_runs": {"id": {"any_": ids}}}, len(ids))


def _ended(both: Beside, asked: dict[str, Any], at_least: int) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []

    def have_ended() -> bool:
        nonlocal runs
        answer = httpx2.post(f"{both.prefect.url}/task_runs/filter", json=asked | {"limit": PAGE_RUNS})
        runs = answer.raise_for_status().json()
        return len(runs) >= at_least and all(each["end_time"] for each in runs)

    until(have_ended)
    return runs


def until(holds: Callable[[], bool], timeout_s: float = AGREE_TIMEOUT_S) -> None:
    """Return as soon as it holds. Raises AssertionError if it does not."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not after {timeout_s} s"
        time.sleep(POLL_S)
