"""The bodies of requests and responses, as Prefect defines them: for validation with its messages, and for the docs."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from service.settings import Settings

KEY = re.compile(r"[a-z0-9-]*")
METADATA_VALUE_MAX = 500
"""Longer metadata values are cut to this, and an ellipsis added."""

_LONGEST: int = Settings.model_fields["max_key_length"].default

_EXAMPLE: JsonDict = {
    "key": "daily-report",
    "type": "markdown",
    "description": "What changed since yesterday",
    "data": "# Report\n\n| rows | errors |\n| --- | --- |\n| 1200 | 0 |",
}
_MOMENT = "2026-11-21T08:54:05.770641Z"
_ARTIFACT: JsonDict = {
    "id": "01a1fd50-2e9a-7c1d-8f0e-5b7c3a4d9e21",
    "created": _MOMENT,
    "updated": _MOMENT,
    **_EXAMPLE,
    "metadata_": {"rows": "1200"},
    "flow_run_id": "01a1fd4f-9c11-7d52-a0b1-2c3d4e5f6071",
    "task_run_id": "01a1fd4f-a3c8-7b63-91c2-3d4e5f607182",
}
_COLLECTION: JsonDict = {
    **_ARTIFACT,
    "id": "01a1fd50-2e9a-7e02-b3c4-1d2e3f405162",
    "latest_id": _ARTIFACT["id"],
}


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > METADATA_VALUE_MAX:
        return value[:METADATA_VALUE_MAX] + "..."
    return value


Metadata = dict[str, Annotated[str, BeforeValidator(_cut)]]


def check_length(value: str | None, info: ValidationInfo) -> str | None:
    limit = (info.context or {}).get("max_key_length", _LONGEST)
    if value is not None and len(value) > limit:
        raise ValueError(f"Artifact {info.field_name} must have at most {limit} characters.")
    return value


class ArtifactCreate(BaseModel):
    """A new artifact. With a key, it becomes the latest version of that key."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    key: str | None = Field(
        None,
        description="Lowercase letters, numbers and dashes.",
        json_schema_extra={"pattern": f"^{KEY.pattern}$", "maxLength": _LONGEST},
    )
    type: str | None = Field(
        None,
        description="`markdown`, `table`, `progress`, `image`, or your own.",
        json_schema_extra={"maxLength": _LONGEST},
    )
    description: str | None = None
    data: Any | None = Field(None, description="Any JSON. It comes back as it was sent; NaN as null.")
    metadata_: Metadata | None = None
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None

    @field_validator("key")
    @classmethod
    def _check_key(cls, value: str | None) -> str | None:
        if value is not None and not KEY.fullmatch(value):
            raise ValueError("Artifact key must only contain lowercase letters, numbers, and dashes.")
        return value

    _check_length = field_validator("key", "type")(check_length)


class ArtifactUpdate(BaseModel):
    """Changes to an artifact in place. What is absent stays; an explicit null clears."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"data": 50.0}]})

    data: Any | None = None
    description: str | None = None
    metadata_: Metadata | None = None


class Artifact(BaseModel):
    """One artifact as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ARTIFACT]})

    id: UUID
    created: datetime
    updated: datetime
    key: str | None
    type: str | None
    description: str | None
    data: Any | None
    metadata_: dict[str, str] | None
    flow_run_id: UUID | None
    task_run_id: UUID | None


class ArtifactCollection(BaseModel):
    """The latest artifact of a key. `id` is the collection's."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COLLECTION]})

    id: UUID
    key: str
    latest_id: UUID
    created: datetime
    updated: datetime
    type: str | None
    description: str | None
    data: Any | None
    metadata_: dict[str, str] | None
    flow_run_id: UUID | None
    task_run_id: UUID | None


class BatchCreate(BaseModel):
    """Artifacts to create in one transaction."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"artifacts": [_EXAMPLE, {"data": 1}]}]})

    artifacts: list[Any] = Field(
        description="Each an ArtifactCreate. One that is refused does not stop the others.",
        json_schema_extra={"maxItems": Settings.model_fields["max_batch"].default},
    )


class BatchItem(BaseModel):
    """What became of one artifact of a batch: 201 with the artifact, or 422 with what is wrong with it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": 201, "artifact": _ARTIFACT}]})

    status: int
    artifact: Artifact | None = None
    exception_detail: list[dict[str, Any]] | None = None
