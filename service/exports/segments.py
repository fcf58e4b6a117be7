"""The segments of an export, read: each only if it is the file that was written, some lines at a time."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from service.exports.encodings import Unreadable, read
from service.exports.line import Line
from service.exports.manifest import DamagedExport, Manifest, NotAnExport, Segment, digest, read_manifest

BATCH_EVENTS_MAX = 5_000
"""Events in one transaction of an import."""
BATCH_CHARACTERS_MAX = 16 * 1024 * 1024
"""Content in one transaction, unless a single event has more."""


def manifest_in(folder: Path) -> Manifest:
    """Raises NotAnExport."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise NotAnExport(folder, "there is nothing")
    if not manifest.complete:
        raise NotAnExport(folder, "it is unfinished: run the same `digsite-server export` again, and it goes on")
    return manifest


def read_segment(folder: Path, manifest: Manifest, segment: Segment) -> Iterator[list[Line]]:
    """As many lines at once as one transaction takes. Raises DamagedExport."""
    path = folder / segment.file
    if not path.exists():
        raise DamagedExport(path, segment.first, "the file is missing")
    if digest(path) != segment.sha256:
        raise DamagedExport(path, segment.first, "its digest is not that of the manifest")
    position = segment.first - 1
    try:
        for portion in _portions(chain.from_iterable(read(manifest.encoding, path))):
            position = portion[-1].position
            yield portion
    except Unreadable as error:
        raise DamagedExport(path, position + 1, error.reason) from error


def _portions(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """As many lines as one transaction takes."""
    portion: list[Line] = []
    characters = 0
    for line in lines:
        characters += len(line.content or "")
        if portion and (len(portion) == BATCH_EVENTS_MAX or characters > BATCH_CHARACTERS_MAX):
            yield portion
            portion, characters = [], len(line.content or "")
        portion.append(line)
    if portion:
        yield portion
