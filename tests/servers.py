"""Live servers for tests: real processes, ended by their id."""

import os
import queue
import signal
import threading
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from tests.forked import Forked
from tests.ports import free_port

START_TIMEOUT_S = 60


class LiveServer:
    """`digsite-server` on a port of loopback that stays its own. `url` is the API's."""

    def __init__(self, database_url: str, home: Path, environment: dict[str, str] | None = None) -> None:
        self.database_url = database_url
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DIGSITE_")},
            "DIGSITE_HOME": str(home),
            "DIGSITE_DATABASE_URL": database_url,
            **(environment or {}),
        }
        self._process: Forked | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self.output: list[str] = []
        self.url = ""

    @property
    def process(self) -> Forked:
        assert self._process is not None
        return self._process

    @property
    def port(self) -> int:
        """The port that it listens on, or did before it ended."""
        return urlsplit(self.url).port or 0

    def start(self, port: int | None = None) -> "LiveServer":
        """Start, and return when it answers where its API is."""
        self._process = Forked(["--port", str(free_port() if port is None else port)], self._environment)
        self._lines = queue.Queue()
        threading.Thread(target=self._read_output, args=(self._process, self._lines), daemon=True).start()
        while True:
            line = self._lines.get(timeout=START_TIMEOUT_S)
            if line.startswith("  API"):
                self.url = line.split()[1]
                return self
            if not line:
                raise RuntimeError("the server did not start:\n" + "".join(self.output))

    def stop(self) -> int:
        """SIGTERM, and wait for the end. Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is closed."""
        self.process.kill()
        self.process.wait(timeout=30)

    def _read_output(self, process: Forked, lines: "queue.Queue[str]") -> None:
        with process.stdout as output:
            for line in output:
                self.output.append(line)
                lines.put(line)
        lines.put("")

    def __enter__(self) -> "LiveServer":
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
