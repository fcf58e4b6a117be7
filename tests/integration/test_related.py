"""An artifact's events relate to its runs as Prefect's SDK would relate them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from events.event import Event, Labels, Origin
from events.wakeup import Wakeup
from projections.runs.observations import DeploymentObserved, FlowObserved, FlowRunObserved
from service.app import create_app, opened
from service.parts import Parts
from service.provenance import UPSTREAM
from service.runs import ASK_S, WAIT_S, Runs
from service.settings import Settings
from service.upstream.runs import UpstreamRuns
from tests.run_events import (
    DEPLOYMENT_ID,
    FLOW_ID,
    NOON,
    OF_DEPLOYMENT,
    POOL_ID,
    QUEUE_ID,
    RUN,
    TASK,
    flow_run,
    moment,
    related,
    task_run,
)
from tests.run_server import RunServer

HERE = {"flow_run_id": RUN, "task_run_id": TASK}
BY_THEIR_IDS = [related("flow-run", RUN), related("task-run", TASK)]


@pytest.fixture
def upstream() -> Iterator[RunServer]:
    with RunServer() as server:
        flow = FlowObserved(id=FLOW_ID, updated=moment(NOON), name="etl", tags=("of-flow",))
        nightly = DeploymentObserved(
            id=DEPLOYMENT_ID, updated=moment(NOON), name="nightly", flow_id=FLOW_ID, tags=("of-deployment",)
        )
        run = FlowRunObserved(
            id=RUN,
            updated=moment(NOON),
            name="helpful-narwhal",
            flow_id=FLOW_ID,
            deployment_id=DEPLOYMENT_ID,
            work_queue_id=QUEUE_ID,
            work_queue_name="default",
            work_pool_id=POOL_ID,
            work_pool_name="pool",
            tags=("of-run", "of-deployment"),
        )
        server.has(flow, nightly, run)
        yield server


@pytest.fixture
async def beside(settings: Settings, upstream: RunServer) -> AsyncIterator[Parts]:
    """A server's parts, in front of it."""
    async with opened(settings.model_copy(update={"upstream_api_url": upstream.url})) as parts:
        yield parts


@pytest.fixture
async def client(beside: Parts) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(beside), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://digsite/api") as client:
        yield client


async def created(client: httpx2.AsyncClient, **facts: Any) -> str:
    response = await client.post("/artifacts/", json=facts)
    assert response.status_code == 201
    return str(response.json()["id"])


async def related_by(client: httpx2.AsyncClient, kind: str = "prefect.artifact.created") -> list[list[Labels]]:
    """What the events of a kind relate to, in the order of the log."""
    found = await client.post("/events/filter", json={"filter": {"event": {"name": [kind]}, "order": "ASC"}})
    return [event["related"] for event in found.json()["events"]]


async def heard(parts: Parts, *events: Event) -> None:
    await parts.events.record("default", events, Origin(actor=UPSTREAM))


async def test_an_artifact_relates_to_all_that_its_run_belongs_to(beside: Parts, client: httpx2.AsyncClient) -> None:
    await heard(beside, task_run("Running", tags=["of-task"]))
    await created(client, **HERE)
    tags = ["of-deployment", "of-flow", "of-run", "of-task"]
    assert await related_by(client) == [
        [
            related("flow-run", RUN, "helpful-narwhal"),
            related("task-run", TASK, "t-d3e"),
            *OF_DEPLOYMENT[:4],
            *({"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in tags),
        ]
    ]


async def test_a_task_run_is_waited_for_whose_event_is_on_its_way(beside: Parts, client: httpx2.AsyncClient) -> None:
    await created(client, flow_run_id=RUN)
    creating = asyncio.create_task(created(client, **HERE))
    await asyncio.sleep(WAIT_S / 10)
    await heard(beside, task_run("Pending"))
    await creating
    assert (await related_by(client))[1][1] == related("task-run", TASK, "t-d3e")


async def test_clients_that_send_no_events_are_waited_for_less_and_less(beside: Parts) -> None:
    assert beside.upstream is not None
    runs = Runs(beside.store, Wakeup(), UpstreamRuns(beside.upstream, beside.events), wait_s=WAIT_S / 5)

    async def took_s() -> float:
        begun = time.monotonic()
        await runs.related("default", RUN, str(uuid4()))
        return time.monotonic() - begun

    await took_s()
    assert [await took_s() for _ in range(4)][-1] < WAIT_S / 5
    await heard(beside, task_run("Pending"))
    await runs.related("default", RUN, TASK)
    assert await took_s() >= WAIT_S / 5


async def test_what_nobody_knows_is_asked_for_once_and_related_by_its_id(
    client: httpx2.AsyncClient, upstream: RunServer
) -> None:
    unknown = "7ffe0d5c-6f3a-4f0e-9f57-0b9b6f6a1f10"
    for _ in range(3):
        await created(client, flow_run_id=unknown, task_run_id=TASK)
    assert upstream.times_asked_for(unknown) == 1
    assert await related_by(client) == [[related("flow-run", unknown), related("task-run", TASK)]] * 3


async def test_an_upstream_that_hangs_holds_no_write_for_long(client: httpx2.AsyncClient, upstream: RunServer) -> None:
    upstream.may_answer.clear()
    begun = time.monotonic()
    await created(client, **HERE)
    await created(client, **HERE)
    assert time.monotonic() - begun < 2 * ASK_S
    assert (await related_by(client))[0] == BY_THEIR_IDS


async def test_an_upstream_that_is_away_holds_no_write(client: httpx2.AsyncClient, upstream: RunServer) -> None:
    upstream.is_away = True
    await created(client, **HERE)
    assert (await related_by(client))[0] == BY_THEIR_IDS


async def test_those_who_come_at_once_ask_together(client: httpx2.AsyncClient, upstream: RunServer) -> None:
    items = [{"flow_run_id": RUN, "data": number} for number in range(20)]
    await asyncio.gather(
        client.post("/artifacts/batch", json={"artifacts": items}), *(created(client, **each) for each in items)
    )
    assert upstream.times_asked_for(RUN) == 1
    assert {each[0]["prefect.resource.name"] for each in await related_by(client)} == {"helpful-narwhal"}


async def test_what_was_asked_for_is_recorded(beside: Parts, client: httpx2.AsyncClient) -> None:
    await created(client, flow_run_id=RUN)
    kinds = {placed.event.kind for placed in await beside.store.read_all("default")}
    assert kinds >= {f"digsite.{thing}.observed" for thing in ("flow-run", "flow", "deployment")}


async def test_later_events_of_an_artifact_relate_to_what_its_first_did(
    beside: Parts, client: httpx2.AsyncClient
) -> None:
    await heard(beside, task_run("Running"))
    id = await created(client, key="k", **HERE)
    await client.patch(f"/artifacts/{id}", json={"data": 1})
    await created(client, key="k", **HERE)
    await client.delete("/artifacts/collections/k")
    [first, _] = await related_by(client)
    assert await related_by(client, "prefect.artifact.updated") == [first]
    assert await related_by(client, "prefect.artifact.deleted") == [first, first]
    assert all(
        [each.get("prefect.resource.role") for each in related] == ["latest", "flow-run", "task-run"]
        for related in await related_by(client, "prefect.artifact-collection.updated")
    )


async def test_a_request_that_is_sent_again_answers_the_same_whatever_is_known_by_then(
    beside: Parts, client: httpx2.AsyncClient
) -> None:
    answers = []
    for _ in range(2):
        body, headers = {"key": "k", **HERE}, {"Idempotency-Key": "one"}
        answers.append((await client.post("/artifacts/", json=body, headers=headers)).text)
        await heard(beside, task_run("Running"), flow_run("Running"))
    assert answers[0] == answers[1]
    assert len(await related_by(client)) == 1


# without an upstream


async def test_alone_runs_are_related_by_their_ids(api: httpx2.AsyncClient) -> None:
    await created(api, **HERE)
    assert await related_by(api) == [BY_THEIR_IDS]


async def test_alone_what_the_log_has_heard_of_runs_is_related(parts: Parts, api: httpx2.AsyncClient) -> None:
    await heard(parts, flow_run("Running", belongs=OF_DEPLOYMENT), task_run("Running"))
    head = await parts.store.head("default")
    await parts.runner.wait_for("default", "runs", head.position, timeout_s=20)
    await created(api, **HERE)
    [found] = await related_by(api)
    runs = [related("flow-run", RUN, "helpful-narwhal"), related("task-run", TASK, "t-d3e")]
    assert found == [*runs, *OF_DEPLOYMENT[:4]]
