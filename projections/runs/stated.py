"""What Prefect's own events say of runs, flows and deployments. Pure.

Tags are read where they are said of one thing alone. The tags that are related to a flow run's event are those of the
run, its flow and its deployment together: so the run's own are known from an observation only.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Table

from events.event import Labels, Micros, RecordedEvent
from projections.runs import values
from projections.runs.observations import DEPLOYMENT, FLOW, FLOW_RUN, TASK_RUN, decoded
from projections.runs.rows import Said
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, TASK_RUNS

TERMINAL = frozenset(("COMPLETED", "FAILED", "CRASHED", "CANCELLED"))
"""The types of the states in which a run ends."""

ROLE, NAME = "prefect.resource.role", "prefect.resource.name"
STATE_TYPE, STATE_NAME, RUN_COUNT = "prefect.state-type", "prefect.state-name", "prefect.run-count"


def of_flow_run(placed: RecordedEvent) -> Iterable[Said]:
    """A change of state. Other events of flow runs, such as a user's own, say nothing of them."""
    resource, moment = placed.event.resource, placed.event.occurred
    id, type = values.resource_id(resource, FLOW_RUN.prefix), values.text(resource.get(STATE_TYPE))
    if id is None or type is None:
        return
    yield from _named(FLOW_RUNS, id, resource, moment)
    state = {
        "state_type": type,
        "state_name": values.text(resource.get(STATE_NAME)),
        "run_count": values.count(resource.get(RUN_COUNT)),
        "end_time": moment if type in TERMINAL else None,
        "next_scheduled_start_time": None,
    }
    yield Said(FLOW_RUNS, id, "state_timestamp", moment, state, yields=True)
    if type == "RUNNING" or type in TERMINAL:
        yield Said(FLOW_RUNS, id, "start_time", moment, is_first=True)
    yield from _belongs(id, {labels.get(ROLE, ""): labels for labels in reversed(placed.event.related)}, moment)


def _belongs(id: str, related: dict[str, Labels], moment: Micros) -> Iterable[Said]:
    """To what a flow run belongs, by the related resources in their roles: who names the flow names all of it."""
    flow, deployment = related.get("flow", {}), related.get("deployment", {})
    queue, pool = related.get("work-queue", {}), related.get("work-pool", {})
    flow_id = values.resource_id(flow, FLOW.prefix)
    deployment_id = values.resource_id(deployment, DEPLOYMENT.prefix)
    if flow_id is None:
        return
    belongs = {
        "flow_id": flow_id,
        "deployment_id": deployment_id,
        "work_queue_id": values.resource_id(queue, "prefect.work-queue."),
        "work_queue_name": values.text(queue.get(NAME)),
        "work_pool_id": values.resource_id(pool, "prefect.work-pool."),
        "work_pool_name": values.text(pool.get(NAME)),
        "parent_task_run_id": values.resource_id(related.get("task-run", {}), TASK_RUN.prefix),
    }
    yield Said(FLOW_RUNS, id, "told", moment, belongs)
    yield from _named(FLOWS, flow_id, flow, moment)
    if deployment_id is not None:
        yield from _named(DEPLOYMENTS, deployment_id, deployment, moment)


class TaskRunBody(Struct, frozen=True):
    """What is read of the task run in the body of its events."""

    tags: tuple[str, ...] = ()
    task_key: str | None = None
    expected_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None


class _OfTaskRun(Struct, frozen=True):
    task_run: TaskRunBody


def of_task_run(placed: RecordedEvent) -> Iterable[Said]:
    """A change of state, as the SDK tells it."""
    resource, moment = placed.event.resource, placed.event.occurred
    id, type = values.resource_id(resource, TASK_RUN.prefix), values.text(resource.get(STATE_TYPE))
    if id is None or type is None:
        return
    flow_runs = [labels for labels in placed.event.related if labels.get(ROLE) == "flow-run"]
    state = {
        "name": values.text(resource.get(NAME)),
        "flow_run_id": values.resource_id(flow_runs[0], FLOW_RUN.prefix) if flow_runs else None,
        "state_type": type,
        "state_name": values.text(resource.get(STATE_NAME)),
        "run_count": values.count(resource.get(RUN_COUNT)),
    }
    yield Said(TASK_RUNS, id, "state_timestamp", moment, state, yields=True)
    body = decoded(placed.event.content, _OfTaskRun)
    if body is not None:
        run = body.task_run
        description = {
            "tags": values.tags(run.tags),
            "task_key": values.text(run.task_key),
            "expected_start_time": values.moment(run.expected_start_time),
            "start_time": values.moment(run.start_time),
            "end_time": values.moment(run.end_time),
        }
        yield Said(TASK_RUNS, id, "described", moment, description, yields=True)


class _OfFlow(Struct, frozen=True):
    tags: tuple[str, ...]


def of_flow(placed: RecordedEvent) -> Iterable[Said]:
    resource, moment = placed.event.resource, placed.event.occurred
    id = values.resource_id(resource, FLOW.prefix)
    if id is None:
        return
    yield from _named(FLOWS, id, resource, moment)
    body = decoded(placed.event.content, _OfFlow)
    if body is not None:
        yield Said(FLOWS, id, "described", moment, {"tags": values.tags(body.tags)})
    if placed.event.kind == f"{FLOW.prefix}deleted":
        yield Said(FLOWS, id, "deleted", moment)


def of_deployment(placed: RecordedEvent) -> Iterable[Said]:
    resource, moment = placed.event.resource, placed.event.occurred
    id = values.resource_id(resource, DEPLOYMENT.prefix)
    if id is None:
        return
    yield from _named(DEPLOYMENTS, id, resource, moment)
    if placed.event.kind == f"{DEPLOYMENT.prefix}deleted":
        yield Said(DEPLOYMENTS, id, "deleted", moment)


def _named(table: Table, id: str, labels: Labels, moment: Micros) -> Iterable[Said]:
    if NAME in labels:
        yield Said(table, id, "named", moment, {"name": values.text(labels[NAME])})
