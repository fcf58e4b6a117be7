"""The routes of named subscriptions: what each answers, and what each refuses."""

import asyncio
from typing import Any

import httpx2
import pytest

from service.keys import Scope
from service.parts import Parts
from tests.contract.calls import created
from tests.keys import create_key

W = "/subscriptions/workers"
SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


async def subscribed(api: httpx2.AsyncClient, name: str = "workers", **terms: Any) -> dict[str, Any]:
    """A named subscription to the artifacts that are created, from the start."""
    defaults = {"filter": {"event": {"name": ["prefect.artifact.created"]}}, "start": "start"}
    response = await api.put(f"/subscriptions/{name}", json=defaults | terms)
    assert response.status_code in (200, 201), response.text
    return response.json()


async def fetched(api: httpx2.AsyncClient, path: str = W, **asked: Any) -> list[dict[str, Any]]:
    response = await api.post(f"{path}/fetch", json={"max": 100} | asked)
    assert response.status_code == 200, response.text
    return response.json()["deliveries"]


async def said(api: httpx2.AsyncClient, what: str, *tokens: str, **more: Any) -> httpx2.Response:
    return await api.post(f"{W}/{what}", json={"tokens": tokens, **more})


async def shown(api: httpx2.AsyncClient) -> dict[str, Any]:
    return (await api.get(W)).json()


async def test_a_subscription_is_made_once_and_then_stays(api: httpx2.AsyncClient) -> None:
    body = {"filter": {"event": {"prefix": ["a"]}}, "start": "head"}
    first, second = await api.put(W, json=body), await api.put(W, json=body | {"visibility_s": 5})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"visibility_s": 5.0}


async def test_another_filter_or_start_is_refused_unless_it_may_begin_anew(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api)
    await fetched(api)
    refused = await api.put(W, json={"start": "head"})
    assert (refused.status_code, refused.json()["error"]) == (409, "subscription_differs")
    assert (await shown(api))["outstanding"] == 1
    again = await api.put(f"{W}?reset=true", json={"start": "head"})
    assert (again.status_code, again.json()["outstanding"], again.json()["lag"]) == (201, 0, 0)


@pytest.mark.parametrize(
    ("start", "expected"), [("start", 3), ("head", 0), (2, 1), ("2", 1), ("2020-01-01T00:00:00Z", 3)]
)
async def test_a_subscription_begins_where_it_is_told(api: httpx2.AsyncClient, start: str | int, expected: int) -> None:
    for number in range(3):
        await created(api, data=number)
    await subscribed(api, start=start)
    assert len(await fetched(api)) == expected


async def test_a_start_ahead_of_the_log_is_refused(api: httpx2.AsyncClient) -> None:
    refused = await api.put(W, json={"start": 5})
    assert (refused.status_code, refused.json()["error"]) == (409, "ahead_of_head")
    assert (await api.get(W)).status_code == 404


async def test_an_event_is_fetched_with_all_that_is_needed_to_settle_it(api: httpx2.AsyncClient) -> None:
    artifact = await created(api, key="report", data=[1, 2.0])
    await subscribed(api)
    [delivery] = await fetched(api, member="ann")
    assert (delivery["position"], delivery["attempt"]) == (1, 1)
    assert delivery["event"]["resource"]["prefect.resource.id"] == f"prefect.artifact.{artifact['id']}"
    assert (await said(api, "ack", delivery["token"])).status_code == 204
    assert (await shown(api)) | {"checkpoint": 2, "lag": 0, "outstanding": 0} == await shown(api)


async def test_what_is_leased_goes_to_nobody_else(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api)
    assert len(await fetched(api, member="ann")) == 1
    assert await fetched(api, member="bob") == []


async def test_what_is_settled_already_is_refused_and_nothing_else_changes(api: httpx2.AsyncClient) -> None:
    await created(api)
    await created(api)
    await subscribed(api)
    first, second = await fetched(api)
    await said(api, "ack", first["token"])
    for what in ("ack", "nack", "extend"):
        refused = await said(api, what, second["token"], first["token"])
        assert (refused.status_code, refused.json()["facts"]) == (409, {"tokens": [first["token"]]})
    assert (await shown(api))["outstanding"] == 1
    assert (await said(api, "ack", second["token"])).status_code == 204


async def test_a_failed_event_comes_again_until_it_is_parked(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api, attempts_max=2)
    for attempt in (1, 2):
        [delivery] = await fetched(api)
        assert delivery["attempt"] == attempt
        await said(api, "nack", delivery["token"], delay_s=0, error="disk is full \0")
    assert await fetched(api) == []
    [parked] = (await api.get(f"{W}/parked")).json()["parked"]
    assert (parked["position"], parked["attempts"], parked["error"]) == (1, 2, "disk is full \0")
    assert parked["event"]["id"] == delivery["event"]["id"]


async def test_a_failed_event_waits_longer_by_default(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api)
    [delivery] = await fetched(api)
    await said(api, "nack", delivery["token"])
    assert await fetched(api) == []
    [again] = await fetched(api, wait_s=5)
    assert again["attempt"] == 2


async def test_what_is_parked_can_be_tried_again_or_discarded(api: httpx2.AsyncClient) -> None:
    await created(api)
    await created(api)
    await subscribed(api, attempts_max=1)
    deliveries = await fetched(api)
    await said(api, "nack", *(each["token"] for each in deliveries))
    one, two = (each["position"] for each in deliveries)
    assert (await api.post(f"{W}/parked/{one}/retry")).status_code == 204
    assert (await api.delete(f"{W}/parked/{two}")).status_code == 204
    assert [each["attempt"] for each in await fetched(api)] == [1]
    assert (await api.get(f"{W}/parked")).json() == {"parked": [], "after": None}
    refused = await api.delete(f"{W}/parked/{two}")
    assert (refused.status_code, refused.json()["error"]) == (404, "not_parked")


async def test_any_event_of_the_past_can_be_delivered_again(api: httpx2.AsyncClient) -> None:
    await created(api, key="k")
    await subscribed(api)
    [delivery] = await fetched(api)
    await said(api, "ack", delivery["token"])
    assert (await api.post(f"{W}/replay", json={"position": 2})).status_code == 202
    assert [each["position"] for each in await fetched(api)] == [2]
    refused = await api.post(f"{W}/replay", json={"position": 3})
    assert (refused.status_code, refused.json()["error"]) == (409, "not_delivered")


async def test_a_lease_can_be_extended(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api, visibility_s=1)
    [delivery] = await fetched(api)
    extended = await said(api, "extend", delivery["token"], by_s=3600)
    assert extended.json()["until"] > delivery["until"]
    assert await fetched(api, wait_s=1.5) == []


async def test_an_event_that_was_not_settled_in_time_comes_again(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api, visibility_s=1)
    [first] = await fetched(api)
    [second] = await fetched(api, wait_s=5)
    assert (first["position"], second["attempt"]) == (second["position"], 2)
    assert (await said(api, "ack", first["token"])).status_code == 409


async def test_a_fetch_that_waits_is_answered_by_the_next_event(api: httpx2.AsyncClient) -> None:
    await subscribed(api)
    waiting = asyncio.create_task(fetched(api, wait_s=30))
    await asyncio.sleep(0)
    await created(api)
    assert len(await asyncio.wait_for(waiting, 10)) == 1


async def test_a_large_backlog_does_not_come_at_once(api: httpx2.AsyncClient) -> None:
    for _ in range(6):
        await created(api, data="x" * 900_000)
    await subscribed(api)
    first = await fetched(api)
    assert 1 <= len(first) < 6
    assert [each["attempt"] for each in await fetched(api)][:1] == [1]


async def test_all_subscriptions_of_a_log_are_listed_with_their_lag(api: httpx2.AsyncClient) -> None:
    await subscribed(api, "b", start="start")
    await created(api)
    await subscribed(api, "a", start="head")
    listed = (await api.get("/subscriptions")).json()
    assert [(each["name"], each["lag"]) for each in listed["named"]] == [("a", 0), ("b", 1)]
    other = await api.get("/accounts/acme/workspaces/research/subscriptions")
    assert other.json()["named"] == []


async def test_a_deleted_subscription_is_gone(api: httpx2.AsyncClient) -> None:
    await created(api)
    await subscribed(api)
    await fetched(api)
    assert (await api.delete(W)).status_code == 204
    assert (await api.get(W)).status_code == (await api.delete(W)).status_code == 404
    await subscribed(api)
    assert [each["attempt"] for each in await fetched(api)] == [1]


@pytest.mark.parametrize("name", ["a b", "ü", "%00", "x" * 101])
async def test_what_cannot_be_a_name_is_refused(api: httpx2.AsyncClient, name: str) -> None:
    assert (await api.put(f"/subscriptions/{name}", json={})).status_code == 422
    assert (await api.get(f"/subscriptions/{name}")).status_code == 404


@pytest.mark.parametrize(
    "webhook",
    [
        {"url": "ftp://example.com"},
        {"url": "http://"},
        {"url": "http://user:pw@example.com/"},
        {"url": "http://example.com", "secret": "plain"},
        {"url": "http://example.com", "secret": "whsec_c2hvcnQ="},
        {"url": "http://example.com", "headers": {"Host": "elsewhere"}},
        {"url": "http://example.com", "headers": {"x": "a\r\nb"}},
        {"url": "http://example.com", "timeout_s": 61},
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(api: httpx2.AsyncClient, webhook: dict[str, Any]) -> None:
    assert (await api.put(W, json={"webhook": webhook})).status_code == 422


async def test_the_lease_of_a_webhook_is_longer_than_a_post(api: httpx2.AsyncClient) -> None:
    shown = await subscribed(api, visibility_s=1, webhook={"url": "http://192.0.2.1/", "timeout_s": 60})
    assert shown["visibility_s"] == 65


@pytest.mark.parametrize("position", ["null", "-1", "1.5", "9" * 19])
async def test_what_is_no_position_is_refused(api: httpx2.AsyncClient, position: str) -> None:
    await subscribed(api)
    assert (await api.post(f"{W}/parked/{position}/retry")).status_code == 422
    assert (await api.get(f"{W}/parked?after={position}")).status_code == 422


async def test_secrets_are_never_shown_and_not_lost_when_the_rest_changes(
    parts: Parts, api: httpx2.AsyncClient
) -> None:
    webhook = {"url": "http://192.0.2.1/hook", "secret": SECRET, "headers": {"Authorization": "Bearer hidden"}}
    shown = await subscribed(api, webhook=webhook)
    assert (shown["webhook"]["is_signed"], shown["webhook"]["headers"]) == (True, ["Authorization"])
    again = await subscribed(api, webhook={"url": webhook["url"], "batch_max": 5})
    assert again["webhook"] == shown["webhook"] | {"batch_max": 5}
    elsewhere = await subscribed(api, webhook={"url": "http://192.0.2.1/other"})
    assert (elsewhere["webhook"]["is_signed"], elsewhere["webhook"]["headers"]) == (False, [])
    listed = await api.get("/subscriptions")
    assert "hidden" not in listed.text
    assert SECRET not in listed.text


async def test_a_member_needs_to_read_and_whoever_changes_a_subscription_to_write(
    parts: Parts, api: httpx2.AsyncClient
) -> None:
    await created(api)
    await subscribed(api)
    token = await create_key(parts.store, "reader", Scope.READ)
    parts.access.forget_keys()
    reader = {"authorization": f"Bearer {token}"}
    api.headers.update(reader)
    [delivery] = await fetched(api)
    assert (await said(api, "ack", delivery["token"])).status_code == 204
    for method, path in (("PUT", W), ("DELETE", W), ("POST", f"{W}/enable"), ("POST", f"{W}/parked/1/retry")):
        assert (await api.request(method, path)).status_code == 403
