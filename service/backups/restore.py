"""Putting a backup in the place of a database: every log begins another epoch, and nothing is ahead of its head.

    the backup ─► sound? ─► a copy: today's tables, another epoch ─► the database that was there, aside ─► in its place

On PostgreSQL its own tools put the backup in place, and only the epoch is left to do.
"""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy import text

from events.epoch import EPOCHS, begin_epoch
from events.stores import SQLITE, open_store
from events.stores.lock import take_lock
from events.stores.sql import Fetch, SqlStore
from events.stores.statement import Statement
from service.backups.backup import BackupRefused, Damaged, Report, check, opened, sqlite_path
from service.exports.manifest import put_in_place
from service.migrations import migrate

COPY_PAGES = 2_048
"""Pages that are copied between two looks at the bar."""


class InUse(BackupRefused):
    def __init__(self, connections: int) -> None:
        super().__init__(
            f"The database has {connections} other connections. Stop every server over it first: what they have in "
            "memory is of the log as it was."
        )
        self.connections = connections


class NoFile(BackupRefused):
    def __init__(self, file: Path) -> None:
        super().__init__(f"There is no file {file}.")
        self.file = str(file)


class PutBackElsewhere(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL puts its backups back itself, with pg_restore, say. Do that, then run `digsite-server restore` "
            "without a file."
        )


class Restored(Struct, frozen=True):
    """What came of it."""

    epochs: dict[str, int]
    """Of each log."""
    heads: dict[str, int]
    aside: Path | None = None
    """Where the database is that was there before."""


def restore(database: str, file: Path, report: Report) -> Restored:
    """Put a backup in the place of a SQLite file that nobody serves.

    Raises BackupRefused, StorageInUse, StorageUnavailable, OSError; then all is as it was.
    """
    if not database.startswith(SQLITE):
        raise PutBackElsewhere
    if not file.exists():
        raise NoFile(file)
    path = sqlite_path(database)
    lock = take_lock(path)
    copy = path.with_name(path.name + ".restoring")
    try:
        heads = check(file)
        _copy(file, copy, report)
        epochs = asyncio.run(_made_ready(copy, _epochs_in(path)))
        aside = _set_aside(path)
        put_in_place(copy, path)
    finally:
        for leftover in (
            copy,
            *(copy.with_name(copy.name + suffix) for suffix in (".lock", "-wal", "-shm", "-journal")),
        ):
            leftover.unlink(missing_ok=True)
        lock.close()
    return Restored(epochs, heads, aside)


async def restored(database: str) -> Restored:
    """Begin another epoch in a database that was put back by other means, and is served by nobody.

    Raises InUse, StorageInUse, StorageUnavailable.
    """
    store = open_store(database)
    try:
        await store.open()
        await migrate(store, database)
        if not database.startswith(SQLITE):
            [(others,)] = await store.fetch(OTHERS)
            if others:
                raise InUse(others)
        epochs = await _begin_anew(store, {})
        return Restored(epochs, {log: (await store.head(log)).position for log in epochs})
    finally:
        await store.close()


def _copy(file: Path, copy: Path, report: Report) -> None:
    copy.unlink(missing_ok=True)
    copy.touch(0o600)
    try:
        with closing(opened(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target, pages=COPY_PAGES, progress=lambda _, left, total: report(total - left, total))
    except sqlite3.Error as error:
        raise Damaged(file, str(error)) from error


async def _made_ready(copy: Path, known: Mapping[str, int]) -> dict[str, int]:
    """Bring it to today's tables, and begin another epoch of each log. Answers with these."""
    url = f"{SQLITE}{copy}"
    store = open_store(url)
    try:
        await store.open()
        await migrate(store, url)
        return await _begin_anew(store, known)
    finally:
        await store.close()


async def _begin_anew(store: SqlStore, known: Mapping[str, int]) -> dict[str, int]:
    async def work(fetch: Fetch) -> dict[str, int]:
        epochs = await begin_epoch(fetch, known, store.clock())
        for statement in CORRECTIONS:
            await fetch(statement)
        return epochs

    return await store.beside(work)


def _epochs_in(path: Path) -> dict[str, int]:
    """Those of the database that goes, if they can still be read."""
    with suppress(sqlite3.Error), closing(opened(path)) as connection:
        return dict(connection.execute(EPOCHS).fetchall())
    return {}


def _set_aside(path: Path) -> Path | None:
    """Keep the database that is there, whole, under another name."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm", ""):  # what cannot be folded into it any more goes with it
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


_HEAD = "(SELECT logs.position FROM logs WHERE logs.log = {}.log)"
CORRECTIONS = tuple(
    Statement(text(sql.format(head=_HEAD.format(table))))
    for table, sql in (
        ("checkpoints", "UPDATE checkpoints SET lease_until = 0"),
        # version 0: older than any, so that what was folded from events that are no more is folded anew
        ("checkpoints", "UPDATE checkpoints SET position = {head}, version = 0 WHERE position > {head}"),
        ("subscriptions", "UPDATE subscriptions SET scanned = {head} WHERE scanned > {head}"),
        ("deliveries", "DELETE FROM deliveries WHERE position > {head}"),
    )
)
"""Nobody holds anything, and nothing is ahead of its log."""
OTHERS = Statement(
    text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
)
