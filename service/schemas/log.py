"""The bodies of answers about the log."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class PositionedEvent(BaseModel):
    """An event in Prefect's form, and its position in the log."""

    position: int
    event: dict[str, Any]


class EventFrame(BaseModel):
    """All that matched of the positions above `from` up to `to`."""

    type: Literal["events"]
    from_: int = Field(alias="from")
    to: int
    head: int
    cursor: str
    events: list[PositionedEvent]


class Entry(BaseModel):
    """The facts of a recorded event: its place, and where it came from."""

    position: int
    recorded: str
    occurred: str
    kind: str
    resource: str = Field(description="The id of the resource that it is about.")
    name: str | None = Field(description="That resource's name.")
    key: str | None = Field(description="The artifact's key.")
    type: str | None = Field(description="The artifact's type.")
    flow_run_id: str | None = Field(description="The flow run that wrote.")
    task_run_id: str | None = Field(description="The task run that wrote.")
    actor: str = Field(description="The API key's name, `basic` for the auth string, else `anonymous`.")
    client: str = Field(description="The client's own name for itself, its User-Agent.")
    address: str = Field(description="The client's address.")
    request_id: str
    changed: list[Literal["data", "description", "metadata"]] = Field(description="What of an artifact it states anew.")
    stream: str
    version: int = Field(description="Place in the stream, from 1.")
    id: str
    hash: str = Field(description="The chain up to and including this event.")


class LogEntry(Entry, PositionedEvent):
    """A recorded event in Prefect's form, and its facts."""


class LogPage(EventFrame):
    """An `events` frame whose events say where they came from."""

    events: list[LogEntry]  # type: ignore[assignment]


class HeadShown(BaseModel):
    """Where a log ends: the last position, when it was recorded, and the chain up to it."""

    log: str
    position: int
    epoch: int
    cursor: str
    recorded: str | None
    hash: str
