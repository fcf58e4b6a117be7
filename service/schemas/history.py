"""The bodies of requests and answers about the past of artifacts."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

AsOf = Annotated[
    int | str,
    Field(description="A position, or a time such as `2026-11-21T08:00:00Z`.", examples=["2026-11-21T08:00:00Z"]),
]


class Step(BaseModel):
    """An event of an artifact: who, when, in which run, and what changed."""

    position: int
    recorded: str
    occurred: str
    kind: str
    resource: str = Field(description="The id of the resource that it is about.")
    name: str | None = Field(description="That resource's name.")
    key: str | None
    type: str | None
    flow_run_id: str | None = Field(description="The flow run that wrote the artifact.")
    task_run_id: str | None = Field(description="The task run that wrote the artifact.")
    actor: str = Field(description="The API key's name, `basic` for the auth string, else `anonymous`.")
    client: str = Field(description="The client's own name for itself, its User-Agent.")
    address: str = Field(description="The client's address.")
    request_id: str
    changed: list[Literal["data", "description", "metadata"]] = Field(description="What it states anew.")
    stream: str
    version: int = Field(description="Place in the artifact's history, from 1.")
    id: str
    hash: str = Field(description="The chain up to and including this event.")
    summary: str | None = Field(description="What it changed in the data; null: a deletion, or it is there no more.")


class Source(BaseModel):
    """The artifact whose content a restored one began with."""

    artifact_id: UUID
    position: int = Field(description="The position of the state that was restored.")


class Version(BaseModel):
    """An artifact of a key, as it is, or as it was when it was deleted."""

    id: UUID
    type: str | None
    created: datetime
    updated: datetime
    created_position: int
    position: int = Field(description="Where it was last changed.")
    deleted_position: int | None = Field(description="Where it was deleted.")
    version: int = Field(description="How many events it has, but for its deletion.")
    flow_run_id: UUID | None
    task_run_id: UUID | None
    actor: str = Field(description="Who created it.")
    client: str
    request_id: str
    restored_from: Source | None
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
