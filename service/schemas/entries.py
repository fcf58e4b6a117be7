"""The bodies of answers about entries of the log, the newest first, and how many there are over time."""

from pydantic import BaseModel, Field

from service.schemas.log import Entry


class SizedEntry(Entry):
    """An entry, how much came with it, and the names of its runs as far as they are known."""

    flow_run_name: str | None
    task_run_name: str | None
    size_bytes: int | None = Field(description="Size of its own body; 0: it has none. Null: it is there no more.")


class EntryPage(BaseModel):
    """All entries that match of the positions above `from` up to `to`, the newest first."""

    position: int = Field(description="The position that the answer is of.")
    from_: int = Field(alias="from")
    to: int
    entries: list[SizedEntry]


class EventHistogram(BaseModel):
    """How many events happened in each of some spans of time, side by side."""

    position: int
    start: str | None = Field(description="When the first span begins. Null: there are no events.")
    width_s: float
    counts: list[int]
