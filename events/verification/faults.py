"""A fault: what verification finds, with all that is needed to look at it."""

from enum import StrEnum

from msgspec import Struct


class Wrong(StrEnum):
    """What is not as it must be."""

    MISSING = "missing"
    """An event, where positions have no gaps."""
    UNREADABLE = "unreadable"
    """The database cannot read the event."""
    CHAIN = "chain"
    """Header and hash do not go together with the hash before."""
    TIME = "time"
    """Recorded time does not rise."""
    LABELS = "labels"
    BODY = "body"
    ABSENCE = "absence"
    """A body or labels are not there, and nothing that may take them away says so; or they are, and it says so."""
    STREAM = "stream"
    """Versions have a gap."""
    HEAD = "head"
    READ_MODEL = "read_model"
    """A row is not what the events say."""


class Fault(Struct, frozen=True):
    """Something that is not as it must be, at a position."""

    log: str
    position: int
    wrong: Wrong
    detail: str
    """A sentence."""
    read_model: str | None = None
    """The table, if it is a row that is wrong."""
    row: str | None = None
    """What identifies it."""

    def __str__(self) -> str:
        return f"Position {self.position:,} of the log {self.log!r}: {self.detail}"
