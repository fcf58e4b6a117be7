"""Prefect's own server, with its defaults, in the environment that the tests with the real client have too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import HOST
from benchmarks.servers import Server, free_port, running
from tests.e2e import environment

[VERSION] = [
    line.removeprefix("prefect==")
    for line in environment.REQUIREMENTS.read_text().splitlines()
    if line.startswith("prefect==")
]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "digsite-benchmarks"
SILENCE = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
"""Nobody is told of what is measured."""


@contextmanager
def prefect(folder: Path) -> Iterator[Server]:
    """Its SQLite database lies in `folder`."""
    port = free_port()
    python = str(environment.python(CACHE))
    command = [python, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    with running(command, port, folder, {"PREFECT_HOME": str(folder), **SILENCE}) as server:
        yield server
