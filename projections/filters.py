"""Prefect's filter objects: what a caller may ask of a listing. What they mean in SQL is in `listing`.

Every object refuses fields that it does not know. `null` and an absent field are no criterion; an empty list
in `any_` matches nothing.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict, JsonValue

PATTERN_MAX = 10_000
"""Characters of a pattern: what every database takes, and far more than a key has."""

Operator = Literal["and_", "or_"]
Ids = Annotated[list[UUID], Field(examples=[["0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"]])]
Pattern = Annotated[str, Field(max_length=PATTERN_MAX)]


class Filter(BaseModel):
    """Something that can be asked of a listing, its parts joined by `operator`."""

    model_config = ConfigDict(extra="forbid")

    operator: Operator = "and_"


class Criteria(BaseModel):
    """What can be asked of one field. Several criteria must all hold."""

    model_config = ConfigDict(extra="forbid")


class AnyId(Criteria):
    any_: Ids | None = None


class AnyOrNotId(AnyId):
    not_any_: Ids | None = None


class Key(Criteria):
    any_: list[str] | None = Field(None, examples=[["daily-report"]])
    like_: Pattern | None = Field(None, description="A part of the key; `%` and `_` are wildcards.")
    exists_: bool | None = Field(None, description="Whether the artifact has a key.")


class Type(Criteria):
    any_: list[str] | None = Field(None, examples=[["markdown", "table"]])
    not_any_: list[str] | None = Field(None, description="An artifact without a type is none of these.")


class ArtifactFilter(Filter):
    id: AnyId | None = None
    key: Key | None = None
    flow_run_id: AnyId | None = None
    task_run_id: AnyId | None = None
    type: Type | None = None


class CollectionFilter(Filter):
    latest_id: AnyId | None = None
    key: Key | None = None
    flow_run_id: AnyId | None = None
    task_run_id: AnyId | None = None
    type: Type | None = None


class Name(Criteria):
    any_: list[str] | None = None
    like_: Pattern | None = None


class AnyName(Criteria):
    any_: list[str] | None = None


class AnyOrNotName(AnyName):
    not_any_: list[str] | None = None


class Tags(Filter):
    all_: list[str] | None = None
    is_null_: bool | None = None


class AnyTags(Tags):
    any_: list[str] | None = None


class StateType(StrEnum):
    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"


class AnyState(Criteria):
    any_: list[StateType] | None = None


class AnyOrNotState(AnyState):
    not_any_: list[StateType] | None = None


class FlowRunState(Filter):
    type: AnyOrNotState | None = None
    name: AnyOrNotName | None = None


class TaskRunState(Filter):
    type: AnyState | None = None
    name: AnyName | None = None


class Time(Criteria):
    before_: datetime | None = None
    after_: datetime | None = None


class NullableTime(Time):
    is_null_: bool | None = None


class RelatedId(Filter):
    any_: Ids | None = None


class NullableId(RelatedId):
    is_null_: bool | None = None


class FlowRunOfTask(Filter):
    """Without anything asked, task runs of flow runs; ids say no more when `is_null_` is true. As in Prefect."""

    any_: Ids | None = None
    is_null_: bool | None = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.is_null_:
            self.any_ = None
        elif self.any_ is not None:
            self.is_null_ = None
        return self


class NullableName(Filter):
    any_: list[str] | None = None
    is_null_: bool | None = None


class CreatedBy(Filter):
    id_: Ids | None = None
    type_: list[str] | None = None
    is_null_: bool | None = None


class Exists(Criteria):
    exists_: bool | None = None


class IsNull(Filter):
    is_null_: bool | None = None


class Equals(Criteria):
    eq_: bool | None = None


class Like(Criteria):
    like_: Pattern | None = None


class Limit(Criteria):
    ge_: int | None = None
    le_: int | None = None
    is_null_: bool | None = None


class FlowRunFilter(Filter):
    """The flow run that wrote an artifact."""

    id: AnyOrNotId | None = None
    name: Name | None = None
    tags: AnyTags | None = None
    deployment_id: NullableId | None = None
    work_queue_name: NullableName | None = None
    state: FlowRunState | None = None
    flow_version: AnyName | None = None
    start_time: NullableTime | None = None
    end_time: NullableTime | None = None
    expected_start_time: Time | None = None
    next_scheduled_start_time: Time | None = None
    parent_flow_run_id: RelatedId | None = None
    parent_task_run_id: NullableId | None = None
    idempotency_key: AnyOrNotName | None = None
    created_by: CreatedBy | None = None


class TaskRunFilter(Filter):
    """The task run that wrote an artifact."""

    id: AnyId | None = None
    name: Name | None = None
    tags: Tags | None = None
    state: TaskRunState | None = None
    start_time: NullableTime | None = None
    end_time: NullableTime | None = None
    expected_start_time: Time | None = None
    subflow_runs: Exists | None = None
    flow_run_id: FlowRunOfTask | None = None


class FlowFilter(Filter):
    """The flow of the flow run."""

    id: AnyOrNotId | None = None
    deployment: IsNull | None = None
    name: Name | None = None
    tags: Tags | None = None


class DeploymentFilter(Filter):
    """The deployment of the flow run."""

    id: AnyOrNotId | None = None
    name: Name | None = None
    flow_or_deployment_name: Like | None = None
    paused: Equals | None = None
    tags: AnyTags | None = None
    work_queue_name: AnyName | None = None
    concurrency_limit: Limit | None = None


class Sort(StrEnum):
    """The order of a listing. Ties are broken by id, the newest first."""

    CREATED_DESC = "CREATED_DESC"
    UPDATED_DESC = "UPDATED_DESC"
    ID_DESC = "ID_DESC"
    KEY_DESC = "KEY_DESC"
    KEY_ASC = "KEY_ASC"


class RunFilters(BaseModel):
    """What can be asked of the runs that wrote an artifact."""

    flow_runs: FlowRunFilter | None = None
    task_runs: TaskRunFilter | None = None
    flows: FlowFilter | None = None
    deployments: DeploymentFilter | None = None


_REPORTS: JsonDict = {"key": {"like_": "report"}, "type": {"any_": ["markdown", "table"]}}


def _example(**body: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


class ArtifactCount(RunFilters):
    model_config = _example(artifacts=_REPORTS)

    artifacts: ArtifactFilter | None = None


class CollectionCount(RunFilters):
    model_config = _example(artifacts=_REPORTS)

    artifacts: CollectionFilter | None = None


class Page(BaseModel):
    """Which part of a listing, in which order. `null` stands for the default."""

    sort: Sort | None = Field(None, description="Default: ID_DESC, the newest first.")
    limit: int | None = Field(
        None,
        description="Default: the server's largest, 200.",
        examples=[5],
        json_schema_extra={"minimum": 0, "maximum": 200},
    )
    offset: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(None, description="Default: 0.")


class ArtifactListing(ArtifactCount, Page):
    """A page of artifacts."""

    model_config = _example(artifacts=_REPORTS, sort="CREATED_DESC", limit=5)


class CollectionListing(CollectionCount, Page):
    """A page of collections."""

    model_config = _example(artifacts=_REPORTS, sort="KEY_ASC", limit=5)
