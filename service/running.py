"""The running server, as other processes on this machine find it: its address and its maintenance token.

SQLite has one writing process per file. A maintenance command that must write finds this note beside the file,
and asks the server to do it. Whoever may read the note may read the data as well.
"""

import os
import secrets
import socket
from pathlib import Path

import msgspec
from msgspec import Struct

from events.stores import SQLITE
from projections.checkpoints import Holder

ALONE_LEASE_S = 86_400.0


class RunningServer(Struct, frozen=True):
    url: str
    token: str
    pid: int


def holder_of(database: str) -> Holder:
    """The name by which this process takes leases.

    One process at a time holds a SQLite file. All go by one name: after a crash the next one need not wait.
    """
    if database.startswith(SQLITE):
        return Holder("server", ALONE_LEASE_S)
    return Holder(f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}")


def note_path(database: str) -> Path | None:
    """Where the note lies; None for a database that any process may write to."""
    if not database.startswith(SQLITE):
        return None
    path = Path(database.removeprefix(SQLITE))
    return path.with_name(path.name + ".server")


def leave_note(database: str, url: str, token: str) -> None:
    path = note_path(database)
    if path is not None:
        path.unlink(missing_ok=True)
        note = msgspec.json.encode(RunningServer(url=url, token=token, pid=os.getpid()))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(note)


def remove_note(database: str) -> None:
    path = note_path(database)
    if path is not None:
        path.unlink(missing_ok=True)


def read_note(database: str) -> RunningServer | None:
    """The server that runs on this database, if it left a note."""
    path = note_path(database)
    try:
        return None if path is None else msgspec.json.decode(path.read_bytes(), type=RunningServer)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
