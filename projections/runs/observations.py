"""Observations: what only the upstream's REST API knows of runs, flows and deployments, as events of the log.

The payload is the part of Prefect's object that is needed, under Prefect's names. What is not known is left out.
"""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct


class State(Struct, frozen=True, omit_defaults=True):
    type: str
    timestamp: datetime
    name: str | None = None


class CreatedBy(Struct, frozen=True, omit_defaults=True):
    id: str | None = None
    type: str | None = None


class FlowRunObserved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A flow run as the upstream had it at `updated`; likewise the others below."""

    id: str
    updated: datetime
    name: str
    flow_id: str
    deployment_id: str | None = None
    work_queue_id: str | None = None
    work_queue_name: str | None = None
    work_pool_id: str | None = None
    work_pool_name: str | None = None
    parent_task_run_id: str | None = None
    flow_version: str | None = None
    idempotency_key: str | None = None
    created_by: CreatedBy | None = None
    tags: tuple[str, ...] = ()
    run_count: int = 0
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    state: State | None = None


class TaskRunObserved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    updated: datetime
    name: str
    flow_run_id: str | None = None
    task_key: str | None = None
    tags: tuple[str, ...] = ()
    run_count: int = 0
    expected_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    state: State | None = None


class FlowObserved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    updated: datetime
    name: str
    tags: tuple[str, ...] = ()


class DeploymentObserved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    updated: datetime
    name: str
    flow_id: str
    work_queue_name: str | None = None
    tags: tuple[str, ...] = ()
    paused: bool = False


T = TypeVar("T", FlowRunObserved, TaskRunObserved, FlowObserved, DeploymentObserved)


class Observed(Struct, Generic[T], frozen=True):
    """One sort of object that is observed."""

    type: type[T]
    thing: str
    """Its name in events: `flow-run` in `prefect.flow-run.<id>` and in `digsite.flow-run.observed`."""

    @property
    def collection(self) -> str:
        """What Prefect's API calls many of them: `flow_runs`."""
        return f"{self.thing.replace('-', '_')}s"

    @property
    def kind(self) -> str:
        return f"digsite.{self.thing}.observed"

    @property
    def prefix(self) -> str:
        """How the ids of its resources begin."""
        return f"prefect.{self.thing}."

    def read(self, content: str | bytes | None) -> T | None:
        """The object that JSON stands for; None: there is none, or it is something else."""
        return decoded(content, self.type)


FLOW_RUN = Observed(FlowRunObserved, "flow-run")
TASK_RUN = Observed(TaskRunObserved, "task-run")
FLOW = Observed(FlowObserved, "flow")
DEPLOYMENT = Observed(DeploymentObserved, "deployment")

Body = TypeVar("Body")


def decoded(content: str | bytes | None, type: type[Body]) -> Body | None:
    """JSON as a value of a type; None if it is not there, or not one."""
    try:
        return None if content is None else msgspec.json.decode(content, type=type)
    except (msgspec.DecodeError, UnicodeError):
        return None
