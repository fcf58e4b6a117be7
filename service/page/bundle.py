"""The bundle: the page's files as they were built, read once, compressed once, served from memory."""

import gzip
import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from msgspec import Struct

INDEX = "index.html"
FILES = "_"
"""Folder of the files that the index refers to. Their names change with their content."""
STATIC = files("service") / "static"
GZIP_LEVEL = 9


class File(Struct, frozen=True):
    """One file of the page."""

    content: bytes
    compressed: bytes
    media_type: str


class Bundle(Struct, frozen=True):
    """The page as it was built."""

    index: str
    files: Mapping[str, File]
    """By name."""


@cache
def load_bundle(folder: Traversable = STATIC) -> Bundle | None:
    """None: the page was not built."""
    index = folder / INDEX
    if not index.is_file():
        return None
    built = (folder / FILES).iterdir()
    return Bundle(index.read_text(), {each.name: _file(each.name, each.read_bytes()) for each in built})


def _file(name: str, content: bytes) -> File:
    media_type, _ = mimetypes.guess_type(name)
    return File(content, gzip.compress(content, GZIP_LEVEL, mtime=0), media_type or "application/octet-stream")
