"""Importing: an export becomes a log again, with the positions, ids, times and hashes that it had.

    segment ─► its digest ─► lines ─► the chain ─► events, bodies, read models, head       in one transaction each

How far it has come is the log itself: the same import goes on behind its head, if that is on the export's chain.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct

from events.chain import genesis
from events.recording import Body
from events.store import Head
from events.stores.sql import SqlStore
from events.stores.tables import Row
from service.exports.line import Line
from service.exports.manifest import (
    DamagedExport,
    ExportError,
    Manifest,
    Segment,
)
from service.exports.segments import manifest_in, read_segment
from service.exports.taking import LogNotEmpty, Taking
from service.exports.walk import Batch, Broken, Walk

Report = Callable[[int, int], None]
"""`report(done, total)`: positions."""


class NotWhole(ExportError):
    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} {reason}, so no log can be made from it. It can be appended, with --append.")
        self.folder, self.reason = str(folder), reason


class OtherName(ExportError):
    def __init__(self, log: str, asked: str) -> None:
        super().__init__(
            f"This is the log {log!r}, and its chain begins with its name: it cannot become {asked!r}. It can be "
            "appended to that, with --append."
        )
        self.log, self.asked = log, asked


class Imported(Struct):
    """What came of it."""

    log: str
    events: int
    """Recorded now."""
    position: int
    """Where the log ends."""


async def import_whole(store: SqlStore, folder: Path, log: str | None, report: Report) -> Imported:
    """Make the log that was exported, or bring it further. Raises ExportError, StorageUnavailable."""
    manifest = manifest_in(folder)
    if log not in (None, manifest.log):
        raise OtherName(manifest.log, str(log))
    if not manifest.is_whole:
        raise NotWhole(folder, "is a part of a log")
    return await _Import(store, folder, manifest, report).run()


class _Import:
    def __init__(self, store: SqlStore, folder: Path, manifest: Manifest, report: Report) -> None:
        self._store = store
        self._folder = folder
        self._manifest = manifest
        self._report = report
        self._taking = Taking(store, manifest.log)

    async def run(self) -> Imported:
        manifest, head = self._manifest, await self._taking.begin(self._manifest.epoch)
        batches = self._batches(await self._store.log_number(manifest.log), head)
        position = head.position
        async with aclosing(_read_ahead(batches)) as ready:
            async for batch in ready:
                await self._taking.take(batch)
                position = batch.last
                self._report(position, manifest.last)
        return Imported(manifest.log, position - head.position, position)

    def _batches(self, number: int, head: Head) -> Iterator[Batch]:
        """What comes behind the head, checked. Raises LogNotEmpty, DamagedExport."""
        manifest = self._manifest
        if head.position > manifest.last:
            raise LogNotEmpty(manifest.log, head.position)
        walk: Walk | None = None
        before = genesis(manifest.log)
        for segment in manifest.segments:
            if segment.last <= head.position:
                before = bytes.fromhex(segment.hash)
                continue
            if walk is None:
                walk = Walk(number, segment.first - 1, before)
            yield from self._of_segment(segment, walk, head)
        if walk is None and before != head.hash:
            raise LogNotEmpty(manifest.log, head.position)

    def _of_segment(self, segment: Segment, walk: Walk, head: Head) -> Iterator[Batch]:
        path = self._folder / segment.file
        try:
            for lines in read_segment(self._folder, self._manifest, segment):
                yield from self._checked(lines, segment, walk, head)
        except Broken as broken:
            raise DamagedExport(path, broken.position, broken.reason) from broken
        if (walk.position, walk.hash.hex()) != (segment.last, segment.hash):
            raise DamagedExport(path, walk.position, f"it ends there, and not at {segment.last} as the manifest says")

    def _checked(self, lines: Sequence[Line], segment: Segment, walk: Walk, head: Head) -> Iterator[Batch]:
        """These lines as a batch, without those that the log has."""
        after, before = walk.position, walk.hash
        headers: list[Row] = []
        bodies: list[Body] = []
        for line in lines:
            header, body = walk.go(line, segment.absent)
            if walk.position <= head.position:
                after, before = walk.position, walk.hash
                if after == head.position and before != head.hash:
                    raise LogNotEmpty(head.log, after)
                continue
            headers.append(header)
            bodies += [body] if body is not None else []
        if headers:
            yield Batch(after=after, before=before, headers=headers, bodies=bodies, absent=segment.absent)


async def _read_ahead(batches: Iterator[Batch]) -> AsyncGenerator[Batch, None]:
    """The next batch is read while the last one is written."""
    ahead = asyncio.create_task(asyncio.to_thread(next, batches, None))
    try:
        while (batch := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, batches, None))
            yield batch
    finally:
        await asyncio.gather(ahead, return_exceptions=True)
