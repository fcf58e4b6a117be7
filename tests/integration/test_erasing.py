"""An erasure is carried out once begun: whatever fails or is killed when, and in whichever process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from events.errors import StorageUnavailable
from events.event import Origin
from events.feed import Feed
from events.reading import Span
from events.stores.sql import Fetch, SqlStore
from projections.checkpoints import Holder
from service.app import create_app, opened
from service.erasing import eraser
from service.erasing.eraser import Eraser
from service.handler import submitting
from service.parts import Parts
from service.schemas.erasures import ErasureAsked
from service.settings import Settings
from service.sockets import events_out
from service.sockets.protocol import framed
from tests.contract.calls import changed, created
from tests.erasing import LOG, SECRET, erased, said
from tests.invariants import check_chain, check_log, read_whole_log
from tests.servers import LiveServer

T = TypeVar("T")
STEPS = 12
"""More than there are transactions beside the log in the erasure below."""


async def forget_nothing(log: str, positions: Any) -> None:
    """Nothing is archived."""


class Ends(Exception):
    """The process is killed here."""


def ending(store: SqlStore, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process end at the transaction that comes after so many."""
    whole, left = store.beside, [after]

    async def beside(work: Callable[[Fetch], Awaitable[T]], *, locked_log: str | None = None) -> T:
        left[0] -= 1
        if left[0] < 0:
            raise Ends
        return await whole(work, locked_log=locked_log)

    monkeypatch.setattr(store, "beside", beside)


@pytest.mark.parametrize("after", range(STEPS))
async def test_what_was_killed_is_resumed(
    api: httpx2.AsyncClient, parts: Parts, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = await created(api, key="k", data=SECRET)
    for number in range(6):
        await changed(api, artifact, data=f"{SECRET} {number}")
    await parts.erasing.close()
    monkeypatch.setattr(eraser, "ERASED_AT_ONCE_MAX", 2)
    asked = ErasureAsked(key="k", reason="r", labels=True)
    confirm = (await parts.erasing.erasures.show(LOG, asked)).confirm
    asked = asked.model_copy(update={"confirm": confirm})
    id = await parts.erasing.erasures.request(LOG, asked, Origin())
    work = Eraser(parts.store, submitting(parts.store), Holder("first"), forget_nothing)
    with monkeypatch.context() as patched, suppress(Ends):
        ending(parts.store, after, patched)
        await work.carry_out_all(LOG)
    later = Eraser(parts.store, submitting(parts.store), Holder("second", lease_s=10.0), forget_nothing)
    monkeypatch.setattr(parts.store, "clock", lambda clock=parts.store.clock: clock() + 60_000_000)
    assert await later.carry_out_all(LOG)
    assert (await parts.erasing.erasures.find(LOG, id)).state == "completed"
    assert SECRET not in await said(api)
    kinds = [each["event"]["event"] for each in (await api.get("/log")).json()["events"]]
    assert [kinds.count(f"digsite.erasure.{what}") for what in ("requested", "begun", "completed")] == [1, 1, 1]
    await check_chain(parts.store, LOG, await read_whole_log(parts.store, LOG))


async def test_another_process_has_nothing_of_it_when_it_has_told_that_it_is_gone(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url)
    async with opened(settings) as here, opened(settings) as there:
        transport = httpx2.ASGITransport(create_app(here))
        async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as api:
            feed = there.feeds.of(LOG)
            with feed.follow(0) as slow, feed.follow(0) as quick:
                artifact = await created(api, key="k", data=SECRET)
                await until(quick, 2)
                completed = (await erased(api, artifact=artifact["id"]))["completed"]
                await until(quick, completed)
                told = await until(slow, completed)
    assert [event.position for event in told] == list(range(1, completed + 1))
    assert [event.position for event in told if SECRET in event.json] == []


async def until(follower: Any, position: int) -> list[Any]:
    """All that a follower is told up to a position."""
    told: list[Any] = []
    async with asyncio.timeout(20):
        while follower.position < position:
            told += (await follower.next()).events
    return told


async def test_a_page_that_was_read_before_is_read_again(
    api: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = await created(api, key="k", data=SECRET)
    feed, spans = parts.feeds.of(LOG), []
    whole = Feed._page.__globals__["read_span"]

    async def read_span(*arguments: Any, **options: Any) -> Span:
        span = await whole(*arguments, **options)
        if options.get("limit") == 16 and not spans:  # the page of one who is far behind; the tailer asks for more
            spans.append(span)
            completed = (await erased(api, artifact=artifact["id"]))["completed"]
            await feed.reach(completed)
        return span

    monkeypatch.setitem(Feed._page.__globals__, "read_span", read_span)
    with feed.follow(0) as follower:
        told = await until(follower, 2)
    assert [SECRET in event.json for event in spans[0].events] == [False, True]
    assert [event for event in told if SECRET in event.json] == []


async def test_a_storage_that_does_not_answer_only_delays_it(
    api: httpx2.AsyncClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = await created(api, key="k", data=SECRET)
    whole, failures = parts.store.beside, [2]

    async def beside(work: Callable[[Fetch], Awaitable[T]], *, locked_log: str | None = None) -> T:
        if locked_log is not None and failures[0]:
            failures[0] -= 1
            raise StorageUnavailable("it is away")
        return await whole(work, locked_log=locked_log)

    monkeypatch.setattr(parts.store, "beside", beside)
    await erased(api, artifact=artifact["id"])
    assert failures == [0]
    await check_log(parts.store, LOG)


@pytest.mark.slow
async def test_kill_9_leaves_nothing_half_done(live_server: LiveServer) -> None:
    """Each key is erased by a server that is killed in the midst of it; the next one finishes what was requested."""
    for turn in range(5):
        secret, key = f"{SECRET}-{turn}", f"k{turn}"
        async with httpx2.AsyncClient(base_url=live_server.url, timeout=30) as api:
            await asyncio.gather(*(created(api, key=key, data=secret) for _ in range(100)))
            plan = (await api.post("/erasures", json={"key": key, "reason": "r"})).json()
            confirmed = {"key": key, "reason": "r", "confirm": plan["confirm"]}
            asking = asyncio.create_task(api.post("/erasures", json=confirmed))
            await asyncio.sleep(0.03 * (turn + 1))
            live_server.kill()
            await asyncio.gather(asking, return_exceptions=True)
        await asyncio.to_thread(live_server.start)
        async with httpx2.AsyncClient(base_url=live_server.url, timeout=30) as api:
            async with asyncio.timeout(60):
                while [each for each in await erasures(api) if each["state"] != "completed"]:
                    await asyncio.sleep(0.05)
            assert (await api.post("/erasures", json=confirmed)).json()["state"] == "completed"
            assert secret not in await whole_log(api)


async def erasures(api: httpx2.AsyncClient) -> list[dict[str, Any]]:
    return (await api.get("/erasures")).json()  # type: ignore[no-any-return]


async def whole_log(api: httpx2.AsyncClient) -> str:
    pages = [(await api.get("/log")).json()]
    while pages[-1]["to"] < pages[-1]["head"]:
        pages.append((await api.get(f"/log?after={pages[-1]['to']}")).json())
    return repr(pages)


async def test_no_frame_that_was_made_for_sockets_outlives_it(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, key="k", data=SECRET)
    feed = parts.feeds.of(LOG)
    with feed.follow(0) as follower:
        assert SECRET.encode() in b"".join([framed(events_out.frame(each)) for each in await until(follower, 2)])
        await until(follower, (await erased(api, artifact=artifact["id"]))["completed"])
        assert (events_out.frame.cache_info().currsize, framed.cache_info().currsize) == (0, 0)
