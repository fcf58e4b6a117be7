"""The steps of a rebuild, as it tells them."""

from msgspec import Struct


class Progress(Struct, frozen=True):
    """So far the rows beside hold all up to `position`."""

    log: str
    projection: str
    position: int
    head: int


class Rebuilt(Struct, frozen=True):
    """The read model is what the log says up to `position`. `differences`: rows that were not, before."""

    log: str
    projection: str
    position: int
    rows: int
    differences: int
