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


class InvalidUrl(Exception):
    """Nothing can be archived there."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"Nothing can be archived at {url!r}: {reason}")
        self.url, self.reason = url, reason


class ArchiveDamaged(Exception):
    """A file of the archive is not what was stored."""

    def __init__(self, url: str, file: str, reason: str) -> None:
        super().__init__(f"{url}/{file}: {reason}")
        self.url, self.file, self.reason = url, file, reason


class NoArchiveHere(Exception):
    """What reads and writes archives is not installed."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"{missing} is not installed. Install the server with it: digsite-server[archive].")
        self.missing = missing
