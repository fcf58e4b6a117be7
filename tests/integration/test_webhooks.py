"""Webhooks against a real receiver: what is posted, and what becomes of what is not taken."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.app import create_app, opened
from service.parts import Parts
from service.settings import Settings
from service.webhooks import courier, dispatcher
from tests.contract.calls import created
from tests.databases import ON_POSTGRES
from tests.receiver import Answer, Post, Receiver
from tests.servers import LiveServer

W = "/subscriptions/hook"
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CREATED = {"event": {"name": ["prefect.artifact.created"]}}


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks now and then for what is to do again looks all the time."""
    monkeypatch.setattr(courier, "IDLE_S", 0.01)
    monkeypatch.setattr(dispatcher, "LOOK_S", 0.01)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=database_url, webhook_allow_private=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def client_of(parts: Parts) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(parts)), base_url="http://digsite/api")


async def hook(api: httpx2.AsyncClient, receiver: Receiver, *, url: str = "", **terms: Any) -> None:
    """A webhook to the receiver, for all artifacts that are created. What is given goes where it belongs."""
    own = {name: terms.pop(name) for name in ("visibility_s", "attempts_max", "filter") if name in terms}
    body = {"filter": CREATED, "start": "start", "webhook": {"url": url or receiver.url, **terms}, **own}
    response = await api.put(W, json=body)
    assert response.status_code in (200, 201), response.text


async def came(receiver: Receiver, count: int) -> list[Post]:
    return await asyncio.to_thread(receiver.wait_for, count)


async def shows(api: httpx2.AsyncClient, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The subscription, as soon as it is so."""
    async with asyncio.timeout(20):
        while not is_so(shown := (await api.get(W)).json()):
            await asyncio.sleep(0.02)
        return shown


async def test_an_event_is_posted_as_a_cloud_event(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    await hook(api, receiver, headers={"Authorization": "Bearer t"})
    artifact = await created(api, key="report", data="ü")
    [post] = await came(receiver, 1)
    event = post.json
    assert event["event"] == "prefect.artifact.created"
    assert {name: value for name, value in post.headers.items() if name.startswith("ce-")} == {
        "ce-specversion": "1.0",
        "ce-id": event["id"],
        "ce-source": "/logs/default",
        "ce-type": "prefect.artifact.created",
        "ce-subject": f"prefect.artifact.{artifact['id']}",
        "ce-time": event["occurred"],
        "ce-digsiteposition": "1",
        "ce-digsitesubscription": "hook",
        "ce-digsiteattempt": "1",
    }
    assert post.headers["content-type"] == "application/json"
    assert post.headers["authorization"] == "Bearer t"
    assert "webhook-signature" not in post.headers
    shown = await shows(api, lambda shown: shown["outstanding"] == 0 and shown["checkpoint"] >= 1)
    assert shown["failures"] == 0


async def test_a_post_is_signed_so_that_anybody_who_knows_the_secret_can_check_it(
    api: httpx2.AsyncClient, receiver: Receiver
) -> None:
    await hook(api, receiver, secret=SECRET)
    await created(api)
    [post] = await came(receiver, 1)
    sent = post.headers
    content = sent["webhook-id"].encode() + b"." + sent["webhook-timestamp"].encode() + b"." + post.body
    wanted = base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{wanted}"
    assert abs(int(sent["webhook-timestamp"]) - time.time()) < 30


async def test_many_events_go_in_one_post_if_that_is_wanted(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    for number in range(7):
        await created(api, description=str(number))
    await hook(api, receiver, batch_max=4)
    posts = await came(receiver, 3)
    assert [len(post.json) for post in posts] == [1, 2, 4]  # the first shows that the receiver is there
    assert {post.headers["content-type"] for post in posts} == {"application/cloudevents-batch+json"}
    items = [item for post in posts for item in post.json]
    assert [item["data"]["payload"]["description"] for item in items] == list("0123456")
    assert [item["id"] for item in items] == [item["data"]["id"] for item in items]
    assert items[1]["digsiteposition"] == "2"


async def test_what_is_not_taken_is_posted_again_as_the_same_message(
    api: httpx2.AsyncClient, receiver: Receiver
) -> None:
    answers = iter([500, 204])
    receiver.answer = lambda _: next(answers)
    await hook(api, receiver, secret=SECRET)
    await created(api)
    first, second = await came(receiver, 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["ce-digsiteattempt"] == "2"
    assert 0.5 <= second.at - first.at < 5


async def test_the_later_events_of_a_thing_wait_and_those_of_others_do_not(
    api: httpx2.AsyncClient, receiver: Receiver
) -> None:
    slow, other = await created(api, data=0), await created(api, data=0)
    await api.patch(f"/artifacts/{slow['id']}", json={"data": 1})
    failed: list[int] = []

    def answer(post: Post) -> Answer:
        is_first = slow["id"] in post.headers["ce-subject"] and not failed
        failed.append(1) if is_first else None
        return 500 if is_first else 204

    receiver.answer = answer
    await hook(api, receiver, filter={"event": {"prefix": ["prefect.artifact."]}})
    posts = [post.headers["ce-subject"][-36:] for post in await came(receiver, 4)]
    assert posts == [slow["id"], other["id"], slow["id"], slow["id"]]


async def test_what_is_never_taken_is_parked_and_can_be_delivered_after_all(
    api: httpx2.AsyncClient, receiver: Receiver
) -> None:
    receiver.answer = lambda post: 422 if post.position == 1 else 204
    await created(api, data="poison")
    await created(api, data="good")
    await hook(api, receiver, attempts_max=1)
    assert (await shows(api, lambda shown: shown["parked"] == 1))["disabled"] is None
    await came(receiver, 2)
    [parked] = (await api.get(f"{W}/parked")).json()["parked"]
    assert (parked["position"], parked["error"]) == (1, "The receiver answered 422.")
    receiver.answer = lambda _: 204
    await api.post(f"{W}/parked/1/retry")
    assert [post.position for post in await came(receiver, 3)] == [1, 2, 1]
    await shows(api, lambda shown: shown["outstanding"] == shown["parked"] == 0)


async def test_any_event_can_be_posted_again(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    await created(api)
    await hook(api, receiver)
    await came(receiver, 1)
    await shows(api, lambda shown: shown["lag"] == 0)
    await api.post(f"{W}/replay", json={"position": 1})
    first, again = await came(receiver, 2)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]


async def test_a_receiver_that_is_gone_switches_it_off_until_it_is_switched_on(
    api: httpx2.AsyncClient, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 410
    await created(api)
    await hook(api, receiver)
    shown = await shows(api, lambda shown: shown["disabled"] is not None)
    assert (shown["disabled"], shown["outstanding"]) == ("The receiver answered 410.", 1)
    assert (await api.post(f"{W}/fetch", json={})).json()["error"] == "subscription_disabled"
    receiver.answer = lambda _: 204
    assert (await api.post(f"{W}/enable")).json()["disabled"] is None
    assert [post.headers["ce-digsiteattempt"] for post in await came(receiver, 2)] == ["1", "1"]


async def test_too_many_failures_in_a_row_switch_it_off(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.answer = lambda _: 500
    for _ in range(4):
        await created(api)
    await hook(api, receiver, failures_max=3)
    shown = await shows(api, lambda shown: shown["disabled"] is not None)
    assert (shown["disabled"], shown["failures"]) == ("3 posts in a row have failed.", 3)
    assert len(receiver.posts) == 3


async def test_a_receiver_that_asks_for_quiet_gets_it(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    answers = iter([(503, {"Retry-After": "2"}), 204, 204])
    receiver.answer = lambda _: next(answers)
    await created(api)
    await created(api)
    await hook(api, receiver)
    assert (await shows(api, lambda shown: shown["failures"] == 1))["paused_until"] is not None
    posts = await came(receiver, 3)
    assert posts[1].at - posts[0].at >= 1.9
    shown = await shows(api, lambda shown: shown["outstanding"] == 0)
    assert (shown["failures"], shown["paused_until"]) == (0, None)


async def test_a_redirect_is_not_followed(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.answer = lambda _: (302, {"Location": "/elsewhere"})
    await created(api)
    await hook(api, receiver, attempts_max=1)
    await shows(api, lambda shown: shown["parked"] == 1)
    [parked] = (await api.get(f"{W}/parked")).json()["parked"]
    assert (parked["error"], len(receiver.posts)) == (
        "The receiver answered 302. Redirects are not followed.",
        1,
    )


async def test_a_receiver_that_takes_too_long_has_not_taken_it(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    receiver.answer = lambda _: time.sleep(1.5) or 204  # type: ignore[func-returns-value]
    await created(api)
    await hook(api, receiver, attempts_max=1, timeout_s=1)
    await shows(api, lambda shown: shown["parked"] == 1)
    [parked] = (await api.get(f"{W}/parked")).json()["parked"]
    assert parked["error"] == "No answer within 1 s."


async def test_a_receiver_that_is_not_there_is_tried_again(api: httpx2.AsyncClient, receiver: Receiver) -> None:
    await created(api)
    await hook(api, receiver, url="http://127.0.0.1:1/", attempts_max=1)
    await shows(api, lambda shown: shown["parked"] == 1)
    await hook(api, receiver, attempts_max=1)  # the right address
    await api.post(f"{W}/parked/1/retry")
    await came(receiver, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
async def test_an_address_that_is_not_public_gets_nothing_unless_it_is_allowed(
    host: str, sqlite_url: str, tmp_path: Path, receiver: Receiver
) -> None:
    async with opened(Settings(home=tmp_path, database_url=sqlite_url)) as parts, client_of(parts) as api:
        await created(api)
        await hook(api, receiver, url=receiver.url.replace("127.0.0.1", host), attempts_max=1)
        await shows(api, lambda shown: shown["parked"] == 1)
        [parked] = (await api.get(f"{W}/parked")).json()["parked"]
        assert "is not a public address" in parked["error"]
    assert receiver.posts == []


@pytest.fixture
async def two_processes(settings: Settings) -> AsyncIterator[list[Parts]]:
    if settings.database.startswith("sqlite"):
        pytest.skip("SQLite has one writing process per file")
    async with opened(settings) as one, opened(settings) as other:
        yield [one, other]


async def test_two_processes_post_each_event_once_and_nothing_of_one_thing_at_once(
    two_processes: list[Parts], receiver: Receiver
) -> None:
    receiver.answer = lambda _: time.sleep(0.01) or 204  # type: ignore[func-returns-value]
    async with client_of(two_processes[0]) as api:
        artifacts = [await created(api, data=0) for _ in range(6)]
        for number in range(1, 6):
            for artifact in artifacts:
                await api.patch(f"/artifacts/{artifact['id']}", json={"data": number})
        await hook(api, receiver, filter={"event": {"prefix": ["prefect.artifact."]}})
        posts = await came(receiver, 36)
        await shows(api, lambda shown: shown["outstanding"] == 0 and shown["lag"] == 0)
    assert len(receiver.posts) == 36
    assert len({post.headers["webhook-id"] for post in posts}) == 36
    assert receiver.overlaps == []
    for artifact in artifacts:
        own = [post.position for post in posts if artifact["id"] in post.headers["ce-subject"]]
        assert own == sorted(own)


async def test_a_server_with_a_webhook_stops_as_soon_as_it_is_told(
    sqlite_url: str, start_server: Callable[..., LiveServer], receiver: Receiver
) -> None:
    server = start_server(sqlite_url, DIGSITE_WEBHOOK_ALLOW_PRIVATE="true")
    async with httpx2.AsyncClient(base_url=server.url) as api:
        await hook(api, receiver)
        await created(api)
        await came(receiver, 1)
    assert await asyncio.to_thread(server.stop) == 0


@ON_POSTGRES
@pytest.mark.slow
async def test_what_a_killed_server_was_posting_is_posted_again(
    database_url: str, start_server: Callable[..., LiveServer], receiver: Receiver
) -> None:
    receiver.answer = lambda _: time.sleep(3 if len(receiver.posts) == 1 else 0) or 204  # type: ignore[func-returns-value]
    server = start_server(database_url, DIGSITE_WEBHOOK_ALLOW_PRIVATE="true")
    async with httpx2.AsyncClient(base_url=server.url) as api:
        await hook(api, receiver, visibility_s=7, timeout_s=2)
        await created(api)
        await came(receiver, 1)
    server.kill()
    server.start()
    first, second = await came(receiver, 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.at - first.at > 5
    assert receiver.overlaps == []
    async with httpx2.AsyncClient(base_url=server.url) as api:
        await shows(api, lambda shown: shown["outstanding"] == 0)
