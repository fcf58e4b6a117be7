"""Prefect's own server, with its defaults, from an environment of its own that is made once and kept."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import HOST
from benchmarks.servers import Server, free_port, running

VERSION = "3.8.8"
REQUIREMENTS = (
    f"prefect=={VERSION}",
    "fastapi==0.141.1",
    "starlette==1.3.1",
    "sqlalchemy==2.0.45",
    "pydantic==2.13.4",
)
"""Later releases of these keep this server from starting."""
PYTHON = "3.11"

SILENCE = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
"""Nothing that is measured tells anyone about it."""


@contextmanager
def prefect(folder: Path) -> Iterator[Server]:
    """Its SQLite database lies in `folder`."""
    port = free_port()
    command = [str(installed()), "server", "start", "--host", HOST, "--port", str(port)]
    with running(command, port, folder, {"PREFECT_HOME": str(folder), **SILENCE}) as server:
        yield server


def installed() -> Path:
    """Prefect's command, installed if it is not yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    environment = cache / "digsite-benchmarks" / f"prefect-{VERSION}"
    command = environment / "bin" / "prefect"
    if not command.exists():
        subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", PYTHON, str(environment)], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(environment), *REQUIREMENTS], check=True)
    return command
