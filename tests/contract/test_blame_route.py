"""Who last changed each line or cell of what a key says, as the API tells it."""

from typing import Any

import httpx2
import pytest

from events.absences import Reason, remove_bodies
from service import blame as blames
from service.parts import Parts
from tests.contract.calls import FLOW_RUN, answered, changed, created, deleted, detail

NAME = "a-key"


async def version(api: httpx2.AsyncClient, data: Any, type: str = "markdown", **fields: Any) -> dict[str, Any]:
    return await created(api, key=NAME, data=data, type=type, **fields)


async def blame(api: httpx2.AsyncClient, **query: Any) -> Any:
    return (await answered(api, "GET", f"/artifacts/{NAME}/blame", params=query)).json()


def authors(found: Any, fact: str = "artifact_id") -> list[Any]:
    """Of each line, who has last changed it."""
    return [found["states"][each["state"]][fact] for each in found["found"]]


def cells(found: Any) -> list[list[int]]:
    """Of each row the positions at which its cells were last changed."""
    return [[found["states"][state]["position"] for state in row["states"]] for row in found["found"]]


async def test_each_line_is_told_with_the_version_that_brought_it(api: httpx2.AsyncClient) -> None:
    first = await version(api, "# Report\nall is well\nbye\n", flow_run_id=FLOW_RUN)
    second = await version(api, "# Report\nall was well\nbye\n")
    await version(api, "# Report\nall was well\nbye\n")
    found = await blame(api)
    assert (found["unit"], found["count"]) == ("line", 3)
    assert authors(found) == [first["id"], second["id"], first["id"]]
    assert [each["text"] for each in found["found"]] == ["# Report", "all was well", "bye"]
    assert authors(found, "flow_run_id") == [FLOW_RUN, None, FLOW_RUN]
    assert authors(found, "actor") == ["anonymous"] * 3


async def test_a_change_in_place_is_one_to_blame(api: httpx2.AsyncClient) -> None:
    artifact = await version(api, "a\nb\n")
    await changed(api, artifact, data="a\nc\n")
    await changed(api, artifact, description="told anew")
    assert authors(await blame(api), "version") == [1, 2]


async def test_each_cell_is_told_with_the_event_that_changed_it(api: httpx2.AsyncClient) -> None:
    await version(api, [{"id": 1, "a": 1, "b": 1}, {"id": 2, "a": 2, "b": 2}], "table")
    await version(api, [{"id": 2, "a": 2, "b": 9}, {"id": 1, "a": 1, "b": 1}, {"id": 3, "a": 3}], "table")
    await version(api, [{"id": 2, "a": 7, "b": 9}, {"id": 1, "a": 1, "b": 1, "c": 5}, {"id": 3, "a": 3}], "table")
    found = await blame(api)
    assert found["columns"] == ["id", "a", "b", "c"]
    assert cells(found) == [[1, 5, 3, 5], [1, 1, 1, 5], [3, 3, 3, 5]]


async def test_who_was_to_blame_then_is_told_as_of_then(api: httpx2.AsyncClient) -> None:
    first = await version(api, "a\nb\n")
    second = await version(api, "a\nc\n")
    await answered(api, "GET", f"/artifacts/{NAME}/latest")
    await api.delete(f"/artifacts/collections/{NAME}")
    assert authors(await blame(api, as_of=2)) == [first["id"]] * 2
    assert authors(await blame(api, as_of=4)) == [first["id"], second["id"]]
    assert (await api.get(f"/artifacts/{NAME}/blame")).status_code == 404


async def test_a_value_is_blamed_as_a_whole(api: httpx2.AsyncClient) -> None:
    await version(api, 10, "progress")
    second = await version(api, 20, "progress")
    await version(api, 20.0, "progress")
    assert (await blame(api))["unit"] == "value"
    assert authors(await blame(api)) == [second["id"]]


async def test_what_was_deleted_again_is_not_to_blame(api: httpx2.AsyncClient) -> None:
    first = await version(api, "a\nb\n")
    await deleted(api, await version(api, "a\nc\n"))
    assert authors(await blame(api)) == [first["id"]] * 2


async def test_another_type_in_between_ends_what_went_on(api: httpx2.AsyncClient) -> None:
    await version(api, "a\n")
    await version(api, [[1]], "table")
    third = await version(api, "a\n")
    assert authors(await blame(api)) == [third["id"]]


async def test_no_more_is_read_than_is_needed(api: httpx2.AsyncClient) -> None:
    for number in range(5):
        await version(api, f"{number}\n")
    went_back = (await blame(api))["went_back"]
    assert went_back == {"states": 2, "position": 7, "is_complete": True, "stopped_by": None, "absent": 0}


async def test_a_page_of_lines_is_told(api: httpx2.AsyncClient) -> None:
    await version(api, "a\nb\nc\n")
    found = await blame(api, offset=1, limit=1)
    assert [(each["line"], each["text"]) for each in found["found"]] == [(2, "b")]
    assert (await blame(api, offset=9))["found"] == []


@pytest.mark.parametrize(("limit", "value"), [("BLAME_STATES_MAX", 2), ("BLAME_CHARS_MAX", 8)])
async def test_beyond_a_limit_it_is_said_that_it_may_be_older(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(blames, limit, value)
    for line in ("a\n", "a\nb\n", "a\nb\nc\n"):
        await version(api, line)
    found = await blame(api)
    assert (found["went_back"]["is_complete"], found["went_back"]["stopped_by"]) == (False, limit)
    assert [(each["position"], each["or_before"]) for each in found["states"]] == [(5, False), (3, True)]


async def test_many_changes_in_place_are_gone_through_page_by_page(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blames, "_VERSIONS", 2)
    artifact = await version(api, "a\n")
    for number in range(7):
        await changed(api, artifact, data=f"a\n{number}\n")
    found = await blame(api)
    assert (authors(found, "version"), found["went_back"]["states"]) == ([1, 8], 8)


async def take_away(parts: Parts, position: int) -> None:
    """Take a body away, as an erasure does."""
    await parts.store.beside(lambda fetch: remove_bodies(fetch, 1, [position], Reason.ERASED, 5))


async def test_what_was_erased_is_passed_over_and_it_is_said(parts: Parts, api: httpx2.AsyncClient) -> None:
    for text in ("a\n", "a\nb\n", "a\nb\nc\n"):
        third = await version(api, text)
    await take_away(parts, 3)
    found = await blame(api)
    assert [(each["position"], each["or_before"]) for each in found["states"]] == [(5, True), (1, False)]
    assert authors(found, "position") == [1, 5, 5]
    assert (found["went_back"]["absent"], found["went_back"]["states"]) == (1, 2)
    assert third["id"] == found["artifact_id"]


async def test_what_is_left_after_what_was_erased_may_be_older(parts: Parts, api: httpx2.AsyncClient) -> None:
    for text in ("a\n", "a\nb\n"):
        await version(api, text)
    await take_away(parts, 1)
    [state] = (await blame(api))["states"]
    assert (state["position"], state["or_before"]) == (3, True)


async def test_of_data_that_was_erased_itself_nothing_is_told(parts: Parts, api: httpx2.AsyncClient) -> None:
    for text in ("a\n", "a\nb\n"):
        await version(api, text)
    await take_away(parts, 3)
    found = await blame(api)
    assert (found["unit"], found["found"], found["states"][0]["position"]) == (
        "value",
        [{"state": 0, "text": "null"}],
        3,
    )


async def test_an_empty_text_has_nobody_to_blame(api: httpx2.AsyncClient) -> None:
    await version(api, "")
    assert ((await blame(api))["found"], (await blame(api))["states"]) == ([], [])


@pytest.mark.parametrize("key", ["no-such-key", "No key"])
async def test_a_key_that_is_not_there_is_not_found(api: httpx2.AsyncClient, key: str) -> None:
    response = await api.get(f"/artifacts/{key}/blame")
    assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})


async def test_a_page_that_is_too_large_is_refused(api: httpx2.AsyncClient) -> None:
    response = await api.get(f"/artifacts/{NAME}/blame", params={"limit": blames.BLAME_PAGE_MAX + 1})
    assert detail(response)["loc"] == ["query", "limit"]


async def test_an_older_version_is_blamed_as_of_when_it_was_the_latest(api: httpx2.AsyncClient) -> None:
    first = await version(api, "a\nb\n")
    second = await version(api, "a\nc\n")
    await version(api, "d\n")
    found = await blame(api, artifact_id=second["id"])
    assert authors(found) == [first["id"], second["id"]]
    assert authors(found, "number") == [1, 2]


async def test_what_never_was_the_latest_cannot_be_blamed(api: httpx2.AsyncClient) -> None:
    other = await created(api, key="another-key", data=1)
    await version(api, "a\n")
    response = await api.get(f"/artifacts/{NAME}/blame", params={"artifact_id": other["id"]})
    assert response.status_code == 404


async def test_each_cell_says_what_it_was_before(api: httpx2.AsyncClient) -> None:
    await version(api, [{"id": 1, "score": 3}], "table")
    await version(api, [{"id": 1, "score": 5, "tags": ["x"]}], "table")
    [row] = (await blame(api))["found"]
    assert (row["cells"], row["before"]) == ([1, 5, '["x"]'], [None, 3, None])
