"""The ledger: of each artifact and collection that a log held, where its newest header stands.

A database of its own that is gone when it is closed. What does not fit into memory, SQLite puts on the disk.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from events.event import Micros

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE artifacts (
    id TEXT PRIMARY KEY, gone INTEGER, position INTEGER, key TEXT,
    created INTEGER, created_position INTEGER, updated INTEGER, there INTEGER
) WITHOUT ROWID;
CREATE TABLE collections (
    id TEXT PRIMARY KEY, gone INTEGER, position INTEGER, key TEXT
) WITHOUT ROWID;
"""
INDEXES = """
CREATE INDEX by_age ON artifacts (created, created_position) WHERE NOT gone;
CREATE INDEX by_key ON artifacts (key) WHERE NOT gone;
"""
NEWEST_FIRST_DIFFERS = """
SELECT id FROM (
    SELECT id,
        row_number() OVER (PARTITION BY key ORDER BY updated DESC, position DESC) AS turn_here,
        row_number() OVER (PARTITION BY key ORDER BY there DESC) AS turn_there
    FROM artifacts WHERE key IS NOT NULL AND there IS NOT NULL AND NOT gone
) WHERE turn_here = 1 AND turn_there > 1
"""


class Entry(Struct, frozen=True):
    """What a header says of an artifact."""

    id: str
    is_gone: bool
    position: int
    key: str | None
    created: Micros
    created_position: int
    updated: Micros


class Ledger:
    """Filled first, in the order of the log; then `close_books`; then read."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def enter_artifacts(self, entries: Iterable[Entry]) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                (each.id, each.is_gone, each.position, each.key, each.created, each.created_position, each.updated)
                for each in entries
            ),
        )

    def enter_collections(self, entries: Iterable[Entry]) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO collections VALUES (?, ?, ?, ?)",
            ((each.id, each.is_gone, each.position, each.key) for each in entries),
        )

    def close_books(self) -> None:
        """Nothing is entered any more."""
        self._database.executescript(INDEXES)

    def count_artifacts(self) -> int:
        return self._count("artifacts")

    def count_collections(self) -> int:
        return self._count("collections")

    def artifacts(self, size: int) -> Iterator[list[int]]:
        """The positions of the artifacts' newest headers, a page at a time, the oldest artifact first."""
        created, created_position = -(2**63), 0
        query = (
            "SELECT created, created_position, position FROM artifacts WHERE NOT gone"
            " AND (created, created_position) > (?, ?) ORDER BY created, created_position LIMIT ?"
        )
        while rows := self._rows(query, created, created_position, size):
            yield [position for *_, position in rows]
            created, created_position, _ = rows[-1]

    def collections(self, size: int) -> Iterator[list[int]]:
        """The positions of the collections' newest headers, a page at a time."""
        id = ""
        query = "SELECT id, position FROM collections WHERE NOT gone AND id > ? ORDER BY id LIMIT ?"
        while rows := self._rows(query, id, size):
            yield [position for _, position in rows]
            id = rows[-1][0]

    def gone(self, size: int) -> Iterator[list[str]]:
        """The ids of the artifacts that were deleted, a page at a time."""
        id = ""
        query = "SELECT id FROM artifacts WHERE gone AND id > ? ORDER BY id LIMIT ?"
        while rows := self._rows(query, id, size):
            yield [each for (each,) in rows]
            id = rows[-1][0]

    def note_there(self, updated: Iterable[tuple[str, Micros]]) -> None:
        """When artifacts, by id, were last updated where they are written to."""
        self._database.executemany(
            "UPDATE artifacts SET there = ? WHERE id = ?", ((moment, id) for id, moment in updated)
        )

    def out_of_turn(self) -> list[str]:
        """Of each key the artifact that was updated last, if there it is another's turn."""
        return [id for (id,) in self._rows(NEWEST_FIRST_DIFFERS)]

    def _count(self, table: str) -> int:
        [(count,)] = self._rows(f"SELECT count(*) FROM {table} WHERE NOT gone")
        return int(count)

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._database.execute(query, parameters).fetchall()
