"""The bodies of requests and answers about the past of artifacts."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

AsOf = Annotated[
    int | str,
    Field(description="A position, or a time such as `2026-11-21T08:00:00Z`.", examples=["2026-11-21T08:00:00Z"]),
]


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
