"""What observations say of runs, flows and deployments. Pure."""

from collections.abc import Iterable

from projections.runs import values
from projections.runs.observations import (
    CreatedBy,
    DeploymentObserved,
    FlowObserved,
    FlowRunObserved,
    State,
    TaskRunObserved,
)
from projections.runs.rows import Said
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, TASK_RUNS


def of_flow_run(seen: FlowRunObserved) -> Iterable[Said]:
    """All that is known of a flow run. Its state holds as of its own moment, like a state that an event tells of."""
    id, updated, by = seen.id, values.micros_of(seen.updated), seen.created_by or CreatedBy()
    yield Said(FLOW_RUNS, id, "named", updated, {"name": values.text(seen.name)})
    belongs = {
        "flow_id": seen.flow_id,
        "deployment_id": seen.deployment_id,
        "work_queue_id": seen.work_queue_id,
        "work_queue_name": values.text(seen.work_queue_name),
        "work_pool_id": seen.work_pool_id,
        "work_pool_name": values.text(seen.work_pool_name),
        "parent_task_run_id": seen.parent_task_run_id,
    }
    yield Said(FLOW_RUNS, id, "told", updated, belongs)
    if seen.state is not None:
        state = _state(seen.state) | {
            "run_count": seen.run_count,
            "end_time": values.moment(seen.end_time),
            "next_scheduled_start_time": values.moment(seen.next_scheduled_start_time),
        }
        yield Said(FLOW_RUNS, id, "state_timestamp", values.micros_of(seen.state.timestamp), state)
    if seen.start_time is not None:
        yield Said(FLOW_RUNS, id, "start_time", values.micros_of(seen.start_time), is_first=True)
    rest = {
        "tags": values.tags(seen.tags),
        "flow_version": values.text(seen.flow_version),
        "idempotency_key": values.text(seen.idempotency_key),
        "created_by_id": by.id,
        "created_by_type": values.text(by.type),
        "expected_start_time": values.moment(seen.expected_start_time),
    }
    yield Said(FLOW_RUNS, id, "observed", updated, rest)


def of_task_run(seen: TaskRunObserved) -> Iterable[Said]:
    """All that is known of a task run. Mostly its client tells of it, so all holds as of its state's moment."""
    moment = 0 if seen.state is None else values.micros_of(seen.state.timestamp)
    state = {
        "name": values.text(seen.name),
        "flow_run_id": seen.flow_run_id,
        "run_count": seen.run_count,
        **_state(seen.state),
    }
    yield Said(TASK_RUNS, seen.id, "state_timestamp", moment, state)
    description = {
        "tags": values.tags(seen.tags),
        "task_key": values.text(seen.task_key),
        "expected_start_time": values.moment(seen.expected_start_time),
        "start_time": values.moment(seen.start_time),
        "end_time": values.moment(seen.end_time),
    }
    yield Said(TASK_RUNS, seen.id, "described", moment, description)


def of_flow(seen: FlowObserved) -> Iterable[Said]:
    updated = values.micros_of(seen.updated)
    yield Said(FLOWS, seen.id, "named", updated, {"name": values.text(seen.name)})
    yield Said(FLOWS, seen.id, "described", updated, {"tags": values.tags(seen.tags)})


def of_deployment(seen: DeploymentObserved) -> Iterable[Said]:
    updated = values.micros_of(seen.updated)
    yield Said(DEPLOYMENTS, seen.id, "named", updated, {"name": values.text(seen.name)})
    rest = {
        "flow_id": seen.flow_id,
        "work_queue_name": values.text(seen.work_queue_name),
        "tags": values.tags(seen.tags),
        "paused": int(seen.paused),
    }
    yield Said(DEPLOYMENTS, seen.id, "observed", updated, rest)


def _state(state: State | None) -> dict[str, str | None]:
    type, name = (None, None) if state is None else (state.type, state.name)
    return {"state_type": values.text(type), "state_name": values.text(name)}
