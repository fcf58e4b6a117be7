"""A backup of a SQLite file: one moment of it, taken beside the server that writes to it.

    a copy under another name, written within one read transaction ─► its integrity ─► on disk ─► its name

It is a new database with what is in the old one, and without what was taken out of it: nothing erased comes along.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from events.stores import SQLITE
from service.exports.manifest import UNFINISHED, put_in_place

POLL_S = 0.1

Report = Callable[[int, int], None]
"""`report(done, total)`: bytes, about."""


class BackupRefused(Exception):
    """It cannot be done so. The message says what to do."""


class MakesItsOwn(BackupRefused):
    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL makes its own backups: pg_dump, or pg_basebackup with its write-ahead log. After one was "
            "restored, run `digsite-server restore`. docs/backup.md says how."
        )


class TakenName(BackupRefused):
    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} is there already. Choose another name.")
        self.file = str(file)


class Damaged(BackupRefused):
    """The database, or the backup, is not sound."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} is no sound Digsite database: {reason}.")
        self.file, self.reason = str(file), reason


def sqlite_path(database: str) -> Path:
    """Raises MakesItsOwn."""
    if not database.startswith(SQLITE):
        raise MakesItsOwn
    return Path(database.removeprefix(SQLITE)).expanduser()


def backup(database: str, file: Path, report: Report) -> dict[str, int]:
    """Write the backup. Answers with the position at which each log ends in it. Raises BackupRefused, OSError."""
    path = sqlite_path(database)
    if file.exists():
        raise TakenName(file)
    unfinished = file.with_name(file.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _write(path, unfinished, report)
        heads = check(unfinished)
        descriptor = os.open(unfinished, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        put_in_place(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return heads


def _write(path: Path, target: Path, report: Report) -> None:
    try:
        with closing(opened(path)) as source, ThreadPoolExecutor(1) as thread:
            total = used_bytes(source)
            work = thread.submit(source.execute, "VACUUM INTO ?", (str(target),))
            try:
                while not work.done():
                    report(min(target.stat().st_size, total), total)
                    time.sleep(POLL_S)
            except BaseException:
                source.interrupt()
                raise
            work.result()
            report(total, total)
    except sqlite3.Error as error:
        raise Damaged(path, str(error)) from error


def check(file: Path) -> dict[str, int]:
    """Make sure that a file is a sound database of a log. Answers with where each log ends. Raises Damaged."""
    try:
        with closing(opened(file)) as connection:
            [(verdict,), *_] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            if verdict != "ok":
                raise Damaged(file, verdict)
            return dict(connection.execute("SELECT name, position FROM logs ORDER BY log").fetchall())
    except sqlite3.Error as error:
        raise Damaged(file, str(error)) from error


def opened(path: Path) -> sqlite3.Connection:
    """To read from alone."""
    connection: sqlite3.Connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    return connection


def used_bytes(connection: sqlite3.Connection) -> int:
    """What its pages take that hold something."""
    [pages, free, size_bytes] = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    ]
    return int((pages - free) * size_bytes)
