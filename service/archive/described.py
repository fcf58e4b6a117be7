"""What is said of a file of the archive: in the event that says that it was stored, and in the manifest beside it."""

from msgspec import Struct

FORMAT = 1


class Stored(Struct, frozen=True, kw_only=True):
    """One file."""

    format: int = FORMAT
    log: str
    url: str
    """The folder."""
    file: str
    first: int
    """The position of its first body, and of its last."""
    last: int
    bodies: int
    size_bytes: int
    sha256: str
