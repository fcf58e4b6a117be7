"""Examples of Prefect's events of runs, flows and deployments, and of observations, as they look on the wire."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from events.clock import as_text
from events.event import Event, Labels, Micros
from events.testing import an_event
from projections.runs.observations import (
    DEPLOYMENT,
    FLOW,
    FLOW_RUN,
    TASK_RUN,
    DeploymentObserved,
    FlowObserved,
    FlowRunObserved,
    Observed,
    State,
    T,
    TaskRunObserved,
)

RUN = "ec6d45fc-f485-4c5a-93dc-f8296a8ba140"
CHILD = "63e0c756-afee-4714-938a-c2ca5997c358"
TASK = "01a1ff1e-a5a4-70e2-b93d-4cc910936fb9"
PARENT_TASK = "ebfc5969-11ac-4023-8778-8c718859beb0"
FLOW_ID = "cd048d63-544b-498f-94ff-2325d6c5e499"
DEPLOYMENT_ID = "b02d5017-89fb-41f3-aeb0-9d2a6ce913ca"
QUEUE_ID = "663cebe0-3ca6-46e6-b32b-344c2a117867"
POOL_ID = "bed0071c-e2c4-4312-9631-4105bcc09fdf"

NOON: Micros = 1_795_262_400_000_000
MINUTE: Micros = 60_000_000


def related(thing: str, id: str, name: str | None = None) -> Labels:
    labels = {"prefect.resource.id": f"prefect.{thing}.{id}", "prefect.resource.role": thing}
    return labels if name is None else labels | {"prefect.resource.name": name}


OF_FLOW = (related("flow", FLOW_ID, "etl"),)
OF_DEPLOYMENT = (
    *OF_FLOW,
    related("deployment", DEPLOYMENT_ID, "nightly"),
    related("work-queue", QUEUE_ID, "default"),
    related("work-pool", POOL_ID, "pool"),
    {"prefect.resource.id": "prefect.tag.of-deployment", "prefect.resource.role": "tag"},
)


def flow_run(
    state: str, at: Micros = NOON, id: str = RUN, type: str | None = None, belongs: Any = OF_FLOW, **labels: str
) -> Event:
    """A flow run's change of state, as the upstream tells it."""
    return _state_change("flow-run", id, state, at, type, belongs, "{}", labels)


def task_run(
    state: str, at: Micros = NOON, id: str = TASK, type: str | None = None, flow_run_id: str | None = RUN, **facts: Any
) -> Event:
    """A task run's change of state, as the SDK tells it; `facts` are those of the body's `task_run`."""
    belongs = () if flow_run_id is None else (related("flow-run", flow_run_id, "helpful-narwhal"), *OF_FLOW)
    content = json.dumps({"task_run": {"tags": [], "task_key": "t-1", **facts}})
    return _state_change("task-run", id, state, at, type, belongs, content, {"name": "t-d3e"})


def _state_change(
    thing: str, id: str, state: str, at: Micros, type: str | None, belongs: Any, content: str, labels: dict[str, str]
) -> Event:
    resource = {
        "prefect.resource.id": f"prefect.{thing}.{id}",
        "prefect.resource.name": labels.get("name", "helpful-narwhal"),
        "prefect.run-count": labels.get("run_count", "1"),
        "prefect.state-message": "",
        "prefect.state-name": state,
        "prefect.state-timestamp": as_text(at),
        "prefect.state-type": type or state.upper(),
    }
    return an_event(
        kind=f"prefect.{thing}.{state}", occurred=at, resource=resource, related=tuple(belongs), content=content
    )


def flow(action: str = "created", at: Micros = NOON, name: str = "etl", tags: tuple[str, ...] = ()) -> Event:
    resource = {"prefect.resource.id": f"prefect.flow.{FLOW_ID}", "prefect.resource.name": name}
    content = json.dumps({"name": name, "tags": tags, "labels": {}})
    return an_event(kind=f"prefect.flow.{action}", occurred=at, resource=resource, content=content)


def deployment(action: str = "created", at: Micros = NOON, name: str = "nightly") -> Event:
    resource = {"prefect.resource.id": f"prefect.deployment.{DEPLOYMENT_ID}", "prefect.resource.name": name}
    return an_event(kind=f"prefect.deployment.{action}", occurred=at, resource=resource, related=OF_FLOW, content=None)


def flow_run_observed(at: Micros = NOON, state: tuple[str, Micros] | None = None, **facts: Any) -> Event:
    """A flow run as the upstream had it at a moment, its state with a moment of its own."""
    facts = {"id": RUN, "name": "helpful-narwhal", "flow_id": FLOW_ID, "state": _state(state), **facts}
    return _observed(FLOW_RUN, FlowRunObserved(updated=moment(at), **facts), at)


def task_run_observed(at: Micros = NOON, state: tuple[str, Micros] | None = None, **facts: Any) -> Event:
    facts = {"id": TASK, "name": "t-d3e", "flow_run_id": RUN, "state": _state(state), **facts}
    return _observed(TASK_RUN, TaskRunObserved(updated=moment(at), **facts), at)


def flow_observed(at: Micros = NOON, **facts: Any) -> Event:
    return _observed(FLOW, FlowObserved(updated=moment(at), **{"id": FLOW_ID, "name": "etl", **facts}), at)


def deployment_observed(at: Micros = NOON, **facts: Any) -> Event:
    facts = {"id": DEPLOYMENT_ID, "name": "nightly", "flow_id": FLOW_ID, **facts}
    return _observed(DEPLOYMENT, DeploymentObserved(updated=moment(at), **facts), at)


def _observed(thing: Observed[T], seen: T, at: Micros) -> Event:
    resource = {"prefect.resource.id": thing.prefix + seen.id, "prefect.resource.name": seen.name}
    return an_event(kind=thing.kind, occurred=at, resource=resource, content=msgspec.json.encode(seen).decode())


def _state(state: tuple[str, Micros] | None) -> State | None:
    return None if state is None else State(type=state[0], name=state[0].title(), timestamp=moment(state[1]))


def moment(at: Micros) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
