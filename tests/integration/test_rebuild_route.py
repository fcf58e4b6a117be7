"""Rebuilding beside a running server: it reports its steps, and two at once harm nothing."""

import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from events.stores.statement import Statement
from projections import ARTIFACTS, CATCH_UP, INLINE
from projections.rebuild import rebuild
from service.parts import Parts
from tests.contract.calls import count

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name LIKE '%rebuilt%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE tablename LIKE '%rebuilt%'",
}


@pytest.fixture
async def ten(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/batch", json={"artifacts": [{"key": "a"}, *[{}] * 9]})
    assert response.status_code == 201


async def leftovers(parts: Parts) -> list[Any]:
    """The tables beside the serving ones that nobody took away."""
    return await parts.store.fetch(Statement(text(TABLES[parts.settings.database.partition(":")[0]])))


async def test_a_rebuild_answers_with_a_line_for_each_step(parts: Parts, api: httpx2.AsyncClient, ten: None) -> None:
    for projector in CATCH_UP:
        await parts.runner.wait_for("default", projector.name, 11, timeout_s=20)
    response = await api.post("/rebuild")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    steps = [json.loads(line) for line in response.text.splitlines()]
    assert [each["step"] for each in steps] == ["Progress", "Rebuilt"] * (len(INLINE) + len(CATCH_UP))
    rebuilt = steps[1::2]
    assert [each["projection"] for each in rebuilt] == [each.name for each in (*INLINE, *CATCH_UP)]
    assert [each["rows"] for each in rebuilt] == [10, 1, 0, 0, 0, 0, 11, 0]
    assert {(each["position"], each["differences"]) for each in rebuilt} == {(11, 0)}
    assert await leftovers(parts) == []


async def test_two_rebuilds_at_once_harm_nothing(parts: Parts, api: httpx2.AsyncClient, ten: None) -> None:
    one, other = (rebuild(parts.store, "default", ARTIFACTS, page_positions=2) for _ in range(2))
    await anext(one)
    await anext(one)
    await anext(other)
    for each in (one, other):
        *_, last = [step async for step in each]
        assert (last.rows, last.differences) == (10, 0)  # type: ignore[union-attr]
    assert await count(api) == 10
    assert await leftovers(parts) == []


async def test_a_rebuild_that_is_broken_off_leaves_nothing_behind(parts: Parts, ten: None) -> None:
    broken_off = rebuild(parts.store, "default", ARTIFACTS, page_positions=2)
    await anext(broken_off)
    assert len(await leftovers(parts)) > 0
    await broken_off.aclose()  # type: ignore[attr-defined]
    assert await leftovers(parts) == []
