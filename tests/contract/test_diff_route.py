"""What changed between two artifacts, as the API tells it."""

from typing import Any

import httpx2
import pytest

from service import changes
from service.changes import CHANGES_MAX
from service.comparing.row_key import KEY_COLUMNS_MAX
from service.comparing.shown import SHOWN_BYTES_MAX
from service.schemas.changes import Diff
from tests.contract.calls import NOBODY, answered, changed, created, deleted, detail

TEAM = [{"id": 1, "score": 3}, {"id": 2, "score": 5}]


async def versions(api: httpx2.AsyncClient, *data: Any, **fields: Any) -> list[str]:
    """The ids of artifacts of one key with these data."""
    return [(await created(api, **{"key": "a-key", "data": each, **fields}))["id"] for each in data]


async def diff(api: httpx2.AsyncClient, before: str, after: str, **query: Any) -> Any:
    """The answer, which is what the API's document says that it is."""
    found = (await answered(api, "GET", "/artifacts/diff", params={"from": before, "to": after, **query})).json()
    Diff.model_validate(found)
    return found


async def last_change(api: httpx2.AsyncClient, named: str) -> Any:
    return (await answered(api, "GET", "/artifacts/diff", params={"to": named})).json()


async def test_two_versions_of_a_table_are_compared_by_rows_and_cells(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, TEAM, [*TEAM[:1], {"id": 2, "score": 6}, {"id": 3}], type="table")
    found = await diff(api, one, other)
    assert (found["from"]["id"], found["to"]["id"], found["compared_as"]) == (one, other, "table")
    assert (found["summary"], found["is_equal"]) == ("1 row added, 1 changed of 2", False)
    assert found["diff"]["changes"]["added"] == [{"row": 2, "values": {"id": 3, "score": None}}]
    assert found["diff"]["changes"]["changed"][0]["cells"] == [{"column": "score", "before": 5, "after": 6}]


async def test_an_id_may_be_written_in_capitals(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, 1, 2)
    assert (await diff(api, one.upper(), other.upper()))["summary"] == "1 → 2"


async def test_a_key_stands_for_its_latest_artifact(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, 40, 55.0, type="progress")
    found = await diff(api, one, "a-key")
    assert (found["to"]["id"], found["summary"], found["diff"]["delta"]) == (other, "40% → 55%", 15)


async def test_what_says_the_same_in_another_form_is_equal(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, TEAM, '{"id": [1, 2], "score": [3.0, 5]}', type="table")
    found = await diff(api, one, other)
    assert (found["is_equal"], found["summary"]) == (True, "no change")
    assert found["from"]["sha256"] != found["to"]["sha256"]


async def test_description_and_metadata_are_compared_too(api: httpx2.AsyncClient) -> None:
    one = await created(api, key="a-key", data=1, description="a", metadata_={"rows": "1"})
    other = await created(api, key="a-key", data=1, description="b", metadata_={"rows": "2"})
    found = await diff(api, one["id"], other["id"])
    assert found["description"]["summary"] == "+1 −1 lines"
    assert [each["after"] for each in found["metadata_"]["changes"]["paths"]] == ["2"]


async def test_what_is_left_out_is_counted(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, [], [{"id": each} for each in range(9)], type="table")
    found = (await diff(api, one, other, limit=2))["diff"]
    assert (found["added"], len(found["changes"]["added"]), found["left_out"]) == (9, 2, {"added": 7})


async def test_what_is_too_large_to_be_shown_is_left_out(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, [], [{"id": 1, "text": "a" * SHOWN_BYTES_MAX}, {"id": 2}], type="table")
    assert (await diff(api, one, other))["diff"]["left_out"] == {"added": 2}


async def test_rows_are_told_apart_by_the_columns_that_are_asked_for(api: httpx2.AsyncClient) -> None:
    before = [{"day": 1, "team": "a", "n": 1}, {"day": 1, "team": "b", "n": 2}]
    one, other = await versions(api, before, [{**before[1], "n": 9}, before[0]], type="table")
    found = (await diff(api, one, other, row_key=["day", "team"]))["diff"]
    assert (found["key"], found["key_is"], found["changed"], found["moved"]) == (["day", "team"], "given", 1, 1)


async def test_a_column_that_is_not_there_is_refused_with_those_that_are(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, TEAM, TEAM, type="table")
    response = await api.get("/artifacts/diff", params={"from": one, "to": other, "row_key": "nome"})
    assert (response.status_code, response.json()["error"]) == (422, "key_column_not_found")
    assert response.json()["facts"] == {"column": "nome", "columns": ["id", "score"]}


async def test_artifacts_of_two_types_are_compared_as_json_and_it_is_said(api: httpx2.AsyncClient) -> None:
    one = await created(api, data=TEAM, type="table")
    other = await created(api, data="# Report", type="markdown")
    found = await diff(api, one["id"], other["id"])
    assert (found["compared_as"], found["note"][:21]) == ("json", "What was before is a ")


async def test_two_moments_of_one_artifact_are_compared(api: httpx2.AsyncClient) -> None:
    [one] = await versions(api, 1)
    await changed(api, {"id": one}, data=2)
    now = await changed(api, {"id": one}, data=3)
    assert (await diff(api, f"{one}@2", one))["summary"] == "1 → 3"
    assert (await diff(api, "a-key@2", "a-key@4"))["summary"] == "1 → 2"
    assert (await diff(api, f"a-key@{now['updated']}", one))["is_equal"]


async def test_what_was_deleted_can_still_be_compared(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, 1, 2)
    await deleted(api, {"id": other})
    assert (await diff(api, one, f"{other}@4"))["summary"] == "1 → 2"
    assert (await diff(api, one, other))["summary"] == "1 → 2"
    assert (await last_change(api, other))["from"]["id"] == one


async def test_without_from_it_is_told_what_the_last_change_changed(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, 1, 2)
    assert (await last_change(api, "a-key"))["summary"] == "1 → 2"
    await changed(api, {"id": other}, data=3)
    found = await last_change(api, other)
    assert (found["summary"], found["from"]["id"]) == ("2 → 3", other)
    assert (await last_change(api, f"{other}@4"))["from"]["id"] == one


async def test_of_one_that_is_not_the_latest_it_is_told_what_it_was_before_itself(api: httpx2.AsyncClient) -> None:
    one, _ = await versions(api, 1, 2)
    await changed(api, {"id": one}, data=9)
    found = await last_change(api, one)
    assert (found["summary"], found["from"]["id"]) == ("1 → 9", one)


@pytest.mark.parametrize("key", ["another-key", None])
async def test_before_the_first_there_is_nothing(api: httpx2.AsyncClient, key: str | None) -> None:
    await versions(api, 1)
    first = await created(api, key=key, data=1)
    response = await api.get("/artifacts/diff", params={"to": first["id"]})
    assert (response.status_code, response.json()["error"]) == (404, "nothing_before")


async def test_a_change_in_place_is_seen(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, 1, 1)
    await changed(api, {"id": other}, data=2)
    assert (await diff(api, one, other))["summary"] == "1 → 2"


@pytest.mark.parametrize("named", [NOBODY, "no-such-key", "no key at all"])
async def test_who_is_not_there_is_not_found(api: httpx2.AsyncClient, named: str) -> None:
    [one] = await versions(api, 1)
    response = await api.get("/artifacts/diff", params={"from": one, "to": named})
    assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"from": "a-key"}, "to"),
        ({"from": "a-key@yesterday", "to": "a-key"}, "from"),
        ({"from": "a-key", "to": "a-key@"}, "to"),
        ({"from": "a-key", "to": "a-key", "limit": CHANGES_MAX + 1}, "limit"),
        ({"from": "a-key", "to": "a-key", "row_key": ["a"] * (KEY_COLUMNS_MAX + 1)}, "row_key"),
    ],
)
async def test_a_question_that_is_not_valid_is_refused(
    api: httpx2.AsyncClient, query: dict[str, Any], name: str
) -> None:
    assert detail(await api.get("/artifacts/diff", params=query))["loc"] == ["query", name]


async def test_a_version_is_named_by_its_number_that_of_a_deleted_one_stays_its_own(api: httpx2.AsyncClient) -> None:
    one, two, three = await versions(api, 1, 2, 3)
    await deleted(api, {"id": two})
    found = await diff(api, "a-key:1", "a-key:3")
    assert (found["from"]["id"], found["to"]["id"], found["summary"]) == (one, three, "1 → 3")
    assert (await diff(api, "a-key:2", "a-key:3"))["summary"] == "2 → 3"


@pytest.mark.parametrize("named", ["a-key:0", "a-key:2", "a-key:one", "another-key:1"])
async def test_a_number_that_no_version_has_is_not_found(api: httpx2.AsyncClient, named: str) -> None:
    await versions(api, 1)
    assert (await api.get("/artifacts/diff", params={"from": "a-key", "to": named})).status_code == 404


async def test_equal_lines_around_a_change_are_told_once(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, "a\nb\nc\nd\ne\n", "a\nB\nc\nD\ne\n", type="markdown")
    hunks = (await diff(api, one, other, equal=2))["diff"]["changes"]["hunks"]
    assert [(each["equal_above"], each["equal_below"]) for each in hunks] == [(["a\n"], ["c\n"]), ([], ["e\n"])]


async def test_rows_that_stayed_equal_are_told_if_they_are_asked_for(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, TEAM, [TEAM[0], {"id": 2, "score": 6}], type="table")
    assert (await diff(api, one, other))["diff"]["changes"]["equal"] == []
    found = (await diff(api, one, other, equal=9))["diff"]
    assert (found["equal"], found["changes"]["equal"]) == (1, [{"row": 0, "values": TEAM[0]}])
    assert found["changes"]["changed"][0]["values"] == {"id": 2, "score": 6}


async def test_the_columns_that_could_be_the_key_are_told_the_best_first(api: httpx2.AsyncClient) -> None:
    one, other = await versions(api, TEAM, [TEAM[0], {"id": 2, "score": 6}], type="table")
    found = (await diff(api, one, other, row_key="score"))["diff"]
    assert (found["key"], found["key_candidates"], found["columns"]) == (["score"], ["id", "score"], ["id", "score"])


async def test_the_sides_are_told_without_being_compared(
    api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BEGINNING_CHARS_MAX", 4)
    one, other = await versions(api, "a text", [1, 2, 3])
    found = (await answered(api, "GET", "/ui/sides", params={"to": "a-key"})).json()
    assert [found[side]["id"] for side in ("from", "to")] == [one, other]
    assert [found[side]["beginning"] for side in ("from", "to")] == ["a te", "[1,2"]
    assert [found[side]["characters"] for side in ("from", "to")] == [6, 7]
