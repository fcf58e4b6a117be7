"""A rebuild of one read model: only to compare, with a way back, and without anything left behind."""

import httpx2
import pytest
from sqlalchemy import text

from events.stores.statement import Statement
from projections.checkpoints import PREVIOUS, states
from projections.generations import NothingKept, regenerate
from projections.history import HISTORY_PROJECTOR
from projections.leftovers import LEFT_S, name_beside, sweep
from projections.rebuild import rebuild_all
from projections.steps import EXAMPLE_CHARACTERS_MAX, Rebuilt, Way, examples
from service.parts import Parts

HISTORY = HISTORY_PROJECTOR.name
[*_, TABLE] = [table.name for table in HISTORY_PROJECTOR.tables]


@pytest.fixture
async def history(parts: Parts, api: httpx2.AsyncClient) -> None:
    await api.post("/artifacts/batch", json={"artifacts": [{"key": "a"}, *[{}] * 4]})
    await parts.runner.wait_for("default", HISTORY, 6, timeout_s=20)


async def run(parts: Parts, sql: str) -> list[tuple[object, ...]]:
    [rows] = await parts.store.run([(Statement(text(sql)), {})])
    return rows


async def rebuilt(parts: Parts, projection: str, way: Way) -> Rebuilt:
    steps = [step async for step in rebuild_all(parts.store, log="default", projection=projection, way=way)]
    [found] = [step for step in steps if isinstance(step, Rebuilt)]
    return found


async def owners(parts: Parts) -> list[tuple[int, bool, bool]]:
    """The generations of the history: their numbers, which serves, which is kept."""
    found = [each for each in await states(parts.store, "default") if each.projection == HISTORY]
    return [(each.generation, each.serving, each.owner == PREVIOUS) for each in found]


async def test_a_comparison_shows_what_differs_and_changes_nothing(
    parts: Parts, api: httpx2.AsyncClient, history: None
) -> None:
    await run(parts, "UPDATE artifacts SET type = 'forged' WHERE key = 'a'")
    for _ in range(2):
        found = await rebuilt(parts, "artifacts", Way.COMPARE)
        assert (found.rows, found.differences) == (5, 1)
        removed, added = found.examples
        assert removed.startswith("- {")
        assert '"type":"forged"' in removed
        assert '"type":null' in added
    assert (await rebuilt(parts, "artifacts", Way.KEEP)).differences == 1
    assert (await rebuilt(parts, "artifacts", Way.COMPARE)).examples == ()


async def test_a_comparison_of_what_follows_the_log_changes_nothing(parts: Parts, history: None) -> None:
    await run(parts, f"UPDATE {TABLE} SET type = 'forged'")
    for _ in range(2):
        found = await rebuilt(parts, HISTORY, Way.COMPARE)
        assert found.differences > 0
        assert found.examples
    assert await owners(parts) == [(1, True, False)]


async def test_one_can_go_back_and_forth(parts: Parts, api: httpx2.AsyncClient, history: None) -> None:
    await rebuilt(parts, HISTORY, Way.KEEP)
    assert await owners(parts) == [(1, False, True), (2, True, False)]
    await api.post("/artifacts/", json={})
    await parts.runner.wait_for("default", HISTORY, 7, timeout_s=20)
    back = await rebuilt(parts, HISTORY, Way.BACK)
    assert (back.position, back.differences) == (7, 0)  # brought up to date before it serves
    assert await owners(parts) == [(1, True, False), (2, False, True)]
    await rebuilt(parts, HISTORY, Way.BACK)
    assert await owners(parts) == [(1, False, True), (2, True, False)]


async def test_only_the_last_rows_are_kept(parts: Parts, history: None) -> None:
    for _ in range(3):
        await rebuilt(parts, HISTORY, Way.KEEP)
    assert len(await owners(parts)) == 2
    assert await run(parts, f"SELECT count(DISTINCT generation) FROM {TABLE}") == [(2,)]


async def test_a_rebuild_that_must_forget_keeps_nothing(parts: Parts, history: None) -> None:
    await rebuilt(parts, HISTORY, Way.KEEP)
    await rebuilt(parts, HISTORY, Way.REPLACE)
    assert len(await owners(parts)) == 1
    assert await run(parts, f"SELECT count(DISTINCT generation) FROM {TABLE}") == [(1,)]
    with pytest.raises(NothingKept):
        await rebuilt(parts, HISTORY, Way.BACK)


async def test_going_back_that_is_broken_off_can_be_tried_again(
    parts: Parts, api: httpx2.AsyncClient, history: None
) -> None:
    await rebuilt(parts, HISTORY, Way.KEEP)
    await api.post("/artifacts/batch", json={"artifacts": [{}] * 4})
    await parts.runner.wait_for("default", HISTORY, 10, timeout_s=20)
    broken_off = regenerate(parts.store, "default", HISTORY_PROJECTOR, way=Way.BACK, page_positions=1)
    await anext(broken_off)
    await broken_off.aclose()  # type: ignore[attr-defined]
    assert await owners(parts) == [(1, False, True), (2, True, False)]
    assert (await rebuilt(parts, HISTORY, Way.BACK)).differences == 0


async def test_the_route_asks_for_one_and_refuses_what_is_not_there(
    parts: Parts, api: httpx2.AsyncClient, history: None
) -> None:
    lines = (await api.post("/rebuild", params={"projection": "artifacts", "log": "default"})).text.splitlines()
    assert [line.split(",")[0] for line in lines] == ['{"step": "Progress"', '{"step": "Rebuilt"']
    for asked, status in (
        ({"projection": "no-such"}, 404),
        ({"projection": "artifacts", "way": "back"}, 409),
        ({"projection": HISTORY, "way": "back"}, 409),
        ({"way": "sideways"}, 422),
    ):
        assert (await api.post("/rebuild", params=asked)).status_code == status


async def test_what_a_killed_rebuild_left_behind_is_swept(parts: Parts) -> None:
    now = parts.store.clock()
    old, new = (name_beside("artifacts", now - age * 1_000_000) for age in (LEFT_S + 60, 60))
    for name in (old, new):
        await run(parts, f"CREATE TABLE {name} (log integer)")
    assert await sweep(parts.store, is_alone=False) == [old]
    assert await sweep(parts.store, is_alone=True) == [new]
    assert await sweep(parts.store, is_alone=True) == []


def test_an_example_is_not_longer_than_a_line_may_be() -> None:
    [line] = examples(["text", "hash"], [("x" * 1_000, b"\0")], [])
    assert len(line) == EXAMPLE_CHARACTERS_MAX + 2
