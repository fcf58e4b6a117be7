"""The bodies of the routes of erasures."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from events.filter import EventFilter
from events.matching import Matcher
from projections.filters import ArtifactCount, ArtifactFilter
from projections.question import question_of

ERASURE_REASON_MAX = 500
"""Characters of the reason for an erasure."""
SELECTIONS = ("artifact", "key", "flow_run", "task_run", "artifacts", "events")
_ID = "01a1fd50-2e9a-7c1d-8f0e-5b7c3a4d9e21"


class ErasureAsked(BaseModel):
    """What is to be erased: exactly one of the first six says what. Without `confirm`, it is only shown."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"key": "daily-report", "reason": "request 17"}]}
    )

    artifact: UUID | None = Field(None, description="One artifact, with all of its events.")
    key: str | None = Field(None, max_length=2_048, description="All artifacts that ever had this key.")
    flow_run: UUID | None = Field(None, description="What this flow run wrote, and the events that relate to it.")
    task_run: UUID | None = Field(None, description="What this task run wrote, and the events that relate to it.")
    artifacts: ArtifactFilter | None = Field(None, description="The artifacts that live and match.")
    events: EventFilter | None = Field(None, description="The outside events that match.")
    everything: bool = Field(False, description="Needed for a filter that asks for nothing: it matches all there is.")
    labels: bool = Field(False, description="What names things goes too: labels, keys, names of resources.")
    reason: str = Field(
        min_length=1,
        max_length=ERASURE_REASON_MAX,
        description="Why, for the log: it stays for ever, so without anything that is to be forgotten.",
    )
    confirm: str | None = Field(None, pattern=r"^[0-9a-f]{32}$", description="What the dry run has answered with.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [name for name in SELECTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(SELECTIONS)} says what is to be erased")
        if self.matches_everything and not self.everything:
            raise ValueError(
                f"`{given[0]}` asks for nothing and so matches everything: say `everything` if that is meant"
            )
        return self

    @property
    def by(self) -> str:
        """What says what is to be erased."""
        return next(name for name in SELECTIONS if getattr(self, name) is not None)

    @property
    def run_id(self) -> str | None:
        run = self.flow_run or self.task_run
        return None if run is None else str(run)

    @property
    def matches_everything(self) -> bool:
        if self.events is not None:
            return Matcher(self.events).asks_nothing
        if self.artifacts is not None:
            [(_, joined)] = question_of(ArtifactCount(artifacts=self.artifacts)).shape
            return not joined.criteria()
        return False


class ErasureShown(BaseModel):
    """What would go (`state` is `shown`), or what became of it."""

    id: UUID | None = Field(description="Null for a dry run.")
    state: Literal["shown", "requested", "completed"]
    by: str
    reason: str
    labels: bool
    artifacts: int = Field(description="How many artifacts; those that live are deleted first.")
    events: int = Field(description="How many events lose something.")
    bodies: int
    bytes: int = Field(description="Of these bodies.")
    keys: list[str] = Field([], description="Of a dry run: the first keys of these artifacts.")
    collections: int = Field(description="How many keys go whole.")
    already_erased: int = Field(0, description="Of a dry run: how many events have nothing left to lose.")
    confirm: str | None = Field(None, description="Of a dry run: to be sent with the same request, to do it.")
    out_of_reach: list[str] = Field([], description="Where else it may be, and nobody here can erase it.")
    in_mirror: bool = Field(False, description="Whether the mirror in Redis may still hold it, for a moment.")
    actor: str | None = None
    requested: Annotated[int | None, Field(description="The position of the event that asks for it.")] = None
    requested_at: datetime | None = None
    completed: Annotated[int | None, Field(description="The position of the event that says that it is gone.")] = None
    completed_at: datetime | None = None
