"""The facts of an artifact: its place among the versions of its key, who wrote it, and what became of it."""

from hashlib import sha256
from typing import Any

import httpx2

from service.parts import Parts
from service.provenance import from_upstream
from service.schemas.facts import Facts
from tests.contract.calls import NOBODY, answered, changed, created, deleted
from tests.erasing import erased
from tests.run_events import RUN, TASK, flow_run, task_run


async def facts(api: httpx2.AsyncClient, artifact: dict[str, Any], **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await answered(api, "GET", f"/ui/artifacts/{artifact['id']}", params=query)).json()
    Facts.model_validate(found)
    return found


async def test_facts_say_where_an_artifact_stands_and_who_wrote_it(api: httpx2.AsyncClient) -> None:
    sent = {"key": "stock", "type": "markdown", "data": "12 boxes", "description": "counted", "metadata_": {"n": "1"}}
    made = (await api.post("/artifacts/", json=sent, headers={"User-Agent": "a-program"})).json()
    found = await facts(api, made)
    entry = (await answered(api, "GET", "/log/1")).json()
    assert found | sent == found | {"data": "12 boxes"}
    assert (found["position"], found["hash"], found["event_id"]) == (1, entry["hash"], entry["event"]["id"])
    assert (found["actor"], found["client"], found["shown_as"]) == ("anonymous", "a-program", "markdown")
    assert (found["data_bytes"], found["data_sha256"]) == (10, sha256(b'"12 boxes"').hexdigest())


async def test_facts_say_who_changed_it_last(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data=1)
    await api.patch(f"/artifacts/{made['id']}", json={"data": 2}, headers={"User-Agent": "another"})
    found = await facts(api, made)
    assert (found["client"], found["position"], found["created_position"], found["version"]) == ("another", 3, 1, 2)
    assert (await facts(api, made, as_of=1))["position"] == 1


async def test_a_version_knows_its_number_and_its_neighbours(api: httpx2.AsyncClient) -> None:
    made = [await created(api, key="stock", data=number) for number in range(4)]
    await deleted(api, made[1])
    found = await facts(api, made[2])
    assert (found["number"], found["versions"]) == (3, 4)
    assert (found["previous_id"], found["next_id"]) == (made[0]["id"], made[3]["id"])
    then = await facts(api, made[2], as_of=found["position"])
    assert (then["number"], then["versions"], then["previous_id"], then["next_id"]) == (3, 3, made[1]["id"], None)


async def test_what_has_no_key_stands_alone(api: httpx2.AsyncClient) -> None:
    found = await facts(api, await created(api, data=1))
    assert [found[each] for each in ("number", "versions", "previous_id", "next_id")] == [1, 1, None, None]


async def test_a_deleted_artifact_says_when_and_by_whom(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data=1)
    await deleted(api, made)
    gone = (await facts(api, made))["deleted"]
    assert (gone["position"], gone["kind"], gone["actor"]) == (3, "prefect.artifact.deleted", "anonymous")
    assert (await facts(api, made, as_of=2))["deleted"] is None


async def test_what_was_not_there_yet_is_not_found(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data=1)
    for path in (f"/ui/artifacts/{made['id']}?as_of=0", f"/ui/artifacts/{NOBODY}"):
        assert (await api.get(path)).status_code == 404


async def test_erased_content_says_why(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data="a secret", description="of whom")
    await erased(api, key="stock")
    found = await facts(api, made)
    assert (found["description"], found["data_bytes"], found["shown_as"]) == (None, None, None)
    assert found["preview"] == {"kind": "absent", "reason": "erased"}
    assert (found["absent"]["reason"], found["absent"]["cause"]["kind"]) == ("erased", "digsite.erasure.begun")


async def test_a_restored_artifact_says_from_where(api: httpx2.AsyncClient) -> None:
    made = await created(api, key="stock", data=1)
    await changed(api, made, data=2)
    again = (await api.post(f"/artifacts/{made['id']}/restore", json={"as_of": 1})).json()
    assert (await facts(api, again))["restored_from"] == {"artifact_id": made["id"], "position": 1}


async def test_facts_name_the_runs(parts: Parts, api: httpx2.AsyncClient) -> None:
    position = await parts.events.record(
        "default", (flow_run("Running"), task_run("Running")), from_upstream("http://p/api")
    )
    await parts.runner.wait_for("default", "runs", position, 20)
    found = await facts(api, await created(api, key="stock", flow_run_id=RUN, task_run_id=TASK, data=1))
    assert (found["flow_run_name"], found["task_run_name"]) == ("helpful-narwhal", "t-d3e")
