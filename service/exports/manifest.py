"""The manifest: what an export is, which files it has, and what they must contain. It is written after each file.

TO/manifest.json
TO/000000000001.ndjson.gz      named by the first position
TO/000000065537.ndjson.gz
"""

import os
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from events.absences import Part, Reason
from service.version import VERSION

FORMAT_VERSION = 1
FILE = "manifest.json"
UNFINISHED = ".unfinished"


class ExportError(Exception):
    """Something about an export's files that somebody has to see to."""


class NotAnExport(ExportError):
    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} is not an export: {reason}.")
        self.folder = str(folder)


class DamagedExport(ExportError):
    """A file is missing, or is not what was written, or says what cannot be. Nothing of it was recorded."""

    def __init__(self, file: Path, position: int, reason: str) -> None:
        super().__init__(f"{file} is damaged at position {position}: {reason}. Nothing from there on was recorded.")
        self.file, self.position, self.reason = str(file), position, reason


class Encoding(StrEnum):
    """How the lines are written. It is the suffix of the files."""

    NDJSON = "ndjson"
    GZIP = "ndjson.gz"
    PARQUET = "parquet"


class Missing(Struct, frozen=True, kw_only=True):
    """A part that is absent at these positions: see `events.absences`."""

    part: Part
    first: int
    last: int
    reason: Reason
    cause: int


class Segment(Struct, frozen=True, kw_only=True):
    """A file: the events of all positions from `first` to `last` that the export asks for."""

    file: str
    first: int
    last: int
    events: int
    bodies: int
    size_bytes: int
    sha256: str
    hash: str
    """The log's hash at `last`."""
    absent: tuple[Missing, ...] = ()
    """What was absent among these positions when it was written."""


class Manifest(Struct, kw_only=True):
    """`first` and `upto` are what was asked for; without `upto`, the export goes as far as the log did."""

    format: int = FORMAT_VERSION
    writer: str = f"digsite-server {VERSION}"
    log: str
    epoch: int
    encoding: Encoding
    first: int = 1
    upto: int | None = None
    filter: dict[str, Any] | None = None
    before: str
    """The log's hash before `first`."""
    complete: bool = False
    events: int = 0
    bodies: int = 0
    segments: list[Segment] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The last position that was looked at."""
        return self.segments[-1].last if self.segments else self.first - 1

    @property
    def hash(self) -> str:
        """The log's hash there."""
        return self.segments[-1].hash if self.segments else self.before

    @property
    def is_whole(self) -> bool:
        """Whether it has every event from the first on: then a log can be made from it."""
        return self.first == 1 and self.filter is None

    def asks_as(self, other: "Manifest") -> bool:
        """Whether both ask for the same."""
        return all(getattr(self, name) == getattr(other, name) for name in _ASKED)


_ASKED = ("format", "log", "encoding", "first", "filter")


def read_manifest(folder: Path) -> Manifest | None:
    """None: there is nothing yet. Raises NotAnExport."""
    if not folder.exists() or (folder.is_dir() and all(path.suffix == UNFINISHED for path in folder.iterdir())):
        return None
    try:
        manifest = msgspec.json.decode((folder / FILE).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise NotAnExport(folder, f"it has no {FILE}") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise NotAnExport(folder, f"its {FILE} cannot be read: {error}") from error
    if manifest.format != FORMAT_VERSION:
        raise NotAnExport(folder, f"it has format {manifest.format}, and this version reads {FORMAT_VERSION}")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """In one step, after all that it names is on disk."""
    path = folder / (FILE + UNFINISHED)
    with open_new(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    put_in_place(path, folder / FILE)


def open_new(path: Path) -> Any:
    """A file for its owner alone, written anew."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def put_in_place(path: Path, target: Path) -> None:
    """Rename, durably."""
    path.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
