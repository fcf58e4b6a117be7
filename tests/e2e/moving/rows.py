"""Many artifacts, put straight into the SQLite database of a Prefect server: its API would take long."""

import json
import shutil
import sqlite3
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

FIRST = datetime(2026, 1, 1)
KEYS = 50


def filled(prefect_home: Path, path: Path, count: int) -> str:
    """The address of a database with so many artifacts, each of a key, and the events of their creation."""
    shutil.copyfile(prefect_home / "prefect.db", path)
    collections = [str(uuid.uuid4()) for _ in range(KEYS)]
    with closing(sqlite3.connect(path)) as connection:
        for number in range(count):
            _add(connection, number, collections[number % KEYS])
        connection.commit()
    return f"sqlite:///{path}"


def _add(connection: sqlite3.Connection, number: int, collection_id: str) -> None:
    id, key, moment = str(uuid.uuid4()), f"key-{number % KEYS}", str(FIRST + timedelta(seconds=number))
    about, data = f"prefect.artifact.{id}", json.dumps(f"# {number}")
    connection.execute(
        "INSERT INTO artifact (id, created, updated, key, type, data) VALUES (?, ?, ?, ?, 'markdown', ?)",
        (id, moment, moment, key, data),
    )
    connection.execute(
        "INSERT INTO artifact_collection (id, created, updated, key, latest_id, type, data)"
        " VALUES (?, ?, ?, ?, ?, 'markdown', ?) ON CONFLICT (key) DO UPDATE"
        " SET latest_id = excluded.latest_id, updated = excluded.updated, data = excluded.data",
        (collection_id, moment, moment, key, id, data),
    )
    connection.execute(
        "INSERT INTO events (occurred, event, resource_id, resource, payload, received, recorded)"
        " VALUES (?, 'prefect.artifact.created', ?, ?, '{}', ?, ?)",
        (moment, about, json.dumps({"prefect.resource.id": about}), moment, moment),
    )
