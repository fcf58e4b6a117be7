"""What is made once and then found by all: the workers of this run, and other runs beside it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(made: Path) -> Iterator[None]:
    """Nobody else makes it meanwhile: they wait. Whoever is killed at it lets the next one in."""
    with made.with_name(f"{made.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
