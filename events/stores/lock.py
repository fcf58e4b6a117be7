"""The lock of a file: one process writes to it."""

import fcntl
import os
from pathlib import Path
from typing import IO

from events.errors import StorageInUse


def take_lock(path: Path) -> IO[str]:
    """Hold `{path}.lock` until it is closed, or this process ends however it ends.

    Raises StorageInUse if another process holds it, OSError.
    """
    file = path.with_name(path.name + ".lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read().strip()
        file.close()
        raise StorageInUse(str(path), int(pid) if pid.isdigit() else None) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
