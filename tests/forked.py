"""Processes of `digsite-server` that do not import all of it anew: each is forked from one that has.

What a server is made of takes longer to import than all the rest of its start.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import TextIO

PRELOADED = ["service.__main__", "service.backups.watch", "service.logs", "service.serve", "uvloop"]
"""What serving imports."""

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(PRELOADED)


class Forked:
    """`digsite-server` with these arguments, as a `subprocess.Popen` would have it. What it says is in `stdout`."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        said, saying = _forking.Pipe(duplex=False)
        self._process = _forking.Process(target=_run, args=(arguments, environment, saying), daemon=True)
        self._process.start()
        saying.close()
        self.stdout: TextIO = os.fdopen(os.dup(said.fileno()))
        said.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit status, or minus the number of the signal that ended it. None: it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("digsite-server", timeout)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(arguments: list[str], environment: dict[str, str], saying: Connection) -> None:
    os.dup2(saying.fileno(), sys.stdout.fileno())
    os.dup2(saying.fileno(), sys.stderr.fileno())
    saying.close()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["digsite-server", *arguments]

    from service.__main__ import main

    main()
