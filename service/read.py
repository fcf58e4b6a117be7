"""An answer of the API that was read."""

from msgspec import Struct


class Read(Struct, frozen=True):
    """JSON text from the read models. It reflects at least all events up to `position`."""

    json: str
    position: int
    version: int | None = None
