"""After an erasure and the vacuum, no file of the database holds what was erased, and no answer does."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from events.stores import SQLITE
from service.parts import Parts
from tests.contract.calls import changed, created
from tests.erasing import LOG, SECRET, erased, outside
from tests.verifying import folded, verified

NAME = "the-name-that-goes"
RUN = "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"
ANSWERS = ("/log", "/log?bodies=reference", "/assets", "/subscriptions/all/parked", "/subscriptions", "/erasures")
LISTINGS = ("/artifacts/filter", "/artifacts/latest/filter", "/events/filter")


async def files_of(url: str) -> dict[str, bytes]:
    """All that the database has on its disk of its tables; on PostgreSQL what a dump would hold, too."""
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")
    files = await connection.fetch(
        "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class "
        "WHERE relkind IN ('r', 'i', 't') AND NOT relisshared AND pg_relation_filepath(oid) IS NOT NULL"
    )
    await connection.close()
    return {**dict(files), "dump": await dump_of(url)}


async def holding(url: str, text: str) -> list[str]:
    """The files that hold a text."""
    return [name for name, content in (await files_of(url)).items() if text.encode() in content]


async def dump_of(url: str) -> bytes:
    if shutil.which("pg_dump") is None:
        return b""
    return (await asyncio.to_thread(subprocess.run, ["pg_dump", url], capture_output=True, check=True)).stdout


async def sampled(url: str) -> None:
    """What PostgreSQL notes of the values of each column, as it does now and then by itself."""
    if not url.startswith(SQLITE):
        connection = await asyncpg.connect(url)
        await connection.execute("ANALYZE")
        await connection.close()


def task_run() -> dict[str, Any]:
    """An event whose body tells of tags, which the projection `runs` keeps."""
    labels = {"prefect.resource.id": f"prefect.task-run.{RUN}", "prefect.resource.name": NAME}
    return outside(
        1,
        event="prefect.task-run.Completed",
        resource=labels | {"prefect.state-type": "COMPLETED", "prefect.state-name": "Completed"},
        payload={"task_run": {"tags": [SECRET], "task_key": SECRET}},
    )


def asset() -> dict[str, Any]:
    labels = {"prefect.resource.id": "s3://lake/one", "prefect.resource.name": NAME}
    return outside(2, event="prefect.asset.materialization.succeeded", resource=labels)


async def everything_written(api: httpx2.AsyncClient, parts: Parts) -> None:
    """The secret and the name, wherever they can come to stand."""
    artifact = await created(api, key=NAME, type="markdown", data=SECRET, description=SECRET, metadata_={"a": SECRET})
    await changed(api, artifact, data=[SECRET])
    await api.put(f"/artifacts/{artifact['id']}/pin")
    await api.post("/events", json=[task_run(), asset()])
    await api.put("/subscriptions/all", json={"start": "start", "attempts_max": 1})
    leased = (await api.post("/subscriptions/all/fetch", json={"max": 100})).json()["deliveries"]
    refusal = {"tokens": [each["token"] for each in leased], "error": SECRET}
    assert (await api.post("/subscriptions/all/nack", json=refusal)).status_code == 204
    await folded(parts, (await parts.store.head(LOG)).position)


async def answers(api: httpx2.AsyncClient) -> str:
    """All that is told of the log."""
    told = [await api.get(path) for path in ANSWERS] + [await api.post(path, json={}) for path in LISTINGS]
    assert [each.status_code for each in told] == [200] * len(told)
    return "\n".join(each.text for each in told)


async def test_no_file_and_no_answer_holds_what_was_erased(api: httpx2.AsyncClient, parts: Parts) -> None:
    url = parts.settings.database
    feed = parts.feeds.of(LOG)
    with feed.follow(0) as follower:  # so there is a ring
        await everything_written(api, parts)
        await follower.next()
        await feed.reach((await parts.store.head(LOG)).position)
        await sampled(url)
        assert await holding(url, SECRET)
        assert await holding(url, NAME)
        assert SECRET in await answers(api)
        await erased(api, key=NAME, labels=True)
        await erased(api, events={"resource": {"labels": {"prefect.resource.name": NAME}}}, labels=True)
        after = await follower.next()
        assert [each for each in after.events if SECRET in each.json or NAME in each.json] == []
    told = await answers(api)
    assert (SECRET in told, NAME in told) == (False, False)
    assert (await api.post("/vacuum")).status_code == 200
    assert (await holding(url, SECRET), await holding(url, NAME)) == ([], [])
    await folded(parts, (await parts.store.head(LOG)).position)
    assert await verified(url) is None


async def test_without_labels_only_content_leaves_the_files(api: httpx2.AsyncClient, parts: Parts) -> None:
    await everything_written(api, parts)
    await erased(api, key=NAME)
    await erased(api, events={"resource": {"labels": {"prefect.resource.name": NAME}}})
    await api.post("/vacuum")
    assert await holding(parts.settings.database, SECRET) == []
    assert await holding(parts.settings.database, NAME)
