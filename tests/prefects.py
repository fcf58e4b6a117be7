"""Prefect's own server for tests: a real process group on a free port of loopback, ended by its id."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

START_TIMEOUT_S = 100
POLL_S = 0.05
"""How often a server that starts is asked whether it answers."""


class PrefectServer:
    """`prefect server start`, its SQLite database in `home`. `url` is the API's; it stays over a restart."""

    def __init__(self, python: Path, home: Path, environment: dict[str, str] | None = None) -> None:
        self.home = home
        self.output = home / "server.log"
        self.port = _free_port()
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

    def start(self) -> "PrefectServer":
        """Return when it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Prefect's server did not start:\n" + self.output.read_text()[-4000:])
            time.sleep(POLL_S)
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


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
