"""`/erasures`: what is shown before, what goes, what stays, and what is refused."""

import json
from typing import Any

import httpx2
import pytest

from events.catalog import ERASURE_BEGUN
from service.keys import Scope
from service.parts import Parts
from tests.contract.calls import FLOW_RUN, NOBODY, TASK_RUN, changed, created, deleted
from tests.erasing import LOG, SECRET, erased, outside, said, shown
from tests.invariants import check_log
from tests.keys import create_key
from tests.verifying import folded, verified


async def test_a_dry_run_says_what_would_go_and_takes_nothing(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, key="k", data=SECRET)
    await changed(api, artifact, data=SECRET * 2)
    before = await said(api)
    plan = await shown(api, key="k")
    assert (plan["state"], plan["artifacts"], plan["bodies"], plan["keys"]) == ("shown", 1, 2, ["k"])
    assert plan["bytes"] == sum(map(len, (await parts.store.bodies(LOG, [1, 3])).values()))
    assert await said(api) == before


async def test_of_an_erased_artifact_every_content_is_gone_and_the_chain_holds(
    api: httpx2.AsyncClient, parts: Parts
) -> None:
    artifact = await created(api, key="k", data=SECRET, description=SECRET)
    await changed(api, artifact, data=SECRET * 2)
    other = await created(api, key="k", data="stays")
    await erased(api, artifact=artifact["id"])
    assert SECRET not in await said(api)
    assert (await api.get(f"/artifacts/{artifact['id']}")).status_code == 404
    assert (await api.get("/artifacts/k/latest")).json()["data"] == "stays"
    assert (await api.get(f"/artifacts/{other['id']}")).json()["data"] == "stays"
    await check_log(parts.store, LOG)


async def test_an_event_without_its_content_says_so(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="k", data=SECRET, description=SECRET)
    await erased(api, artifact=artifact["id"])
    [cause] = [each for each in (await api.get("/log")).json()["events"] if each["event"]["event"] == ERASURE_BEGUN]
    absent = {"position": 1, "reason": "erased", "cause": cause["position"]}
    of_artifact, of_collection = [(await api.get(f"/log/{at}")).json()["event"]["payload"] for at in (1, 2)]
    assert of_artifact == {"key": "k", "type": None, "description": None, "digsite.absent": absent}
    assert (of_collection["data"], of_collection["digsite.absent"]) == (None, absent)
    body = await api.get("/log/1/body")
    assert (body.status_code, body.json()["error"], body.json()["facts"]["cause"]) == (
        410,
        "body_gone",
        cause["position"],
    )


async def test_a_key_goes_with_all_that_it_ever_had(api: httpx2.AsyncClient, parts: Parts) -> None:
    await deleted(api, await created(api, key="k", data=SECRET))
    await created(api, key="k", data=SECRET)
    await created(api, key="other", data="stays")
    shown = await erased(api, key="k")
    assert (shown["artifacts"], shown["bodies"]) == (2, 2)
    assert SECRET not in await said(api)
    assert [each["key"] for each in (await api.post("/artifacts/filter")).json()] == ["other"]
    await check_log(parts.store, LOG)


@pytest.mark.parametrize(("by", "run"), [("flow_run", FLOW_RUN), ("task_run", TASK_RUN)])
async def test_a_run_goes_with_all_that_it_wrote(api: httpx2.AsyncClient, by: str, run: str) -> None:
    await created(api, data=SECRET, **{f"{by}_id": run})
    await created(api, data="stays")
    role = by.replace("_", "-")
    await api.post(
        "/events",
        json=[outside(related=[{"prefect.resource.id": f"prefect.{role}.{run}", "prefect.resource.role": role}])],
    )
    assert (await erased(api, **{by: run}))["bodies"] == 2
    assert SECRET not in await said(api)
    assert "stays" in (await api.post("/artifacts/filter")).text


async def test_artifacts_that_match_a_filter_go(api: httpx2.AsyncClient) -> None:
    await created(api, key="a", type="table", data=SECRET)
    await created(api, key="b", type="markdown", data="stays")
    assert (await erased(api, artifacts={"type": {"any_": ["table"]}}))["artifacts"] == 1
    assert SECRET not in await said(api)


async def test_outside_events_that_match_a_filter_go_and_stay_known(api: httpx2.AsyncClient) -> None:
    events = [outside(1), outside(2)]
    await api.post("/events", json=events)
    assert (await erased(api, events={"resource": {"id": ["ship.1"]}}))["bodies"] == 1
    await api.post("/events", json=events)
    assert (await said(api)).count(SECRET) == 1


async def test_labels_go_if_that_is_asked(api: httpx2.AsyncClient, parts: Parts) -> None:
    await api.post("/events", json=[outside()])
    await created(api, key="the-key", data=SECRET)
    assert "the-key" in (await said(api))
    await erased(api, key="the-key", labels=True)
    await erased(api, events={"event": {"name": ["ship.sailed"]}}, labels=True)
    told = await said(api)
    assert [word for word in ("the-key", "Aurora", "ship.1", SECRET) if word in told] == []
    assert (await created(api, key="the-key"))["key"] == "the-key"
    rebuilt = [json.loads(line) for line in (await api.post("/rebuild")).text.splitlines()]
    assert {step["differences"] for step in rebuilt if step["step"] == "Rebuilt"} == {0}
    await folded(parts, (await parts.store.head(LOG)).position)
    assert await verified(parts.settings.database) is None


async def test_without_that_labels_stay(api: httpx2.AsyncClient) -> None:
    await created(api, key="the-key", data=SECRET)
    await erased(api, key="the-key")
    assert "the-key" in await said(api)


async def test_what_came_meanwhile_must_be_looked_at(api: httpx2.AsyncClient) -> None:
    await created(api, key="k", data=SECRET)
    plan = await shown(api, key="k")
    await created(api, key="k", data="came meanwhile")
    response = await api.post("/erasures", json={"key": "k", "reason": "r", "confirm": plan["confirm"]})
    assert (response.status_code, response.json()["error"]) == (409, "erasure_differs")
    assert SECRET in await said(api)


async def test_what_was_shown_of_something_else_confirms_nothing(api: httpx2.AsyncClient) -> None:
    await created(api, key="a", data=SECRET)
    await created(api, key="b", data=SECRET)
    confirm = (await shown(api, key="a"))["confirm"]
    response = await api.post("/erasures", json={"key": "b", "reason": "r", "confirm": confirm})
    assert response.status_code == 409


async def test_confirmed_again_it_is_the_same_erasure(api: httpx2.AsyncClient) -> None:
    await created(api, key="k", data=SECRET)
    asked = {"key": "k", "reason": "r"}
    asked["confirm"] = (await shown(api, **asked))["confirm"]
    first, again = [(await api.post("/erasures", json=asked)).json() for _ in range(2)]
    assert first == again
    assert (await api.get(f"/erasures/{first['id']}")).json() == first
    assert (await api.get("/erasures")).json() == [first]


async def test_what_is_erased_is_not_erased_again(api: httpx2.AsyncClient) -> None:
    await created(api, key="k", data=SECRET)
    await erased(api, key="k")
    response = await api.post("/erasures", json={"key": "k", "reason": "r"})
    assert (response.status_code, response.json()["error"]) == (404, "nothing_to_erase")
    assert (await erased(api, key="k", labels=True))["bodies"] == 0


@pytest.mark.parametrize("asked", [{"artifact": NOBODY}, {"key": "unknown"}, {"events": {"id": {"id": [NOBODY]}}}])
async def test_nothing_is_refused(api: httpx2.AsyncClient, asked: dict[str, Any]) -> None:
    response = await api.post("/erasures", json={"reason": "r", **asked})
    assert (response.status_code, response.json()["error"]) == (404, "nothing_to_erase")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"key": "a", "artifact": NOBODY},
        {"artifacts": {}},
        {"artifacts": {"key": {}}},
        {"events": {}},
        {"events": {"event": {}}},
        {"key": "a", "reason": ""},
        {"key": "a", "reason": "x" * 501},
        {"key": "a", "confirm": "x"},
        {"key": "a", "unknown": 1},
        {"artifact": "x"},
    ],
)
async def test_what_is_not_right_is_refused(api: httpx2.AsyncClient, asked: dict[str, Any]) -> None:
    assert (await api.post("/erasures", json={"reason": "r", **asked})).status_code == 422


async def test_everything_goes_only_if_that_is_said(api: httpx2.AsyncClient) -> None:
    await created(api, data=SECRET)
    assert (await erased(api, artifacts={}, everything=True))["artifacts"] == 1


@pytest.mark.parametrize("path", ["/erasures/x", "/erasures?before=x", "/erasures?limit=0", "/erasures?limit=51"])
async def test_what_cannot_be_looked_at_is_refused(api: httpx2.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 422


async def test_an_erasure_that_nobody_asked_for_is_not_found(api: httpx2.AsyncClient) -> None:
    response = await api.get(f"/erasures/{NOBODY}")
    assert (response.status_code, response.json()["error"]) == (404, "erasure_not_found")


async def test_it_takes_the_scope_admin(api: httpx2.AsyncClient, parts: Parts) -> None:
    token = await create_key(parts.store, "writer", Scope.WRITE)
    for call in (api.get("/erasures", headers=_with(token)), api.post("/erasures", json={}, headers=_with(token))):
        assert (await call).status_code == 403


def _with(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
