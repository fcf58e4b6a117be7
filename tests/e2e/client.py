"""The real Prefect client as its users have it: the SDK in scripts, the CLI in a terminal."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

SCRIPTS = Path(__file__).with_name("scripts")
TIMEOUT_S = 60
"""A client that has not ended by then hangs: each needs about a second."""


class Finished(Struct, frozen=True):
    """A command that has ended: its exit status and what it printed."""

    status: int
    output: str
    errors: str


class PrefectClient:
    """Runs scripts and `prefect` commands against one API. `settings` are further `PREFECT_*` variables."""

    def __init__(self, python: Path, home: Path, api_url: str, **settings: str) -> None:
        self._python = python
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PYTHON"))},
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": api_url,
            "DO_NOT_TRACK": "1",
            "NO_PROXY": "*",
            "COLUMNS": "200",  # the CLI's tables are as wide as the terminal
            **settings,
        }

    def script(self, name: str, *arguments: str) -> str:
        """What a script of `scripts/` printed. It must end well."""
        return self.finished(name, *arguments).output

    def finished(self, name: str, *arguments: str) -> Finished:
        """A script of `scripts/` that ended well."""
        finished = self._run(str(SCRIPTS / f"{name}.py"), *arguments)
        assert finished.status == 0, finished.errors
        return finished

    def cli(self, *arguments: str) -> Finished:
        """`prefect` with these arguments."""
        return self._run("-m", "prefect", *arguments)

    @contextmanager
    def running(self, *arguments: str, errors: IO[str] | None = None) -> Iterator[IO[str]]:
        """What a program prints while it runs, a script of `scripts/` or `-m prefect`. In the end it is stopped.

        `errors` is a file for its stderr; by default that is the test's own.
        """
        script = [arg if arg.startswith("-") else str(SCRIPTS / f"{arg}.py") for arg in arguments[:1]]
        command = [str(self._python), "-u", *script, *arguments[1:]]
        with subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
            finally:
                process.terminate()

    def _run(self, *arguments: str) -> Finished:
        run = subprocess.run(
            [str(self._python), *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return Finished(run.returncode, run.stdout, run.stderr)
