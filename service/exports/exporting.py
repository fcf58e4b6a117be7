"""Exporting: the log, written segment by segment. It goes on where the last whole segment ended.

    what is absent ─► lines ─► file ─► on disk, under its name ─► manifest
                                                                    │ at the end: is anything absent by now that a
                                                                    └ segment shows? it is written again

So of what was erased meanwhile nothing is left, and nothing of what was erased since the last time.
"""

import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct

from events.chain import genesis
from events.filter import EventFilter
from events.stores.sql import SqlStore
from service.exports.encodings import writer
from service.exports.holdings import Holdings
from service.exports.manifest import (
    UNFINISHED,
    Encoding,
    ExportError,
    Manifest,
    Segment,
    digest,
    open_new,
    put_in_place,
    read_manifest,
    write_manifest,
)

SEGMENT_EVENTS_MAX = 100_000
"""Positions that one file covers."""
SEGMENT_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of lines in one file, as NDJSON, unless a single page has more."""

Report = Callable[[int, int], None]
"""`report(done, total)`: positions."""


class OtherExport(ExportError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} has an export that was asked for otherwise. Ask as you did then, or choose another folder."
        )
        self.folder = str(folder)


class OtherHistory(ExportError):
    """The log does not go on where the export ends."""

    def __init__(self, folder: Path, position: int) -> None:
        super().__init__(
            f"{folder} has an export up to position {position}, and the log has another event there: it is another "
            "log, or was restored from a backup. Choose another folder."
        )
        self.folder, self.position = str(folder), position


class NotInLog(ExportError):
    def __init__(self, position: int, head: int) -> None:
        super().__init__(f"The log has no position {position}: it ends at {head}.")
        self.position, self.head = position, head


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be exported: positions `first` to `upto`; without `upto`, all that the log has by now."""

    log: str
    encoding: Encoding = Encoding.GZIP
    first: int = 1
    upto: int | None = None
    filter: EventFilter | None = None


async def export(store: SqlStore, folder: Path, asked: Asked, report: Report) -> Manifest:
    """Write what is not in the folder yet. Raises ExportError, StorageUnavailable, OSError."""
    return await _Export(store, folder, asked, report).run()


class _Export:
    def __init__(self, store: SqlStore, folder: Path, asked: Asked, report: Report) -> None:
        self._store = store
        self._folder = folder
        self._asked = asked
        self._report = report
        self._holdings = Holdings(store, asked.log, asked.filter)
        self._total = 0

    async def run(self) -> Manifest:
        head = await self._store.head(self._asked.log)
        upto = head.position if self._asked.upto is None else self._asked.upto
        if upto > head.position or self._asked.first > upto + 1:
            raise NotInLog(max(upto, self._asked.first), head.position)
        manifest = await self._begun(head.epoch)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        manifest.complete, manifest.upto = False, self._asked.upto
        self._total = upto - self._asked.first + 1
        while manifest.last < upto:
            last = min(manifest.last + SEGMENT_EVENTS_MAX, upto)
            self._keep(manifest, [*manifest.segments, await self._segment(manifest.last + 1, last, SEGMENT_BYTES_MAX)])
        while stale := [each for each in manifest.segments if await self._is_stale(each)]:
            for each in stale:
                new = await self._segment(each.first, each.last)
                self._keep(manifest, [new if before is each else before for before in manifest.segments])
        manifest.complete = True
        write_manifest(self._folder, manifest)
        return manifest

    async def _begun(self, epoch: int) -> Manifest:
        """What is in the folder already; or nothing, of what is asked for. Raises OtherExport, OtherHistory."""
        asked, first = self._asked, self._asked.first
        before = genesis(asked.log) if first == 1 else await self._holdings.hash(first - 1)
        new = Manifest(
            log=asked.log,
            epoch=epoch,
            encoding=asked.encoding,
            first=first,
            filter=None if asked.filter is None else asked.filter.model_dump(mode="json", exclude_none=True),
            before=(before or b"").hex(),
        )
        found = read_manifest(self._folder)
        if found is None:
            return new
        if not found.asks_as(new) or (asked.upto is not None and found.last > asked.upto):
            raise OtherExport(self._folder)
        hash = await self._holdings.hash(found.last) if found.last else genesis(asked.log)
        if hash is None or hash.hex() != found.hash:
            raise OtherHistory(self._folder, found.last)
        found.epoch = epoch
        return found

    def _keep(self, manifest: Manifest, segments: list[Segment]) -> None:
        manifest.segments = segments
        manifest.events = sum(each.events for each in segments)
        manifest.bodies = sum(each.bodies for each in segments)
        write_manifest(self._folder, manifest)

    async def _segment(self, first: int, upto: int, bytes_max: int | None = None) -> Segment:
        """Write one file. It ends at a position, or sooner, where it has enough bytes."""
        absent = await self._holdings.absent(first, upto)  # before the events are read: what goes meanwhile is noticed
        path = self._folder / f"{first:012d}.{self._asked.encoding}"
        unfinished = path.with_name(path.name + UNFINISHED)
        last, events, bodies, size_bytes = first - 1, 0, 0, 0
        with open_new(unfinished) as file:
            output = writer(self._asked.encoding, file)
            async with aclosing(self._holdings.lines(first - 1, upto)) as portions:
                async for last, lines in portions:
                    size_bytes += output.write(lines) if lines else 0
                    events += len(lines)
                    bodies += sum(line.content is not None for line in lines)
                    self._report(last - self._asked.first + 1, self._total)
                    if bytes_max is not None and size_bytes > bytes_max:
                        break
            output.finish()
            file.flush()
            os.fsync(file.fileno())
        hash = await self._holdings.hash(last)
        assert hash is not None
        segment = Segment(
            file=path.name,
            first=first,
            last=last,
            events=events,
            bodies=bodies,
            size_bytes=unfinished.stat().st_size,
            sha256=digest(unfinished),
            hash=hash.hex(),
            absent=tuple(each for each in absent if each.first <= last),
        )
        put_in_place(unfinished, path)
        return segment

    async def _is_stale(self, segment: Segment) -> bool:
        return await self._holdings.absent(segment.first, segment.last) != segment.absent
