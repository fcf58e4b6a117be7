"""The bodies of answers about one artifact, for its page."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from service.schemas.history import Source


class Said(BaseModel):
    """An event that took something away."""

    position: int
    recorded: datetime
    kind: str
    actor: str


class Absent(BaseModel):
    """Why data is there no more."""

    reason: Literal["erased", "retired", "archived", "missing"] = Field(
        description="`archived`: it is kept elsewhere, which cannot be read now. `missing`: nothing says why."
    )
    cause: Said | None = Field(description="The event that says so.")


class Facts(BaseModel):
    """All that is known of an artifact beside its data. Of a deleted one, as it was last."""

    id: UUID
    key: str | None
    number: int = Field(description="Which of the key's versions it is, in the order of the log; deleted ones count.")
    versions: int = Field(description="All that the key ever had.")
    previous_id: UUID | None = Field(description="The next older version that is there.")
    next_id: UUID | None
    type: str | None
    shown_as: str | None = Field(description="As what its data is shown; null: that is there no more.")
    preview: dict[str, Any] = Field(description="What a list shows of it.")
    description: str | None
    metadata_: dict[str, str] | None
    created: datetime
    updated: datetime
    created_position: int
    position: int = Field(description="Where it was last changed. Who, when and from where are of that event.")
    version: int = Field(description="How many events it has, but for its deletion.")
    recorded: datetime
    hash: str
    event_id: UUID
    data_position: int = Field(description="Of the event that brought the data.")
    data_bytes: int | None
    data_sha256: str | None = Field(description="Of the data as JSON text, as it was recorded.")
    actor: str
    client: str
    address: str
    request_id: str
    flow_run_id: UUID | None
    task_run_id: UUID | None
    flow_run_name: str | None
    flow_name: str | None
    task_run_name: str | None
    deleted: Said | None
    restored_from: Source | None
    absent: Absent | None = Field(description="Why the data is there no more.")


class Document(BaseModel):
    """Markdown as HTML that is safe to be shown."""

    html: str
    dedented: bool = Field(description="It was indented as a whole, and is not any more.")
    is_whole: bool = Field(description="Whether this is all of it. If not, ask with `whole=true`.")
    bytes: int = Field(description="Of the Markdown, all of it.")
