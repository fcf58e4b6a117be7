"""What Digsite adds to Prefect's routes: batches, positions, safe retries, safe changes, whole keys, logs."""

import asyncio
from typing import Any

import httpx2
import pytest

from service.app import create_app, opened
from service.parts import Parts
from service.settings import Settings
from tests.contract.calls import NOBODY, answered, changed, count, created, deleted, detail, listed, post_text, read

POSITION = "X-Digsite-Position"
WAIT = "X-Digsite-Wait-Position"
KEY = "Idempotency-Key"
WORKSPACE = "/accounts/an-account/workspaces/a-workspace"


async def head(parts: Parts, log: str = "default") -> int:
    return (await parts.store.head(log)).position


async def kinds(parts: Parts, log: str = "default") -> list[str]:
    """What is in the log, in short."""
    return [placed.event.kind.removeprefix("prefect.artifact") for placed in await parts.store.read_all(log)]


async def batch(api: httpx2.AsyncClient, *items: Any, key: str | None = None) -> httpx2.Response:
    headers = {} if key is None else {KEY: key}
    return await api.post("/artifacts/batch", json={"artifacts": items}, headers=headers)


# Batches


async def test_a_batch_answers_for_each_of_its_artifacts(api: httpx2.AsyncClient) -> None:
    response = await batch(api, {"key": "a", "data": 1}, {"data": 2.0}, {"key": "a", "data": 3})
    assert response.status_code == 201
    assert [list(each) for each in response.json()] == [["status", "artifact"]] * 3
    assert [each["status"] for each in response.json()] == [201] * 3
    artifacts = [each["artifact"] for each in response.json()]
    assert [each["data"] for each in artifacts] == [1, 2.0, 3]
    assert await listed(api) == artifacts[::-1]


async def test_a_batch_makes_the_same_events_as_its_artifacts_one_by_one(parts: Parts, api: httpx2.AsyncClient) -> None:
    await batch(api, {"key": "a"}, {}, {"key": "a"})
    in_batch = await kinds(parts)
    assert in_batch == [".created", "-collection.created", ".created", ".created", "-collection.updated"]


async def test_a_batch_may_have_a_thousand_artifacts(parts: Parts, api: httpx2.AsyncClient) -> None:
    response = await batch(api, *({"data": number} for number in range(1000)))
    assert (response.status_code, response.headers[POSITION]) == (201, "1000")
    assert [each["artifact"]["data"] for each in response.json()] == list(range(1000))
    assert await count(api) == await head(parts) == 1000


async def test_a_batch_of_more_is_refused_whole(parts: Parts, api: httpx2.AsyncClient) -> None:
    wrong = detail(await batch(api, *({} for _ in range(1001))))
    assert (wrong["type"], wrong["loc"]) == ("too_long", ["body", "artifacts"])
    assert wrong["msg"] == "A batch has at most 1000 artifacts; this one has 1001."
    assert await head(parts) == 0


async def test_what_is_refused_in_a_batch_stops_no_other(parts: Parts, api: httpx2.AsyncClient) -> None:
    response = await batch(api, {"key": "A"}, {"data": 1}, {"nope": 1}, {"data": 2}, None, [])
    answers = response.json()
    assert response.status_code == 207
    assert [each["status"] for each in answers] == [422, 201, 422, 201, 422, 422]
    assert [each["artifact"]["data"] for each in answers if "artifact" in each] == [1, 2]
    wrong = [each["exception_detail"][0] for each in answers if each["status"] == 422]
    assert [each["type"] for each in wrong] == ["value_error", "extra_forbidden", "missing", "model_attributes_type"]
    assert [each["loc"] for each in wrong] == [["body", "key"], ["body", "nope"], ["body"], ["body"]]
    assert await head(parts) == 2


async def test_a_batch_of_which_all_is_refused_records_nothing(parts: Parts, api: httpx2.AsyncClient) -> None:
    response = await batch(api, {"key": "A"}, {"nope": 1})
    assert (response.status_code, len(response.json())) == (207, 2)
    assert await head(parts) == 0


async def test_an_empty_batch_is_no_mistake(parts: Parts, api: httpx2.AsyncClient) -> None:
    response = await batch(api)
    assert (response.status_code, response.json(), await head(parts)) == (201, [], 0)


@pytest.mark.parametrize("body", ["{}", '{"artifacts":null}', '{"artifacts":{}}', '{"artifacts":"abc"}'])
async def test_a_batch_is_a_list(api: httpx2.AsyncClient, body: str) -> None:
    wrong = detail(await post_text(api, body, "/artifacts/batch"))
    assert wrong["loc"] == ["body", "artifacts"]
    assert wrong["type"] in ("missing", "list_type")


async def test_data_in_a_batch_is_kept_to_the_letter(api: httpx2.AsyncClient) -> None:
    response = await post_text(
        api, '{"artifacts":[{"data":1.0},{"data":[NaN,-0.0]},{"data":1e400}]}', "/artifacts/batch"
    )
    for data in ("1.0", "[null,-0.0]", "null"):
        assert f'"data":{data},' in response.text


async def test_a_batch_stands_in_one_piece_in_the_log(parts: Parts, api: httpx2.AsyncClient) -> None:
    batches = [batch(api, *({"type": f"batch {number}"} for _ in range(20))) for number in range(5)]
    singles = [created(api, type="single") for _ in range(20)]
    await asyncio.gather(*(each for pair in zip(batches, singles, strict=False) for each in pair), *singles[5:])
    types = [placed.event.outcome.type for placed in await parts.store.read_all("default")]
    for number in range(5):
        first = types.index(f"batch {number}")
        assert types[first : first + 20] == [f"batch {number}"] * 20


# Positions


async def test_a_write_answers_with_the_position_that_it_reached(parts: Parts, api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={"key": "a"})
    assert response.headers[POSITION] == "2" == str(await head(parts))
    path = f"/artifacts/{response.json()['id']}"
    assert (await api.patch(path, json={"data": 1})).headers[POSITION] == "4"
    assert (await batch(api, {}, {"key": "a"})).headers[POSITION] == "7"
    assert (await api.delete(path)).headers[POSITION] == "8"
    assert (await api.delete("/artifacts/collections/a")).headers[POSITION] == "10" == str(await head(parts))


async def test_a_read_answers_with_the_position_that_it_reflects(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="a")
    for path in (f"/artifacts/{artifact['id']}", "/artifacts/a/latest"):
        assert (await api.get(path)).headers[POSITION] == "2"
    for path in ("/artifacts/filter", "/artifacts/latest/filter", "/artifacts/count", "/artifacts/latest/count"):
        assert (await api.post(path)).headers[POSITION] == "2"


async def test_an_empty_log_is_at_position_0(api: httpx2.AsyncClient) -> None:
    assert (await api.post("/artifacts/filter")).headers[POSITION] == "0"


async def test_a_read_that_waits_for_the_past_is_answered_at_once(parts: Parts, api: httpx2.AsyncClient) -> None:
    parts.settings.wait_timeout_s = 0.001
    artifact = await created(api, key="a")
    for position in ("0", "1", "2"):
        response = await api.get(f"/artifacts/{artifact['id']}", headers={WAIT: position})
        assert (response.status_code, response.json()) == (200, artifact)


async def test_a_read_waits_for_a_write_to_come(api: httpx2.AsyncClient) -> None:
    reading = asyncio.create_task(api.post("/artifacts/count", headers={WAIT: "3"}))
    for _ in range(3):
        assert not reading.done()
        await created(api)
    response = await reading
    assert (response.json(), response.headers[POSITION]) == (3, "3")


async def test_a_read_waits_for_a_write_of_another_process(postgres_url: str, tmp_path: Any) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    async with opened(settings) as here, opened(settings) as there, client(here) as api, client(there) as other:
        reading = asyncio.create_task(api.post("/artifacts/count", headers={WAIT: "1"}))
        await created(other)
        assert (await reading).json() == 1


def client(parts: Parts) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(parts)), base_url="http://digsite/api")


async def test_a_read_that_waits_in_vain_is_told_how_far_the_log_is(parts: Parts, api: httpx2.AsyncClient) -> None:
    parts.settings.wait_timeout_s = 0.1
    artifact = await created(api)
    for method, path in (("GET", f"/artifacts/{artifact['id']}"), ("POST", "/artifacts/latest/filter")):
        response = await api.request(method, path, headers={WAIT: "2"})
        answer = response.json()
        assert (response.status_code, answer["error"]) == (504, "position_not_reached")
        assert answer["facts"] == {"wanted": 2, "reached": 1, "timeout_s": 0.1}
        assert answer["detail"].startswith("The log is at position 1 and did not reach 2 within 0.1 s.")


async def test_what_is_no_position_is_refused(api: httpx2.AsyncClient) -> None:
    for value in ("", "-1", "+1", "1.0", "one", "0x1", "9" * 19, "\u0663".encode()):
        wrong = detail(await api.post("/artifacts/filter", headers={WAIT: value}))
        assert wrong["loc"] == ["header", "x-digsite-wait-position"]
        assert wrong["msg"] == "Input should be a position: a whole number from 0"


# Safe retries


async def test_a_request_that_is_sent_again_has_the_first_answer(parts: Parts, api: httpx2.AsyncClient) -> None:
    async def send() -> httpx2.Response:
        return await api.post("/artifacts/", json={"key": "a", "data": 1.0}, headers={KEY: "once"})

    first = await send()
    recorded = await head(parts)
    again = await send()
    assert (again.status_code, again.text) == (first.status_code, first.text) == (201, first.text)
    assert (again.headers[POSITION], again.headers["etag"]) == (first.headers[POSITION], first.headers["etag"])
    assert await head(parts) == recorded


async def test_a_batch_that_is_sent_again_has_the_first_answer(parts: Parts, api: httpx2.AsyncClient) -> None:
    items = [{"key": "a"}, {"key": "NOT A KEY"}, {"data": 2}, {"key": "a"}]
    first = await batch(api, *items, key="once")
    recorded = await head(parts)
    again = await batch(api, *items, key="once")
    assert (again.status_code, again.text) == (first.status_code, first.text) == (207, first.text)
    assert again.headers[POSITION] == first.headers[POSITION]
    assert await head(parts) == recorded


async def test_the_first_answer_stands_whatever_came_of_the_artifact(api: httpx2.AsyncClient) -> None:
    first = await api.post("/artifacts/", json={"data": 1}, headers={KEY: "once"})
    await changed(api, first.json(), data=2)
    assert (await api.post("/artifacts/", json={"data": 1}, headers={KEY: "once"})).text == first.text
    await deleted(api, first.json())
    assert (await api.post("/artifacts/", json={"data": 1}, headers={KEY: "once"})).text == first.text
    assert await listed(api) == []


async def _conflict(response: httpx2.Response) -> None:
    answer = response.json()
    assert (response.status_code, answer["error"]) == (409, "idempotency_conflict")
    assert answer["facts"] == {"idempotency_key": "once", "position": 1}
    assert answer["detail"].startswith("The Idempotency-Key 'once' was used for another request")


@pytest.mark.parametrize(
    "other",
    [{"data": 2}, {"data": 1.0}, {"data": 1, "key": "a"}, {"data": 1, "type": ""}, {"data": 1, "flow_run_id": NOBODY}],
)
async def test_a_key_stands_for_one_request(parts: Parts, api: httpx2.AsyncClient, other: dict[str, Any]) -> None:
    await api.post("/artifacts/", json={"data": 1}, headers={KEY: "once"})
    await _conflict(await api.post("/artifacts/", json=other, headers={KEY: "once"}))
    assert await head(parts) == 1


@pytest.mark.parametrize("length", [1, 2, 4, 50])
async def test_a_longer_or_shorter_batch_is_another_request(parts: Parts, api: httpx2.AsyncClient, length: int) -> None:
    await batch(api, {}, {}, {}, key="once")
    await _conflict(await batch(api, *({} for _ in range(length)), key="once"))
    assert await head(parts) == 3


async def test_one_key_sent_many_times_at_once_makes_exactly_one(parts: Parts, api: httpx2.AsyncClient) -> None:
    async def send() -> httpx2.Response:
        return await api.post("/artifacts/", json={"key": "a"}, headers={KEY: "once"})

    answers = await asyncio.gather(*(send() for _ in range(50)))
    assert {(each.status_code, each.text) for each in answers} == {(201, answers[0].text)}
    assert await kinds(parts) == [".created", "-collection.created"]


async def test_of_different_requests_under_one_key_at_once_one_wins(parts: Parts, api: httpx2.AsyncClient) -> None:
    async def send(number: int) -> httpx2.Response:
        return await api.post("/artifacts/", json={"data": number}, headers={KEY: "once"})

    answers = await asyncio.gather(*(send(number) for number in range(20)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 19
    assert await head(parts) == 1


async def test_two_processes_share_their_keys(postgres_url: str, tmp_path: Any) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    async with opened(settings) as here, opened(settings) as there, client(here) as api, client(there) as other:
        sent = [each.post("/artifacts/", json={}, headers={KEY: "once"}) for each in (api, other) * 10]
        answers = await asyncio.gather(*sent)
        assert {(each.status_code, each.text) for each in answers} == {(201, answers[0].text)}
        assert await head(here) == 1


async def test_another_key_is_another_request(api: httpx2.AsyncClient) -> None:
    for key in ("one", "two", "ONE", "!", "a b", "x" * 255):
        assert (await api.post("/artifacts/", json={}, headers={KEY: key})).status_code == 201
    assert await count(api) == 6


async def test_what_is_no_idempotency_key_is_refused(parts: Parts, api: httpx2.AsyncClient) -> None:
    for key in ("", "x" * 256, "ü".encode(), b"a\tb"):
        wrong = detail(await api.post("/artifacts/", json={}, headers={KEY: key}))
        assert wrong["loc"] == ["header", "idempotency-key"]
        assert wrong["msg"] == "Input should have 1 to 255 printable ASCII characters"
    assert await head(parts) == 0


# Safe changes


async def test_the_etag_is_the_version_of_the_artifact(api: httpx2.AsyncClient) -> None:
    response = await api.post("/artifacts/", json={})
    path = f"/artifacts/{response.json()['id']}"
    assert response.headers["etag"] == (await api.get(path)).headers["etag"] == '"1"'
    assert (await api.patch(path, json={})).headers["etag"] == (await api.get(path)).headers["etag"] == '"2"'


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("etag", ['"2"', "*", " * ", None])
async def test_who_has_read_the_newest_version_may_change_it(
    api: httpx2.AsyncClient, method: str, etag: str | None
) -> None:
    artifact = await changed(api, await created(api), data=1)
    headers = {} if etag is None else {"If-Match": etag}
    response = await api.request(method, f"/artifacts/{artifact['id']}", json={"data": 2}, headers=headers)
    assert response.status_code == 204


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_who_has_read_an_older_version_is_refused(parts: Parts, api: httpx2.AsyncClient, method: str) -> None:
    artifact = await changed(api, await created(api, key="a"), data=1)
    recorded = await head(parts)
    for version in (0, 1, 3):
        path = f"/artifacts/{artifact['id']}"
        response = await api.request(method, path, json={"data": 2}, headers={"If-Match": f'"{version}"'})
        answer = response.json()
        assert (response.status_code, answer["error"]) == (412, "version_mismatch")
        assert answer["facts"] == {"artifact_id": artifact["id"], "expected": version, "actual": 2}
        assert "Read it again, then decide." in answer["detail"]
    assert await head(parts) == recorded
    assert await read(api, artifact["id"]) == artifact


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_what_is_no_etag_is_refused(parts: Parts, api: httpx2.AsyncClient, method: str) -> None:
    artifact = await created(api)
    for etag in ("", '"x"', 'W/"1"', '"1", "2"', '"-1"', '""', "1", '"1', '"' + "1" * 19 + '"', "\u0663".encode()):
        wrong = detail(await api.request(method, f"/artifacts/{artifact['id']}", json={}, headers={"If-Match": etag}))
        assert wrong["loc"] == ["header", "if-match"]
        assert "one ETag that was read" in wrong["msg"]
    assert await head(parts) == 1


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_what_does_not_exist_has_no_version(api: httpx2.AsyncClient, method: str) -> None:
    for etag in ('"1"', "*"):
        response = await api.request(method, f"/artifacts/{NOBODY}", json={}, headers={"If-Match": etag})
        assert response.status_code == 404


async def test_of_many_who_have_read_one_version_one_changes_it(api: httpx2.AsyncClient) -> None:
    artifact = await created(api)

    async def change(number: int) -> int:
        path, headers = f"/artifacts/{artifact['id']}", {"If-Match": '"1"'}
        return (await api.patch(path, json={"data": number}, headers=headers)).status_code

    assert sorted(await asyncio.gather(*map(change, range(20)))) == [204] + [412] * 19


# Whole keys


async def test_a_key_is_deleted_with_all_its_versions(parts: Parts, api: httpx2.AsyncClient) -> None:
    versions = [await created(api, key="a", data=number) for number in range(3)]
    other = await created(api, key="b")
    recorded = await head(parts)
    response = await api.delete("/artifacts/collections/a")
    assert (response.status_code, response.content) == (204, b"")
    assert [(await api.get(f"/artifacts/{each['id']}")).status_code for each in versions] == [404] * 3
    assert (await api.get("/artifacts/a/latest")).status_code == 404
    assert await listed(api) == [other]
    assert (await kinds(parts))[recorded:] == [".deleted"] * 3 + ["-collection.deleted"]


async def test_an_empty_key_cannot_be_named_in_a_path(api: httpx2.AsyncClient) -> None:
    await created(api, key="")
    assert (await api.delete("/artifacts/collections/")).status_code in (404, 405)


async def test_a_key_that_does_not_exist_cannot_be_deleted(parts: Parts, api: httpx2.AsyncClient) -> None:
    await created(api, key="a")
    for key in ("b", "A", "a%00", "%0A", "%F0%9F%93%88", "%FF", "x" * 5000):
        response = await api.delete(f"/artifacts/collections/{key}")
        assert (response.status_code, response.json()) == (404, {"detail": "Artifact not found."})
    assert await head(parts) == 2


async def test_a_key_may_be_deleted_only_once(api: httpx2.AsyncClient) -> None:
    await created(api, key="a")
    answers = await asyncio.gather(*(api.delete("/artifacts/collections/a") for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [204] + [404] * 4


async def test_a_key_with_too_many_versions_is_not_deleted_at_once(parts: Parts, api: httpx2.AsyncClient) -> None:
    for number in (1000,) * 10 + (1,):
        assert (await batch(api, *({"key": "a"} for _ in range(number)))).status_code == 201
    recorded = await head(parts)
    response = await api.delete("/artifacts/collections/a")
    assert (response.status_code, response.json()["error"]) == (409, "too_many_versions")
    assert response.json()["facts"] == {"key": "a", "limit": 10_000}
    assert await head(parts) == recorded
    [newest] = await listed(api, limit=1)
    await deleted(api, newest)
    assert (await api.delete("/artifacts/collections/a")).status_code == 204
    assert await count(api) == 0


# Logs


async def test_each_workspace_has_a_log_of_its_own(parts: Parts, api: httpx2.AsyncClient) -> None:
    here = await created(api, key="a")
    response = await api.post(f"{WORKSPACE}/artifacts/", json={"key": "a"})
    there = response.json()
    assert response.headers[POSITION] == "2"
    assert await listed(api) == [here]
    assert await listed(api, f"{WORKSPACE}/artifacts/filter") == [there]
    assert (await api.get(f"{WORKSPACE}/artifacts/{here['id']}")).status_code == 404
    assert await kinds(parts, "an-account/a-workspace") == await kinds(parts)


async def test_every_route_is_there_in_a_workspace(api: httpx2.AsyncClient) -> None:
    artifact = (await api.post(f"{WORKSPACE}/artifacts/", json={"key": "a"})).json()
    await answered(api, "GET", f"{WORKSPACE}/artifacts/a/latest")
    await answered(api, "POST", f"{WORKSPACE}/artifacts/latest/count")
    await answered(api, "GET", f"{WORKSPACE}/health")
    assert (await api.post(f"{WORKSPACE}/artifacts/batch", json={"artifacts": [{}]})).status_code == 201
    assert (await api.patch(f"{WORKSPACE}/artifacts/{artifact['id']}", json={})).status_code == 204
    assert (await api.delete(f"{WORKSPACE}/artifacts/{artifact['id']}")).status_code == 204


async def test_a_key_for_retries_belongs_to_its_log(api: httpx2.AsyncClient) -> None:
    here = await api.post("/artifacts/", json={"data": 1}, headers={KEY: "once"})
    there = await api.post(f"{WORKSPACE}/artifacts/", json={"data": 2}, headers={KEY: "once"})
    assert (here.status_code, there.status_code) == (201, 201)


@pytest.mark.parametrize("name", ["%00", "a%00b", "%0A", "a%2Fb", "ü", "%FF", "a b", "x" * 3000, "", "a" * 101])
async def test_what_is_no_name_of_a_workspace_is_not_found(parts: Parts, api: httpx2.AsyncClient, name: str) -> None:
    for root in (f"/accounts/{name}/workspaces/w", f"/accounts/a/workspaces/{name}"):
        for method, path in (("POST", "/artifacts/"), ("POST", "/artifacts/filter"), ("GET", "/artifacts/a/latest")):
            response = await api.request(method, f"{root}{path}", json={})
            assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    assert await parts.store.logs() == []
