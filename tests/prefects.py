"""Prefect's own server for tests: a real process group on a port of its own, ended by its id.

A test that needs one asks for one of these, the first that will do:

- the fixture `prefect_server` (tests/conftest.py): one server for the whole run. What others left there is there too;
- the fixture `beside_prefect`: a Prefect server of the module, and a Digsite on SQLite in front of it;
- `beside(...)` below: the same on another database, or with other settings;
- `PrefectServer(prefect_python, home)`: one of the test's own, to kill, to start again, to keep stopped.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType

from msgspec import Struct

from tests.once import alone
from tests.ports import free_port
from tests.servers import LiveServer

START_TIMEOUT_S = 100
POLL_S = 0.05
"""How often a server that starts is asked whether it answers."""


DATABASE_SETTINGS = ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL")


class PrefectServer:
    """`prefect server start`, its SQLite database in `home`. `url` is the API's; it stays over a restart.

    An empty home begins as a copy of the template, with the tables made and the blocks registered: that saves the
    migrations, which take longer than all the rest of a start.
    """

    def __init__(
        self, python: Path, home: Path, environment: dict[str, str] | None = None, *, from_template: bool = True
    ) -> None:
        self.home = home
        self._python = python
        self._from_template = from_template and not any(name in (environment or {}) for name in DATABASE_SETTINGS)
        self.output = home / "server.log"
        self.port = free_port()
        self._command = [str(python), "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
        self._command += ["--port", str(self.port)]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PYTHON"))},
            "PREFECT_HOME": str(home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "NO_PROXY": "*",
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/api"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.home / "prefect.db"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> "PrefectServer":
        """Return when it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self._from_template and not self.database.exists():
            shutil.copytree(template(self._python), self.home, dirs_exist_ok=True)
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Prefect's server did not start:\n" + self.output.read_text()[-4000:])
            time.sleep(POLL_S)
        if not self.is_running:  # then it is another one that answers, and will go away some time
            raise RuntimeError("Prefect's server found its port taken:\n" + self.output.read_text()[-4000:])
        return self

    def stop(self) -> None:
        """SIGTERM to all of its processes, and wait for the end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is closed."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def __enter__(self) -> "PrefectServer":
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


def template(python: Path) -> Path:
    """A home as a first start leaves it. Made once for each environment of Prefect, beside it in the cache."""
    made = python.parents[1].with_name(python.parents[1].name + "-home")
    with alone(made):
        if not made.exists():
            _make(python, made)
    return made


def _make(python: Path, made: Path) -> None:
    """Make it aside, then move it into its place: nobody meets half of it."""
    aside = made.with_name(f"{made.name}-{uuid.uuid4().hex[:8]}")
    try:
        with PrefectServer(python, aside, from_template=False) as server:
            _wait_for_blocks(server)
        _settle(server)
        aside.rename(made)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _wait_for_blocks(server: PrefectServer) -> None:
    """It notes in its home that the blocks are registered, a moment after it answers."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (server.home / "memo_store.toml").exists():
        if time.monotonic() > deadline:
            raise RuntimeError("Prefect's server did not register its blocks:\n" + server.output.read_text()[-4000:])
        time.sleep(POLL_S)


def _settle(server: PrefectServer) -> None:
    """All that was written into the one file, and no log of the start."""
    with closing(sqlite3.connect(server.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    server.output.unlink()


class Beside(Struct, frozen=True):
    """A Prefect server, and a Digsite in front of it."""

    prefect: PrefectServer
    digsite: LiveServer


@contextmanager
def beside(python: Path, database_url: str, home: Path, environment: dict[str, str] | None = None) -> Iterator[Beside]:
    """Start both; stop both in the end. `environment` has further `DIGSITE_*` and `PREFECT_*` variables.

    `home` is where the files of both are kept. Clients have `digsite.url` as their `PREFECT_API_URL`, and so has the
    UI that the Prefect server serves.
    """
    port = free_port()
    pages = {"PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api", **(environment or {})}
    with PrefectServer(python, home / "prefect", pages) as prefect:
        upstream = {"DIGSITE_UPSTREAM_API_URL": prefect.url, **(environment or {})}
        digsite = LiveServer(database_url, home / "digsite", upstream)
        try:
            yield Beside(prefect, digsite.start(port))
        finally:
            digsite.stop()
