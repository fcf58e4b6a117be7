"""`digsite-server replay`: a piece of history once more, to each target."""

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import redis
from rich.console import Console

from events.stores import open_store
from projections import INLINE
from service.exports.taking import LogNotEmpty
from service.parts import Parts
from service.replay.pace import InvalidSpeed, Pace, speed_of
from service.replay.showing import InvalidReplay, Progressed, Wanted, _Replay
from service.replay.targets import TRIES_MAX, TargetFailed
from service.webhooks.message import SECRET_PREFIX
from tests.invariants import read_whole_log
from tests.receiver import Receiver

SECRET = SECRET_PREFIX + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def history(api: httpx2.AsyncClient) -> None:
    """Ten events: five artifacts of one key."""
    for number in range(5):
        await api.post("/artifacts/", json={"key": "a", "data": number})


async def replayed(parts: Parts, done: Progressed | None = None, **said: Any) -> list[dict[str, Any]]:
    """Replay, and answer with the lines that went to the standard output."""
    nothing: dict[str, Any] = dict.fromkeys(("first", "upto", "filter", "webhook", "secret", "redis", "database"))
    wanted = Wanted(**{**nothing, "log": "default", "speed": "max", **said})
    lines: list[str] = []
    await _Replay(parts.settings, wanted, lines.append, Console(file=io.StringIO()), done or Progressed()).run()
    return [json.loads(line) for line in "".join(lines).splitlines()]


async def test_the_standard_output_has_what_a_page_has(parts: Parts, api: httpx2.AsyncClient, history: None) -> None:
    lines = await replayed(parts, first=3, upto=8)
    page = (await api.get("/log", params={"after": 2, "until": 8})).json()["events"]
    assert lines == [{"position": each["position"], "event": each["event"]} for each in page]


async def test_posts_are_those_of_the_subscription_and_say_what_they_are(
    parts: Parts, api: httpx2.AsyncClient, history: None, receiver: Receiver
) -> None:
    live = {"url": receiver.url, "secret": SECRET, "headers": {"X-Team": "data"}}
    terms = {"webhook": live, "filter": {"event": {"name": ["none"]}}}
    response = await api.put("/subscriptions/orders", json=terms)
    assert response.is_success, response.text
    parts.settings.webhook_allow_private = True
    await replayed(parts, first=9, webhook="orders")
    first, second = receiver.posts
    assert [post.position for post in (first, second)] == [9, 10]
    assert (first.headers["ce-digsitereplay"], first.headers["ce-digsitesubscription"]) == ("true", "orders")
    assert (first.headers["x-team"], first.headers["webhook-signature"][:3]) == ("data", "v1,")
    assert first.json == (await api.get("/log/9")).json()["event"]


async def test_a_receiver_that_refuses_ends_it_and_is_gone_on_with(
    parts: Parts, history: None, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.replay.targets.PAUSE_S", 0)
    receiver.answer = lambda post: 500 if post.position == 4 else 204
    done = Progressed()
    with pytest.raises(TargetFailed):
        await replayed(parts, done, webhook=receiver.url)
    assert len(receiver.posts) == 3 + TRIES_MAX
    assert "--from 4 " in done.advice
    receiver.answer = lambda _: 204
    await replayed(parts, first=done.next, webhook=receiver.url)
    assert [post.position for post in receiver.posts[-7:]] == list(range(4, 11))


async def test_a_stream_in_redis_has_each_event_once(
    parts: Parts, history: None, redis_url: str, redis_prefix: str
) -> None:
    parts.settings.redis_url = redis_url
    key = f"{redis_prefix}:again"
    await replayed(parts, upto=4, redis=key)
    await replayed(parts, redis=key)
    with redis.Redis.from_url(redis_url) as client:
        entries: Any = client.xrange(key)
    assert [entry.decode() for entry, _ in entries] == [f"{position}-0" for position in range(1, 11)]
    assert {values[b"replay"] for _, values in entries} == {b"1"}
    with pytest.raises(InvalidReplay):
        await replayed(parts, redis=key)
    with pytest.raises(InvalidReplay):
        await replayed(parts, redis="digsite:log:default")


async def test_a_fresh_database_is_the_same_log(
    parts: Parts, api: httpx2.AsyncClient, history: None, bare_sqlite_url: str
) -> None:
    await replayed(parts, upto=4, database=bare_sqlite_url)
    await replayed(parts, database=bare_sqlite_url)
    copy = open_store(bare_sqlite_url, INLINE)
    await copy.open()
    try:
        ours, theirs = await read_whole_log(parts.store, "default"), await read_whole_log(copy, "default")
        assert ours == theirs
    finally:
        await copy.close()


async def test_another_history_is_not_written_over(parts: Parts, history: None, bare_sqlite_url: str) -> None:
    await replayed(parts, upto=4, database=bare_sqlite_url)
    with pytest.raises(LogNotEmpty):
        await replayed(parts, upto=2, database=bare_sqlite_url)


@pytest.mark.parametrize(
    "said",
    [
        {"first": 12},
        {"upto": 11},
        {"webhook": "ftp://there"},
        {"database": "sqlite:///x.db", "first": 2},
        {"database": "sqlite:///x.db", "speed": "1x"},
    ],
)
async def test_what_cannot_be_replayed_is_refused(said: dict[str, Any], parts: Parts, history: None) -> None:
    with pytest.raises(InvalidReplay):
        await replayed(parts, **said)


async def test_nothing_of_the_server_moves(parts: Parts, api: httpx2.AsyncClient, history: None) -> None:
    await replayed(parts)
    assert (await api.get("/log/head")).json()["position"] == 10


# the pace


class At:
    """As much of an event as a pace looks at."""

    def __init__(self, second: float) -> None:
        self.recorded = int(second * 1_000_000)


@pytest.mark.parametrize(("speed", "due"), [("1x", 13.0), ("10x", 10.3), ("0.5x", 16.0), ("max", 10.0)])
def test_the_distances_in_time_are_kept(speed: str, due: float) -> None:
    pace = Pace(speed_of(speed))
    assert pace.due(At(100).recorded, 10.0) == 10.0
    assert pace.due(At(103).recorded, 10.0) == pytest.approx(due)


def test_what_is_late_goes_together() -> None:
    pace = Pace(1.0)
    pace.due(At(0).recorded, 0.0)
    events: Any = [At(1), At(2), At(3), At(9)]
    assert pace.next_lot(events, 3.5, 10) == events[:3]
    assert pace.next_lot(events, 3.5, 2) == events[:2]


@pytest.mark.parametrize("text", ["fast", "0x", "-1x", "10", "1e9x", ""])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(InvalidSpeed):
        speed_of(text)
