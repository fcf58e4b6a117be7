"""The inventory: which of a log's artifacts a Prefect server has, as its own listing tells.

A database of its own that is gone when it is closed. What does not fit into memory, SQLite puts on the disk.
"""

import json
import sqlite3
from collections.abc import Sequence

from service.moving.agreement import There

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE there (
    own_id TEXT PRIMARY KEY, id TEXT, digest BLOB, created INTEGER, updated INTEGER
) WITHOUT ROWID;
CREATE INDEX by_id ON there (id);
"""


class Inventory:
    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def clear(self) -> None:
        self._database.execute("DELETE FROM there")

    def put(self, id: str, there: There) -> None:
        """An artifact by its id in the log; `there.own_id` is the one that it has there."""
        self._database.execute(
            "INSERT OR REPLACE INTO there VALUES (?, ?, ?, ?, ?)",
            (there.own_id, id, there.digest, there.created, there.updated),
        )

    def forget(self, own_id: str) -> None:
        self._database.execute("DELETE FROM there WHERE own_id = ?", (own_id,))

    def find(self, ids: Sequence[str]) -> dict[str, There]:
        """The newest of each, with how many there are."""
        rows = self._database.execute(
            "SELECT id, own_id, digest, created, updated FROM there"
            " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY created",
            (json.dumps(list(ids)),),
        )
        found: dict[str, There] = {}
        for id, own_id, digest, created, updated in rows:
            copies = found[id].copies + 1 if id in found else 1
            found[id] = There(own_id=own_id, digest=digest, created=created, updated=updated, copies=copies)
        return found

    def id_of(self, own_id: str) -> str | None:
        """The id in the log of what has this one there."""
        row = self._database.execute("SELECT id FROM there WHERE own_id = ?", (own_id,)).fetchone()
        return None if row is None else str(row[0])
