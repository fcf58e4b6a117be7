"""The body of the answer about the log at a glance."""

from pydantic import BaseModel, Field


class PartShown(BaseModel):
    """Something that takes up space in the database."""

    name: str
    size_bytes: int


class SizeOfDatabase(BaseModel):
    """How large the database is, all logs together."""

    size_bytes: int
    parts: list[PartShown] = Field(description="What takes it up. Empty: it cannot be told, or would take too long.")


class RetentionAhead(BaseModel):
    """When the retention policies are applied."""

    interval_s: float = Field(description="How often; 0: never by itself.")
    next: str | None = Field(description="When this process does so next. Null: never, or it does so now.")


class LogOverview(BaseModel):
    """The log at a glance."""

    log: str
    position: int
    epoch: int
    cursor: str
    recorded: str | None
    hash: str
    minutes: list[int] = Field(description="Events that were recorded in each of the last 60 minutes, oldest first.")
    size: SizeOfDatabase
    retention: RetentionAhead
