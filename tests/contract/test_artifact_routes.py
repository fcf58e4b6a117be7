"""The artifact routes: what they answer, and what a key makes of its versions."""

from typing import Any

import httpx2
import pytest

from tests.contract.calls import (
    FLOW_RUN,
    NOBODY,
    TASK_RUN,
    changed,
    collection,
    count,
    created,
    deleted,
    detail,
    latest,
    listed,
    read,
)

ARTIFACT = [
    "id",
    "created",
    "updated",
    "key",
    "type",
    "description",
    "data",
    "metadata_",
    "flow_run_id",
    "task_run_id",
]
COLLECTION = ["id", "key", "latest_id", *(name for name in ARTIFACT if name not in ("id", "key"))]

FULL: dict[str, Any] = {
    "key": "full",
    "type": "table",
    "description": "All that an artifact can have",
    "data": {"rows": [1, 2.5, None]},
    "metadata_": {"team": "data", "empty": ""},
    "flow_run_id": FLOW_RUN,
    "task_run_id": TASK_RUN,
}
CONTENT = ("type", "description", "data", "metadata_", "flow_run_id", "task_run_id")


def content(of: dict[str, Any]) -> dict[str, Any]:
    return {name: of[name] for name in CONTENT}


# The objects


async def test_an_artifact_has_its_fields_in_prefects_order(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    assert list(artifact) == ARTIFACT
    assert list(await read(api, artifact["id"])) == ARTIFACT
    assert list(await latest(api, "full")) == ARTIFACT


async def test_a_collection_names_its_key_and_its_latest_artifact(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    found = await collection(api, "full")
    assert sorted(found) == sorted(COLLECTION)
    assert (found["key"], found["latest_id"]) == ("full", artifact["id"])
    assert content(found) == content(artifact)


async def test_the_collection_has_its_fields_in_prefects_order(api: httpx2.AsyncClient) -> None:
    await created(api, **FULL)
    fields = list(await collection(api, "full"))
    assert fields == ["id", "key", "latest_id", "created", "updated", *CONTENT]


# Create


async def test_an_artifact_comes_back_as_it_was_sent(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    assert {name: artifact[name] for name in FULL} == FULL
    assert await read(api, artifact["id"]) == artifact


async def test_everything_about_an_artifact_is_optional(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    assert {artifact[name] for name in ("key", *CONTENT)} == {None}


async def test_an_artifact_was_updated_when_it_was_created(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="new")
    found = await collection(api, "new")
    assert artifact["created"] == artifact["updated"] == found["created"] == found["updated"]


async def test_what_the_server_gives_cannot_be_chosen(api: httpx2.AsyncClient) -> None:
    for field in ("id", "created", "updated", "latest_id"):
        assert detail(await api.post("/artifacts/", json={field: NOBODY}))["type"] == "extra_forbidden"


async def test_any_text_is_a_type(api: httpx2.AsyncClient) -> None:
    for text in ("", "a type of my own", "Ж", "a\tb"):
        assert (await created(api, type=text))["type"] == text


async def test_long_metadata_values_are_cut(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, metadata_={"short": "x" * 500, "long": "x" * 501})
    assert artifact["metadata_"] == {"short": "x" * 500, "long": "x" * 500 + "..."}
    later = await changed(api, artifact, metadata_={"long": "ü" * 600})
    assert later["metadata_"] == {"long": "ü" * 500 + "..."}


async def test_metadata_is_text_by_name(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    for metadata in ({"a": None}, {"a": 1}, {"a": {}}, [], "text"):
        for method, path in (("POST", "/artifacts/"), ("PATCH", f"/artifacts/{artifact['id']}")):
            wrong = detail(await api.request(method, path, json={"metadata_": metadata}))
            assert wrong["loc"][:2] == ["body", "metadata_"]


async def test_an_artifact_without_a_key_has_no_collection(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, data="keyless")
    assert await listed(api, "/artifacts/latest/filter") == []
    assert await count(api, "/artifacts/latest/count") == 0
    assert await listed(api) == [artifact]


async def test_an_empty_key_is_a_key(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="")
    assert artifact["key"] == ""
    assert (await collection(api, ""))["latest_id"] == artifact["id"]


async def test_a_new_version_takes_the_collection_over_its_nulls_too(api: httpx2.AsyncClient) -> None:
    await created(api, **FULL)
    first = await collection(api, "full")
    newer = await created(api, key="full", data="newer")
    found = await collection(api, "full")
    assert (found["id"], found["created"]) == (first["id"], first["created"])
    assert (found["latest_id"], found["updated"]) == (newer["id"], newer["updated"])
    assert content(found) == content(newer)


# Read


async def test_what_does_not_exist_is_not_found(api: httpx2.AsyncClient) -> None:
    for path in (f"/artifacts/{NOBODY}", "/artifacts/no-such-key/latest", "/artifacts/NO KEY/latest"):
        response = await api.get(path)
        assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})


async def test_the_latest_of_a_key_has_the_id_of_the_collection(api: httpx2.AsyncClient) -> None:
    await created(api, key="report", data=1)
    newest = await created(api, key="report", data=2)
    found, its_collection = await latest(api, "report"), await collection(api, "report")
    assert found["id"] == its_collection["id"] != newest["id"]
    assert found["created"] == its_collection["created"]
    assert content(found) == content(newest)


async def test_listing_and_reading_agree(api: httpx2.AsyncClient) -> None:
    artifacts = [await created(api, key="a", data=1), await created(api, data=2), await created(api, key="a")]
    assert await listed(api) == artifacts[::-1]
    assert [await read(api, each["id"]) for each in artifacts] == artifacts


async def test_latest_shows_each_key_once(api: httpx2.AsyncClient) -> None:
    a, b = await created(api, key="a"), await created(api, key="b")
    a = await created(api, key="a")
    found = await listed(api, "/artifacts/latest/filter", sort="KEY_ASC")
    assert [(each["key"], each["latest_id"]) for each in found] == [("a", a["id"]), ("b", b["id"])]
    assert await count(api, "/artifacts/latest/count") == 2
    assert await count(api) == 3


# Update


async def test_an_update_changes_what_it_names(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    later = await changed(api, artifact, data=50.0)
    assert {**later, "updated": None} == {**artifact, "data": 50.0, "updated": None}
    assert later["updated"] > artifact["updated"]


async def test_each_update_builds_on_those_before_it(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    await changed(api, artifact, data=1)
    await changed(api, artifact, description="Two")
    later = await changed(api, artifact, metadata_={"three": "3"})
    assert (later["data"], later["description"], later["metadata_"]) == (1, "Two", {"three": "3"})


@pytest.mark.parametrize("field", ["data", "description", "metadata_"])
async def test_an_explicit_null_clears(api: httpx2.AsyncClient, field: str) -> None:
    artifact = await created(api, **FULL)
    later = await changed(api, artifact, **{field: None})
    assert {**later, "updated": None} == {**artifact, field: None, "updated": None}


async def test_an_empty_update_still_counts(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    later = await changed(api, artifact)
    assert later["updated"] > artifact["updated"]
    assert content(later) == content(artifact)
    assert (await collection(api, "full"))["updated"] == later["updated"]


async def test_what_an_artifact_is_cannot_be_updated(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    for field in ("type", "key", "flow_run_id", "task_run_id", "id", "nope"):
        response = await api.patch(f"/artifacts/{artifact['id']}", json={field: None})
        assert detail(response)["type"] == "extra_forbidden"
    assert await read(api, artifact["id"]) == artifact


async def test_an_update_of_the_latest_shows_in_its_collection(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, **FULL)
    later = await changed(api, artifact, data="later")
    found = await collection(api, "full")
    assert (found["data"], found["updated"]) == ("later", later["updated"])


async def test_an_update_of_an_older_version_leaves_the_collection_alone(api: httpx2.AsyncClient) -> None:
    older = await created(api, key="report", data="older")
    await created(api, key="report", data="newer")
    before = await collection(api, "report")
    assert (await changed(api, older, data="changed"))["data"] == "changed"
    assert await collection(api, "report") == before


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_what_does_not_exist_cannot_be_changed(api: httpx2.AsyncClient, method: str) -> None:
    response = await api.request(method, f"/artifacts/{NOBODY}", json={})
    assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})


# Delete


async def test_a_deleted_artifact_is_gone(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)
    await deleted(api, artifact)
    path = f"/artifacts/{artifact['id']}"
    again = [await api.request(method, path, json={}) for method in ("GET", "PATCH", "DELETE")]
    assert [each.status_code for each in again] == [404, 404, 404]
    assert await listed(api) == []


async def test_deleting_the_latest_falls_back_to_the_newest_that_remains(api: httpx2.AsyncClient) -> None:
    first, second, third = [await created(api, **{**FULL, "data": data}) for data in (1, 2, 3)]
    await changed(api, first, data="patched last, yet not the newest")
    before = await collection(api, "full")
    await deleted(api, third)
    found = await collection(api, "full")
    assert (found["id"], found["latest_id"]) == (before["id"], second["id"])
    assert (found["created"], found["updated"]) == (second["created"], second["updated"])
    assert content(found) == content(second)
    assert content(await latest(api, "full")) == content(second)


async def test_the_collection_falls_back_to_content_that_was_updated(api: httpx2.AsyncClient) -> None:
    survivor = await created(api, **FULL)
    survivor = await changed(api, survivor, data="changed", description=None)
    await deleted(api, await created(api, key="full"))
    found = await collection(api, "full")
    assert content(found) == content(survivor)
    assert found["updated"] == survivor["updated"]


async def test_after_a_fall_back_the_survivor_is_followed(api: httpx2.AsyncClient) -> None:
    survivor = await created(api, key="report", data=1)
    await deleted(api, await created(api, key="report", data=2))
    later = await changed(api, survivor, data=3)
    assert (await collection(api, "report"))["data"] == later["data"] == 3


async def test_deleting_an_older_version_leaves_the_collection_alone(api: httpx2.AsyncClient) -> None:
    older = await created(api, key="report", data="older")
    await created(api, key="report", data="newer")
    before = await collection(api, "report")
    await deleted(api, older)
    assert await collection(api, "report") == before


async def test_with_its_last_artifact_a_collection_goes(api: httpx2.AsyncClient) -> None:
    await deleted(api, await created(api, key="report"))
    assert (await api.get("/artifacts/report/latest")).status_code == 404
    assert await listed(api, "/artifacts/latest/filter") == []


async def test_a_key_that_returns_has_a_new_collection(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="report")
    before = await collection(api, "report")
    await deleted(api, artifact)
    artifact = await created(api, key="report")
    after = await collection(api, "report")
    assert after["id"] != before["id"]
    assert after["created"] == artifact["created"]


# Order


async def test_ids_and_moments_rise_with_each_artifact(api: httpx2.AsyncClient) -> None:
    artifacts = [await created(api) for _ in range(20)]
    for field in ("id", "created"):
        values = [each[field] for each in artifacts]
        assert values == sorted(set(values))
    assert {each["id"][14] for each in artifacts} == {"7"}
