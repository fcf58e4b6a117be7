"""What can be asked of a listing: Prefect's filters, sorts and pages."""

from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from projections.filters import PATTERN_MAX
from tests.contract.calls import FLOW_RUN, NOBODY, TASK_RUN, changed, count, created, deleted, detail, listed

LATEST = "/artifacts/latest/filter"
OTHER_RUN = "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"


async def keys(api: httpx2.AsyncClient, path: str = "/artifacts/filter", **body: Any) -> list[Any]:
    return [each["key"] for each in await listed(api, path, **body)]


async def names(api: httpx2.AsyncClient, path: str = "/artifacts/filter", **body: Any) -> set[Any]:
    """The descriptions of what is found; the counting route must count as many."""
    found = await listed(api, path, **body)
    assert await count(api, path.replace("filter", "count"), **body) == len(found)
    return {each["description"] for each in found}


async def publish(api: httpx2.AsyncClient, **artifacts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Artifacts by name. The name is the description."""
    return {name: await created(api, description=name, **fields) for name, fields in artifacts.items()}


# By id, key, type and run


@pytest.fixture
async def some(api: httpx2.AsyncClient) -> dict[str, dict[str, Any]]:
    return await publish(
        api,
        report={"key": "daily-report", "type": "markdown", "flow_run_id": FLOW_RUN, "task_run_id": TASK_RUN},
        table={"key": "sales-2024", "type": "table", "flow_run_id": OTHER_RUN},
        untyped={"key": "sales-2025"},
        keyless={"type": "markdown", "task_run_id": TASK_RUN},
    )


ALL = {"report", "table", "untyped", "keyless"}


CRITERIA: list[tuple[str, dict[str, Any], set[str]]] = [
    ("key", {"any_": ["daily-report", "nope"]}, {"report"}),
    ("key", {"any_": []}, set()),
    ("key", {"any_": None}, ALL),
    ("key", {}, ALL),
    ("key", {"like_": "sales"}, {"table", "untyped"}),
    ("key", {"like_": "SALES"}, {"table", "untyped"}),
    ("key", {"like_": "2024"}, {"table"}),
    ("key", {"like_": "sales%5"}, {"untyped"}),
    ("key", {"like_": "sales-202_"}, {"table", "untyped"}),
    ("key", {"like_": "y_r"}, {"report"}),
    ("key", {"like_": "%"}, {"report", "table", "untyped"}),
    ("key", {"like_": "\\"}, set()),
    ("key", {"like_": "\0"}, set()),
    ("key", {"like_": ""}, ALL),
    ("key", {"exists_": True}, {"report", "table", "untyped"}),
    ("key", {"exists_": False}, {"keyless"}),
    ("key", {"like_": "sales", "any_": ["sales-2024", "daily-report"]}, {"table"}),
    ("key", {"exists_": False, "any_": ["daily-report"]}, set()),
    ("type", {"any_": ["markdown"]}, {"report", "keyless"}),
    ("type", {"any_": ["markdown", "table"]}, {"report", "table", "keyless"}),
    ("type", {"any_": []}, set()),
    ("type", {"not_any_": ["table"]}, {"report", "untyped", "keyless"}),
    ("type", {"not_any_": ["result"]}, ALL),
    ("type", {"not_any_": []}, ALL),
    ("type", {"any_": ["markdown", "table"], "not_any_": ["table"]}, {"report", "keyless"}),
    ("flow_run_id", {"any_": [FLOW_RUN, OTHER_RUN]}, {"report", "table"}),
    ("flow_run_id", {"any_": [NOBODY]}, set()),
    ("flow_run_id", {"any_": []}, set()),
    ("task_run_id", {"any_": [TASK_RUN]}, {"report", "keyless"}),
]


async def test_each_criterion_finds_what_it_says(api: httpx2.AsyncClient, some: object) -> None:
    for field, criteria, found in CRITERIA:
        asked = {field: criteria}
        assert (asked, await names(api, artifacts=asked)) == (asked, found)
        assert (asked, await names(api, LATEST, artifacts=asked)) == (asked, found - {"keyless"})


async def test_artifacts_are_found_by_id(api: httpx2.AsyncClient, some: dict[str, dict[str, Any]]) -> None:
    wanted = [some["report"]["id"], some["keyless"]["id"], NOBODY]
    assert await names(api, artifacts={"id": {"any_": wanted}}) == {"report", "keyless"}
    assert await names(api, artifacts={"id": {"any_": []}}) == set()


async def test_collections_are_found_by_the_id_of_their_latest(
    api: httpx2.AsyncClient, some: dict[str, dict[str, Any]]
) -> None:
    wanted = [some["report"]["id"], some["keyless"]["id"], NOBODY]
    assert await names(api, LATEST, artifacts={"latest_id": {"any_": wanted}}) == {"report"}


@pytest.mark.parametrize(("path", "field"), [("/artifacts/filter", "latest_id"), (LATEST, "id")])
async def test_each_listing_has_its_own_id(api: httpx2.AsyncClient, path: str, field: str) -> None:
    wrong = detail(await api.post(path, json={"artifacts": {field: {"any_": [NOBODY]}}}))
    assert (wrong["type"], wrong["loc"]) == ("extra_forbidden", ["body", "artifacts", field])


@pytest.mark.parametrize(
    ("operator", "found"),
    [("and_", {"report"}), (None, {"report"}), ("or_", {"report", "keyless", "table"})],
)
async def test_the_operator_joins_the_fields(
    api: httpx2.AsyncClient, some: object, operator: str | None, found: set[str]
) -> None:
    artifacts = {"type": {"any_": ["markdown"]}, "flow_run_id": {"any_": [FLOW_RUN, OTHER_RUN]}}
    given = {} if operator is None else {"operator": operator}
    assert await names(api, artifacts={**artifacts, **given}) == found


async def test_or_joins_with_what_matches_nothing(api: httpx2.AsyncClient, some: object) -> None:
    artifacts = {"operator": "or_", "key": {"any_": []}, "type": {"any_": ["table"]}}
    assert await names(api, artifacts=artifacts) == {"table"}


async def test_or_with_a_field_that_asks_for_nothing_finds_all(api: httpx2.AsyncClient, some: object) -> None:
    assert await names(api, artifacts={"operator": "or_", "key": {}, "type": {"any_": ["table"]}}) == ALL


@pytest.mark.parametrize("operator", ["and_", "or_"])
async def test_a_filter_without_fields_finds_all(api: httpx2.AsyncClient, some: object, operator: str) -> None:
    assert await names(api, artifacts={"operator": operator}) == ALL


async def test_there_is_no_other_operator(api: httpx2.AsyncClient) -> None:
    for operator in ("and", "AND_", "", 1):
        response = await api.post("/artifacts/filter", json={"artifacts": {"operator": operator}})
        assert detail(response)["loc"] == ["body", "artifacts", "operator"]


async def test_types_with_control_characters_are_found(api: httpx2.AsyncClient) -> None:
    await publish(api, nul={"type": "a\0b"}, escape={"type": "a\x100b"}, plain={"type": "ab"})
    assert await names(api, artifacts={"type": {"any_": ["a\0b"]}}) == {"nul"}
    assert await names(api, artifacts={"type": {"any_": ["a\x100b"]}}) == {"escape"}
    assert await names(api, artifacts={"type": {"not_any_": ["a\0b"]}}) == {"escape", "plain"}


async def test_a_pattern_may_be_long_but_not_endless(api: httpx2.AsyncClient, some: object) -> None:
    long = "%" * (PATTERN_MAX - 5) + "daily"
    assert await names(api, artifacts={"key": {"like_": long}}) == {"report"}
    assert await names(api, artifacts={"key": {"like_": "\\" * PATTERN_MAX}}) == set()
    assert await names(api, artifacts={"key": {"like_": "\U0001f4c8" * PATTERN_MAX}}) == set()
    wrong = detail(await api.post("/artifacts/filter", json={"artifacts": {"key": {"like_": f"{long}!"}}}))
    assert wrong["type"] == "string_too_long"


async def test_a_list_may_be_longer_than_a_page(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="needle")
    many = [f"hay-{number}" for number in range(5000)]
    assert await listed(api, artifacts={"key": {"any_": [*many, "needle"]}}) == [artifact]


# By run


BY_RUN: list[tuple[dict[str, Any], set[str]]] = [
    ({"flow_runs": None}, ALL),
    ({"flow_runs": {}}, set()),
    ({"flow_runs": {"operator": "or_"}}, set()),
    ({"flow_runs": {"id": {}}}, set()),
    ({"flow_runs": {"id": {"any_": [FLOW_RUN]}}}, {"report"}),
    ({"flow_runs": {"id": {"any_": []}}}, set()),
    ({"flow_runs": {"id": {"not_any_": [FLOW_RUN]}}}, {"table"}),
    ({"flow_runs": {"id": {"not_any_": []}}}, set()),
    ({"flow_runs": {"id": {"any_": [FLOW_RUN, OTHER_RUN], "not_any_": [FLOW_RUN]}}}, {"table"}),
    ({"task_runs": {}}, set()),
    ({"task_runs": {"id": {"any_": [TASK_RUN]}}}, {"report", "keyless"}),
    ({"task_runs": {"id": {"any_": [NOBODY]}}}, set()),
    ({"flows": {}}, set()),
    ({"flow_runs": {"id": {"any_": [FLOW_RUN, OTHER_RUN]}}, "task_runs": {"id": {"any_": [TASK_RUN]}}}, {"report"}),
    ({"flow_runs": {"id": {"not_any_": [FLOW_RUN]}}, "artifacts": {"type": {"any_": ["table"]}}}, {"table"}),
    ({"flow_runs": {"id": {"any_": [FLOW_RUN]}}, "flows": {}}, set()),
    ({"deployments": {}}, set()),
    ({"flow_runs": {"name": {}, "tags": None}}, set()),
]


async def test_artifacts_are_found_by_the_ids_of_runs_that_nothing_else_is_known_of(
    api: httpx2.AsyncClient, some: object
) -> None:
    for filters, found in BY_RUN:
        assert (filters, await names(api, **filters)) == (filters, found)
        assert (filters, await names(api, LATEST, **filters)) == (filters, found - {"keyless"})


async def test_unknown_keys_of_a_run_filter_are_refused(api: httpx2.AsyncClient) -> None:
    for name in ("flow_runs", "task_runs", "flows", "deployments"):
        wrong = detail(await api.post("/artifacts/filter", json={name: {"nope": {}}}))
        assert (wrong["type"], wrong["loc"]) == ("extra_forbidden", ["body", name, "nope"])


async def test_a_leaf_has_no_operator(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/filter", json={"flow_runs": {"id": {"operator": "or_"}}})
    assert detail(response)["loc"] == ["body", "flow_runs", "id", "operator"]


# In order


def dates_of(artifacts: Sequence[dict[str, Any]], field: str) -> list[str]:
    return [each[field] for each in artifacts]


async def test_the_newest_comes_first(api: httpx2.AsyncClient) -> None:
    artifacts = [await created(api, key=key) for key in ("b", "c", "a")]
    await changed(api, artifacts[0])
    for order in ({}, {"sort": "ID_DESC"}, {"sort": "CREATED_DESC"}):
        assert await keys(api, **order) == ["a", "c", "b"]


async def test_what_was_updated_last_comes_first(api: httpx2.AsyncClient) -> None:
    artifacts = [await created(api, key=key) for key in ("b", "c", "a")]
    await changed(api, artifacts[1])
    assert await keys(api, sort="UPDATED_DESC") == ["c", "a", "b"]
    assert await keys(api, LATEST, sort="UPDATED_DESC") == ["c", "a", "b"]


@pytest.mark.parametrize("path", ["/artifacts/filter", LATEST])
async def test_keys_sort_by_their_bytes(api: httpx2.AsyncClient, path: str) -> None:
    for key in ("b", "a-1", "a", "a1", "-", "10", "9", ""):
        await created(api, key=key)
    in_order = ["", "-", "10", "9", "a", "a-1", "a1", "b"]
    assert await keys(api, path, sort="KEY_ASC") == in_order
    assert await keys(api, path, sort="KEY_DESC") == in_order[::-1]


async def test_what_has_no_key_sorts_before_all_keys(api: httpx2.AsyncClient) -> None:
    for key in ("a", None, "", None, "b"):
        await created(api, key=key)
    assert await keys(api, sort="KEY_ASC") == [None, None, "", "a", "b"]
    assert await keys(api, sort="KEY_DESC") == ["b", "a", "", None, None]


@pytest.mark.parametrize("sort", ["KEY_ASC", "KEY_DESC"])
async def test_of_equal_keys_the_newest_comes_first(api: httpx2.AsyncClient, sort: str) -> None:
    artifacts = [await created(api, key="same") for _ in range(5)]
    assert await listed(api, sort=sort) == artifacts[::-1]


@pytest.mark.parametrize("sort", ["KEY_ASC", "UPDATED_DESC", "CREATED_DESC"])
async def test_collections_of_equal_moments_keep_their_order(api: httpx2.AsyncClient, sort: str) -> None:
    """After a fall-back, several collections may show the same moment."""
    survivors = [await created(api, key=key) for key in "cab"]
    for key in "bca":
        await deleted(api, await created(api, key=key))
    expected = {"KEY_ASC": list("abc"), "UPDATED_DESC": list("bac"), "CREATED_DESC": list("bac")}
    assert await keys(api, LATEST, sort=sort) == expected[sort]
    assert sorted(dates_of(survivors, "created")) == sorted(dates_of(await listed(api, LATEST), "created"))


async def test_there_is_no_other_order(api: httpx2.AsyncClient) -> None:
    for sort in ("NAME_ASC", "id_desc", "ID_ASC", "", 1):
        assert detail(await api.post("/artifacts/filter", json={"sort": sort}))["type"] == "enum"


# By pages


async def test_pages_together_are_the_whole(api: httpx2.AsyncClient) -> None:
    items = [{"key": "even" if number % 2 else None, "data": number} for number in range(450)]
    response = await api.post("/artifacts/batch", json={"artifacts": items})
    assert response.status_code == 201
    for sort in ("ID_DESC", "CREATED_DESC", "UPDATED_DESC", "KEY_ASC", "KEY_DESC"):
        pages = [await listed(api, sort=sort, offset=offset) for offset in (0, 200, 400, 600)]
        assert [len(page) for page in pages] == [200, 200, 50, 0]
        assert {each["data"] for page in pages for each in page} == set(range(450))
