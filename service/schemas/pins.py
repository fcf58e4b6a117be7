"""The bodies of answers about pins: for the docs."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Pin(BaseModel):
    """An artifact that no retention policy touches, and where in the log it was pinned."""

    id: UUID
    key: str | None
    type: str | None
    pinned: datetime
    position: int
