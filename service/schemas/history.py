"""The bodies of requests and answers about the past of artifacts."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from service.schemas.log import Entry

AsOf = Annotated[
    int | str,
    Field(description="A position, or a time such as `2026-11-21T08:00:00Z`.", examples=["2026-11-21T08:00:00Z"]),
]


_ID = "01a1fd50-2e9a-7c1d-8f0e-5b7c3a4d9e21"
_MOMENT = "2026-11-21T08:54:05.770641Z"
_WHO: JsonDict = {
    "flow_run_id": None,
    "task_run_id": None,
    "actor": "nightly",
    "client": "curl/8.5.0",
    "request_id": "01a1fd50-2e98-7f00-a1b2-c3d4e5f60718",
}
_STEP: JsonDict = {
    "position": 3,
    "recorded": _MOMENT,
    "occurred": _MOMENT,
    "kind": "prefect.artifact.updated",
    "resource": f"prefect.artifact.{_ID}",
    "name": "stock",
    "key": "stock",
    "type": "table",
    **_WHO,
    "address": "127.0.0.1",
    "changed": ["data"],
    "stream": f"artifact/{_ID}",
    "version": 2,
    "id": "01a1fd50-2e9a-7e02-b3c4-1d2e3f405162",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "summary": "1 row added of 2",
}
_VERSION: JsonDict = {
    "id": _ID,
    "type": "table",
    "created": _MOMENT,
    "updated": _MOMENT,
    "created_position": 1,
    "position": 3,
    "deleted_position": None,
    "deleted": None,
    "deleted_by": None,
    "version": 2,
    **_WHO,
    "flow_run_name": None,
    "task_run_name": None,
    "number": 1,
    "restored_from": None,
    "restored_number": None,
    "is_latest": True,
    "summary": "1 row added of 2",
}


class Step(Entry):
    """An event of an artifact: who, when, in which run, and what changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STEP]})

    summary: str | None = Field(description="What it changed in the data; null: a deletion, or it is there no more.")


class Source(BaseModel):
    """The artifact whose content a restored one began with."""

    artifact_id: UUID
    position: int = Field(description="The position of the state that was restored.")


class Version(BaseModel):
    """An artifact of a key, as it is, or as it was when it was deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VERSION]})

    id: UUID
    type: str | None
    created: datetime
    updated: datetime
    created_position: int
    position: int = Field(description="Where it was last changed.")
    deleted_position: int | None = Field(description="Where it was deleted.")
    deleted: datetime | None = Field(description="When it was deleted.")
    deleted_by: str | None = Field(description="Who deleted it.")
    version: int = Field(description="How many events it has, but for its deletion.")
    flow_run_id: UUID | None
    flow_run_name: str | None
    task_run_id: UUID | None
    task_run_name: str | None
    number: int = Field(description="Its place among all versions that the key ever had: the n-th one recorded has n.")
    actor: str = Field(description="Who created it.")
    client: str
    request_id: str
    restored_from: Source | None
    restored_number: int | None = Field(description="The number of the version that it was restored from.")
    is_latest: bool
    summary: str | None = Field(description="What changed in the data since the version before it in this list.")


class RestoreArtifact(BaseModel):
    """Which state of an artifact is restored. Default: the last that it had."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"as_of": 2}]})

    as_of: AsOf | None = None

    @property
    def moment(self) -> str | None:
        return None if self.as_of is None else str(self.as_of)


class RestoreKey(RestoreArtifact):
    """Which version of a key is restored: one of its artifacts, what was the latest at a moment, or one at a moment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"as_of": 2}]})

    artifact_id: UUID | None = Field(None, description="The version, by its id.")

    @model_validator(mode="after")
    def names_something(self) -> Self:
        if self.artifact_id is None and self.as_of is None:
            raise ValueError("Name a version by artifact_id, a moment by as_of, or both.")
        return self
