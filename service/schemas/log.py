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


class HeadShown(BaseModel):
    """Where a log ends: the last position, when it was recorded, and the chain up to it."""

    log: str
    position: int
    epoch: int
    cursor: str
    recorded: str | None
    hash: str
