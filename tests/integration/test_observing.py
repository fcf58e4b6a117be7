"""Who looks after the server sees who follows, and how far behind they are."""

import asyncio
import re
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from events.feed import About
from events.matching import EVERYTHING
from service.parts import Parts
from tests.docs.pages import DOCS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def samples(text: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The samples of one metric, by their labels."""
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_a_live_subscriber_is_listed_with_its_lag(api: httpx2.AsyncClient, parts: Parts) -> None:
    about = About(kind="websocket", actor="nightly", address="10.0.0.1", client="tests")
    with parts.feeds.of("default").follow(0, EVERYTHING, about):
        await api.post("/artifacts/", json={"key": "report", "data": 1})
        [live] = (await api.get("/subscriptions")).json()["live"]
        assert (live["kind"], live["actor"], live["filter"], live["position"]) == ("websocket", "nightly", "{}", 0)


async def lag(api: httpx2.AsyncClient) -> Any:
    text = (await api.get("/metrics")).text
    return list(samples(text, "digsite_follower_lag").values())


async def test_the_lag_of_a_live_subscriber_is_measured(api: httpx2.AsyncClient, parts: Parts) -> None:
    with parts.feeds.of("default").follow(0) as behind, parts.feeds.of("default").follow(0) as reader:
        await api.post("/artifacts/", json={"key": "report", "data": 1})
        while reader.position < 2:
            await asyncio.wait_for(reader.next(), 5)
        assert (behind.lag, reader.lag) == (2, 0)
        assert await lag(api) == [2, 0]


async def test_the_head_of_each_log_is_measured(api: httpx2.AsyncClient) -> None:
    await api.post("/artifacts/", json={"key": "report", "data": 1})
    text = (await api.get("http://digsite/metrics")).text
    assert samples(text, "digsite_log_head") == {(("log", "default"),): 2}


async def test_nobody_is_listed_who_has_gone(api: httpx2.AsyncClient, parts: Parts) -> None:
    with parts.feeds.of("default").follow(0):
        pass
    assert (await api.get("/subscriptions")).json()["live"] == []


async def test_every_metric_of_the_server_is_documented(api: httpx2.AsyncClient) -> None:
    text = (await api.get("/metrics")).text
    measured = {family.name for family in text_string_to_metric_families(text) if family.name.startswith("digsite_")}
    documented = set(re.findall(r"^\| `(digsite_\w+)`", (DOCS / "observing.md").read_text(), re.MULTILINE))
    assert {name for name in measured if not name.endswith("_created")} == documented
