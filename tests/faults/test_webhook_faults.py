"""Webhooks while the storage and the server come and go: late perhaps, never lost, in order for each thing."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

import httpx2
import pytest

from tests.contract.calls import created
from tests.databases import ON_SQLITE
from tests.faults.clusters import Cluster
from tests.receiver import Post, Receiver
from tests.servers import LiveServer

W = "/subscriptions/hook"
ALLOWED = {"DIGSITE_WEBHOOK_ALLOW_PRIVATE": "true"}
TERMS = {"filter": {"event": {"prefix": ["prefect.artifact."]}}, "start": "start"}

StartServer = Callable[..., LiveServer]


async def hooked(api: httpx2.AsyncClient, receiver: Receiver, **webhook: object) -> None:
    body = TERMS | {"visibility_s": 1, "webhook": {"url": receiver.url, "timeout_s": 1, **webhook}}
    assert (await api.put(W, json=body)).status_code == 201


async def all_done(url: str) -> None:
    """Return when nothing is outstanding."""
    async with httpx2.AsyncClient(base_url=url) as api, asyncio.timeout(60):
        while (shown := (await api.get(W)).json())["lag"] or shown["outstanding"]:
            assert shown["disabled"] is None
            await asyncio.sleep(0.1)


def assert_all_came_in_order(posts: list[Post], positions: set[int]) -> None:
    assert {post.position for post in posts} == positions
    firsts: dict[str, list[int]] = defaultdict(list)
    for post in posts:
        if post.position not in firsts[post.headers["ce-subject"]]:
            firsts[post.headers["ce-subject"]].append(post.position)
    assert all(each == sorted(each) for each in firsts.values())


async def test_posting_goes_on_after_the_database_was_away(cluster: Cluster, start_server: StartServer) -> None:
    with Receiver() as receiver:
        server = start_server(await cluster.create_database(), **ALLOWED)
        async with httpx2.AsyncClient(base_url=server.url, timeout=30) as api:
            await hooked(api, receiver)
            artifact = await created(api)
            await asyncio.to_thread(receiver.wait_for, 1)
            async with cluster.stopped():
                await asyncio.sleep(3)  # long enough for several tries of every loop
            await api.patch(f"/artifacts/{artifact['id']}", json={"data": 1})
            await asyncio.to_thread(receiver.wait_for, 2)
        await all_done(server.url)
        assert_all_came_in_order(receiver.posts, {1, 2})


async def test_what_was_posted_while_the_database_was_away_is_not_posted_twice(
    cluster: Cluster, start_server: StartServer
) -> None:
    """The answer came, and could not be written down at once: the courier keeps trying while the lease lasts."""
    with Receiver() as receiver:
        server = start_server(await cluster.create_database(), **ALLOWED)
        async with httpx2.AsyncClient(base_url=server.url, timeout=30) as api:
            receiver.answer = lambda _: time.sleep(1) or 204  # type: ignore[func-returns-value]
            await hooked(api, receiver, timeout_s=20)
            await created(api)
            await asyncio.to_thread(receiver.wait_for, 1)
            async with cluster.stopped():
                await asyncio.sleep(2)
        await all_done(server.url)
        assert len(receiver.posts) == 1


@ON_SQLITE
@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_server_that_is_killed_again_and_again_posts_everything(
    database_url: str, start_server: StartServer
) -> None:
    with Receiver() as receiver:
        receiver.answer = lambda _: time.sleep(0.05) or 204  # type: ignore[func-returns-value]
        server = start_server(database_url, **ALLOWED)
        async with httpx2.AsyncClient(base_url=server.url, timeout=30) as api:
            await hooked(api, receiver)
            artifacts = [await created(api) for _ in range(5)]
        for round in range(4):
            async with httpx2.AsyncClient(base_url=server.url, timeout=30) as api:
                for artifact in artifacts:
                    await api.patch(f"/artifacts/{artifact['id']}", json={"data": round})
            await asyncio.to_thread(receiver.wait_for, len(receiver.posts) + 2)
            server.kill()
            server.start()
        await all_done(server.url)
        assert_all_came_in_order(receiver.posts, set(range(1, 26)))
        assert receiver.overlaps == []
