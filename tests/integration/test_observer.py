"""What the upstream's events do not say of runs is asked of its API, and recorded."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from events.event import Event, Origin
from events.stores.tables import METADATA
from projections.rows import PLACE
from projections.runs import RUN_PROJECTOR
from projections.runs.observations import DeploymentObserved, FlowObserved, FlowRunObserved, State, TaskRunObserved
from service.app import opened
from service.parts import Parts
from service.provenance import UPSTREAM
from service.settings import Settings
from tests.asset_events import served
from tests.catching_up import until
from tests.run_events import (
    DEPLOYMENT_ID,
    FLOW_ID,
    NOON,
    OF_DEPLOYMENT,
    PARENT_TASK,
    RUN,
    deployment,
    flow_run,
    moment,
)
from tests.run_server import RunServer


@pytest.fixture
def upstream() -> Iterator[RunServer]:
    with RunServer() as server:
        server.has(
            FlowObserved(id=FLOW_ID, updated=moment(NOON), name="etl", tags=("of-flow",)),
            DeploymentObserved(id=DEPLOYMENT_ID, updated=moment(NOON), name="nightly", flow_id=FLOW_ID, paused=True),
        )
        yield server


@pytest.fixture
async def parts(settings: Settings, upstream: RunServer) -> AsyncIterator[Parts]:
    """A server's parts, in front of it."""
    async with opened(settings.model_copy(update={"upstream_api_url": upstream.url})) as parts:
        yield parts


def a_run(at: int = NOON, state: str = "RUNNING", **facts: Any) -> FlowRunObserved:
    """A flow run whose state came to be at a moment."""
    seen = State(type=state, name=state.title(), timestamp=moment(at))
    return FlowRunObserved(id=RUN, updated=moment(at + 5), name="helpful-narwhal", flow_id=FLOW_ID, state=seen, **facts)


async def heard(parts: Parts, *events: Event) -> None:
    await parts.events.record("default", events, Origin(actor=UPSTREAM))


async def observations(parts: Parts, kind: str) -> list[Event]:
    events = [placed.event for placed in await parts.store.read_all("default")]
    return [event for event in events if event.kind == f"digsite.{kind}.observed"]


async def rows(parts: Parts, table: str) -> dict[str, dict[str, Any]]:
    """The rows of a table of runs, by id, once the projection has come to the head."""
    head = await parts.store.head("default")
    await parts.runner.wait_for("default", "runs", head.position, timeout_s=20)
    names = [column.name for column in METADATA.tables[table].columns][PLACE:]
    model = await served(parts.store, RUN_PROJECTOR)
    return {row[0]: dict(zip(names, row, strict=True)) for row in model[table].values() if row}


async def test_a_run_is_observed_when_it_is_heard_of_with_its_flow_and_its_deployment(
    parts: Parts, upstream: RunServer
) -> None:
    upstream.has(a_run(tags=("mine",), idempotency_key="k", deployment_id=DEPLOYMENT_ID))
    await heard(parts, flow_run("Running", NOON, belongs=OF_DEPLOYMENT))
    await until(lambda: observations(parts, "deployment"))
    [run] = (await rows(parts, "flow_runs")).values()
    assert (run["tags"], run["idempotency_key"]) == ('["mine"]', "k")
    assert (await rows(parts, "flows"))[FLOW_ID]["tags"] == '["of-flow"]'
    assert (await rows(parts, "deployments"))[DEPLOYMENT_ID]["paused"] == 1
    [observed] = await observations(parts, "flow-run")
    assert (observed.origin.actor, observed.occurred) == (UPSTREAM, NOON + 5)


async def test_a_run_is_observed_again_at_its_end_and_not_in_between(parts: Parts, upstream: RunServer) -> None:
    upstream.has(a_run())
    await heard(parts, flow_run("Running", NOON))
    await until(lambda: observations(parts, "flow-run"))
    upstream.has(a_run(NOON + 9, "COMPLETED"))
    await heard(parts, flow_run("Fuming", NOON + 6, type="RUNNING"), flow_run("Completed", NOON + 9))

    async def is_complete() -> bool:
        return len(await observations(parts, "flow-run")) == 2

    await until(is_complete)
    assert upstream.times_asked_for(RUN) == 2
    assert upstream.times_asked_for(FLOW_ID) == 1


async def test_an_answer_that_is_older_than_the_event_is_asked_for_again(parts: Parts, upstream: RunServer) -> None:
    upstream.has(a_run(NOON, tags=("old",)))
    await heard(parts, flow_run("Completed", NOON + 9))
    await until(lambda: observations(parts, "flow-run"))
    upstream.has(a_run(NOON + 9, "COMPLETED", tags=("new",)))

    async def is_new() -> bool:
        return (await rows(parts, "flow_runs"))[RUN]["tags"] == '["new"]'

    await until(is_new)


async def test_a_subflow_brings_the_task_run_that_it_runs_in(parts: Parts, upstream: RunServer) -> None:
    state = State(type="RUNNING", name="Running", timestamp=moment(NOON + 1))
    parent = TaskRunObserved(id=PARENT_TASK, updated=moment(NOON), name="child-0", flow_run_id=RUN, state=state)
    upstream.has(a_run(parent_task_run_id=PARENT_TASK), parent)
    await heard(parts, flow_run("Running", NOON))
    await until(lambda: observations(parts, "task-run"))
    assert (await rows(parts, "task_runs"))[PARENT_TASK]["flow_run_id"] == RUN


async def test_a_deployment_is_observed_when_it_changes(parts: Parts, upstream: RunServer) -> None:
    await heard(parts, deployment("updated"))
    await until(lambda: observations(parts, "deployment"))
    assert upstream.times_asked_for(DEPLOYMENT_ID) == 1


async def test_what_is_to_be_asked_waits_for_an_upstream_that_is_away(parts: Parts, upstream: RunServer) -> None:
    upstream.is_away = True
    upstream.has(a_run(tags=("mine",)))
    await heard(parts, flow_run("Running", NOON))

    async def is_told() -> bool:
        return "observer" in parts.bridge.outages

    await until(is_told)
    upstream.is_away = False
    await until(lambda: observations(parts, "flow-run"))


async def test_the_same_state_is_recorded_once_however_often_it_is_seen(
    settings: Settings, upstream: RunServer
) -> None:
    upstream.has(a_run())
    beside = settings.model_copy(update={"upstream_api_url": upstream.url})
    async with opened(beside) as parts:
        await heard(parts, flow_run("Running", NOON))
        await until(lambda: observations(parts, "flow-run"))
    async with opened(beside) as parts:
        await heard(parts, flow_run("Fuming", NOON + 1, type="RUNNING"), deployment())
        await until(lambda: observations(parts, "deployment"))
        assert upstream.times_asked_for(RUN) > 1
        assert len(await observations(parts, "flow-run")) == 1
