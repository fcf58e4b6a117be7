"""What is erased leaves the mirror as well: its entries, what was put aside, and what Redis keeps of both."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
from redis.asyncio import Redis

from service.mirror import mirror
from service.parts import Parts
from service.redis_client import connect
from service.settings import Settings
from tests.contract.calls import created
from tests.databases import ON_SQLITE
from tests.erasing import LOG, SECRET, erased
from tests.mirroring import check_mirror, until_mirrored
from tests.redises import RedisServer

pytestmark = ON_SQLITE


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks now and then for what is new looks all the time."""
    for interval in ("DISCOVERY_S", "STAND_BY_S"):
        monkeypatch.setattr(mirror, interval, 0.01)


@pytest.fixture
def settings(database_url: str, tmp_path: Path, redis_server: RedisServer) -> Settings:
    """With a Redis of the test's own, which writes what it has as it is: nothing hides in a compressed file."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.config_set("rdbcompression", "no")
    return Settings(home=tmp_path, database_url=database_url, redis_url=redis_server.url, redis_mirror=True)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Redis]:
    async with connect(settings.redis_url) as client:
        yield client


@pytest.fixture
def key(settings: Settings) -> str:
    return f"{settings.redis_prefix}:log:{LOG}"


async def dumped(client: Redis) -> bytes:
    """All that Redis has, as it writes it to its files."""
    return b"".join([await client.dump(key) or b"" async for key in client.scan_iter()])


async def mirrored(parts: Parts, client: Redis, key: str) -> None:
    await until_mirrored(client, key, (await parts.store.head(LOG)).position)


async def test_an_erased_content_leaves_the_stream_and_its_files(
    api: httpx2.AsyncClient, parts: Parts, client: Redis, key: str
) -> None:
    artifact = await created(api, key="k", data=SECRET)
    await created(api, key="other", data="stays")
    await mirrored(parts, client, key)
    await client.copy(key, f"digsite:aside:{LOG}")
    assert SECRET.encode() in await dumped(client)
    assert not (await erased(api, artifact=artifact["id"]))["in_mirror"]
    assert SECRET.encode() not in await dumped(client)
    assert b"stays" in await dumped(client)
    await check_mirror(parts.store, client, key, LOG)


async def test_groups_keep_their_place_and_what_they_have_not_acknowledged(
    api: httpx2.AsyncClient, parts: Parts, client: Redis, key: str
) -> None:
    artifact = await created(api, key="k", data=SECRET)
    await mirrored(parts, client, key)
    await client.xgroup_create(key, "workers", id="0")
    await client.xreadgroup("workers", "ann", {key: ">"}, count=1)
    await erased(api, artifact=artifact["id"])
    [[_, pending]] = await _read(client, key, "0")
    assert [entry for entry, _ in pending] == [b"1-0"]
    assert SECRET not in repr(pending)
    [[_, following]] = await _read(client, key, ">")
    assert following[0][0] == b"2-0"


async def _read(client: Redis, key: str, after: str) -> Sequence[Any]:
    return await client.xreadgroup("workers", "ann", {key: after})  # type: ignore[return-value]


async def test_a_mirror_that_was_away_is_cleaned_when_it_is_back(
    settings: Settings, api: httpx2.AsyncClient, parts: Parts, client: Redis, key: str
) -> None:
    artifact = await created(api, key="k", data=SECRET)
    await mirrored(parts, client, key)
    await parts.mirrors.close()
    response = await api.post("/erasures", json={"artifact": artifact["id"], "reason": "r"})
    confirm = {"artifact": artifact["id"], "reason": "r", "confirm": response.json()["confirm"]}
    parts.settings.wait_timeout_s = 0.5
    answer = await api.post("/erasures", json=confirm)
    assert (answer.status_code, answer.json()["state"], answer.json()["in_mirror"]) == (202, "completed", True)
    await created(api, data="came since")
    others = mirror.Mirrors(parts.store, parts.feeds, settings)
    others.start()
    await mirrored(parts, client, key)
    async with asyncio.timeout(20):
        while not await others.is_clean(LOG, answer.json()["completed"]):
            await asyncio.sleep(0.01)
    assert SECRET.encode() not in await dumped(client)
    await check_mirror(parts.store, client, key, LOG)
    await others.close()
