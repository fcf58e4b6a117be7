"""The log at a glance: where it ends, how fast it grows, what takes up the database, when retention comes next."""

from typing import Any

import httpx2
import pytest

from events.stores import sqlite
from service.parts import Parts
from tests.contract.calls import answered, created


async def overview(api: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    return (await answered(api, "GET", "/ui/log", params=query)).json()


async def test_the_overview_says_where_the_log_ends(api: httpx2.AsyncClient) -> None:
    await created(api, key="stock")
    found, head = await overview(api), (await api.get("/log/head")).json()
    assert {name: found[name] for name in head} == head


async def test_the_overview_counts_what_each_minute_recorded(api: httpx2.AsyncClient) -> None:
    await created(api, key="stock")
    assert (await overview(api))["minutes"] == [0] * 59 + [2]


async def test_the_overview_says_what_takes_up_the_database(api: httpx2.AsyncClient) -> None:
    await created(api, key="stock", data="x" * 500_000)
    size = (await overview(api))["size"]
    parts = {each["name"]: each["size_bytes"] for each in size["parts"]}
    assert sum(parts.values()) == size["size_bytes"] > 500_000
    assert parts.keys() >= {"headers", "bodies", "read models", "other"}


async def test_of_a_large_file_only_the_whole_is_told(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "SPLIT_BYTES_MAX", 0)
    sizes = await parts.store.sizes()
    assert sizes.total_bytes > 0
    assert bool(sizes.table_bytes) is not isinstance(parts.store, sqlite.SqliteStore)


async def test_the_overview_of_the_past_ends_there(api: httpx2.AsyncClient) -> None:
    await created(api, key="stock")
    await created(api, key="stock")
    found = await overview(api, as_of=2)
    assert (found["position"], found["hash"]) == (2, (await api.get("/log/2")).json()["hash"])
    assert (found["recorded"], sum(found["minutes"])) == ((await api.get("/log/2")).json()["recorded"], 2)
    assert (await overview(api, as_of=0))["hash"] != found["hash"]


async def test_the_overview_says_when_retention_comes_next(parts: Parts, api: httpx2.AsyncClient) -> None:
    coming = (await overview(api))["retention"]
    assert coming["interval_s"] == parts.settings.retention_interval_s
    assert coming["next"] > (await created(api))["created"]
