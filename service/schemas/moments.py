"""The answer about a moment of the log, for the docs."""

from datetime import datetime

from pydantic import BaseModel, Field


class MomentEvent(BaseModel):
    """The event that was recorded at a position."""

    id: str
    recorded: datetime
    kind: str
    name: str | None
    key: str | None
    type: str | None
    actor: str
    flow_run_id: str | None
    task_run_id: str | None


class Stretch(BaseModel):
    """Events of the log, from behind one position up to another."""

    after: int
    until: int
    recorded: datetime = Field(description="When the last of them was.")
    seconds: float = Field(description="How long they took, from the last event before them.")


class Moment(BaseModel):
    """A position of the log, and what is before and after it."""

    position: int
    head: int
    first: int = Field(description="The first position; 0: the log is empty.")
    event: MomentEvent | None = Field(description="None: before all, or the event is there no more.")
    keys_changed_since: int = Field(description="Keys that were published, changed or deleted after it.")
    key: str | None
    previous: int | None = Field(description="The position before; with `key`: where that changed before.")
    next: int | None = Field(description="The position after it, likewise.")
    changes: list[int] | None = Field(description="With `key`: where that changed, the newest of these places.")
    stretches: list[Stretch] = Field(description="The whole log in parts of equal length.")
