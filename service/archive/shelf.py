"""A shelf: the folder, of any file system that fsspec knows, in which the files of one log's archive lie.

Beside each file lies a manifest, so that an archive can be read without the log that it came from.
"""

import contextlib
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import fsspec
import msgspec

from service.archive.described import ArchiveDamaged, InvalidUrl, Stored
from service.archive.file import ArchivedBody, read, written


def folder_of(to: str, log: str) -> str:
    """The folder of a log below a URL, or below a path on this machine. Raises InvalidUrl."""
    parts = urlsplit(to)
    if parts.username or parts.password:
        without = parts._replace(netloc=parts.hostname or "").geturl()
        raise InvalidUrl(without, "its URL has a password, and would be recorded.")
    root = to.rstrip("/") if "://" in to else Path(to).expanduser().absolute().as_uri()
    return f"{root}/{log}"


class Shelf:
    """Blocking: for a thread. All raise OSError, and what the file system raises beside it."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise InvalidUrl(url, f"{error}.") from error

    def put(self, log: str, bodies: list[ArchivedBody]) -> Stored:
        """Write a file with its manifest, and read it again. Raises ArchiveDamaged if that is not what was written."""
        content = written(bodies)
        digest = sha256(content).hexdigest()
        first, last = bodies[0].position, bodies[-1].position
        stored = Stored(
            log=log,
            url=self.url,
            file=f"{first:012d}-{last:012d}-{digest[:8]}.parquet",
            first=first,
            last=last,
            bodies=len(bodies),
            size_bytes=len(content),
            sha256=digest,
        )
        self._files.makedirs(self._root, exist_ok=True)
        self._files.pipe_file(self._path(stored.file), content)
        self._files.pipe_file(self._path(f"{stored.file}.json"), msgspec.json.format(msgspec.json.encode(stored)))
        if self.check(stored) != bodies:
            raise ArchiveDamaged(self.url, stored.file, "it does not read as it was written.")
        return stored

    def check(self, stored: Stored) -> list[ArchivedBody]:
        """All bodies of a file, each against its commitment. Raises ArchiveDamaged."""
        content = self._files.cat_file(self._path(stored.file))
        if sha256(content).hexdigest() != stored.sha256:
            raise ArchiveDamaged(self.url, stored.file, "it was altered.")
        bodies = list(read(BytesIO(content)))
        wrong = next((body.position for body in bodies if not body.holds), None)
        if wrong is not None:
            raise ArchiveDamaged(self.url, stored.file, f"the body at position {wrong} was altered.")
        return bodies

    @contextlib.contextmanager
    def open(self, file: str) -> Iterator[IO[bytes]]:
        with self._files.open(self._path(file), "rb") as opened:
            yield opened

    def remove(self, file: str) -> None:
        """A file and its manifest; none need be there."""
        for name in (file, f"{file}.json"):
            with contextlib.suppress(FileNotFoundError):
                self._files.rm_file(self._path(name))

    def _path(self, file: str) -> str:
        return f"{self._root}/{file}"
