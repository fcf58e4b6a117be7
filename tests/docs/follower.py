"""Somebody who follows a page from top to bottom and does what each block says."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue

from tests.docs.pages import REPOSITORY, Block
from tests.ports import free_port
from tests.prefects import template

UV = os.environ.get("UV") or shutil.which("uv")
BLOCK_TIMEOUT_S = 90
START_TIMEOUT_S = 60
SERVE = "uv run digsite-server\n"

_SERVES = re.compile(r"uv run digsite-server( --.*)?$")
_INSTALL = "pip install uv && "
_RUN_TESTS = "uv run pytest\n"
_DATABASE = "postgresql://digsite@localhost/digsite"
_PREFECT_SERVER = "prefect server start &"
_DIGSITES, _PREFECTS = "4300", "4200"
"""The reader's ports of both, where a page has Digsite in front of Prefect's server."""


class Follower:
    """Runs blocks in the repository's folder, one after the other, in one environment that they may add to.

    A block that serves is left running for those that follow; a page that has none gets a server when it needs one.
    """

    def __init__(self, home: Path, prefect_python: Callable[[], Path], postgres: Callable[[], str]) -> None:
        self._home = home
        self._prefect_python = prefect_python
        self._postgres = postgres
        self._server: subprocess.Popen[str] | None = None
        self._output = threading.Thread()
        self._ports: dict[str, str] = {}
        """The test's ports in place of the reader's."""
        self._environment = _environment(home)
        (home / ".curlrc").write_text(f'fail-with-body\nsilent\nshow-error\noutput-dir = "{home}"\n')

    def follow(self, block: Block) -> str:
        """Do what a block says. Returns what it printed."""
        text = block.text.removeprefix(_INSTALL)
        if text == _RUN_TESTS:
            return ""  # that is what runs now
        if block.language == "bash" and _SERVES.search(text.rstrip()):
            return self._serve(text)
        if self._server is None:
            self._serve(SERVE)
        command = ["bash", "-c", f"set -euo pipefail; set -a\n{text}\nenv -0 > {self._home}/after"]
        if block.language == "python":
            command = [str(self._interpreter(text)), "-c", text]
        printed = self._run(block, [self._here(part) for part in command])
        if block.language == "bash":
            self._keep_environment()
        return printed

    def stop(self) -> None:
        """Stop the servers. Digsite's must end well; one that was started beside it ends with it."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGTERM)
            assert self._server.wait(START_TIMEOUT_S) == 0
            self._output.join(START_TIMEOUT_S)
            self._server = None

    def _serve(self, text: str) -> str:
        """Start what the block starts, on a free port, and wait until it says where it is."""
        self.stop()
        self._ports = self._prefects_ports() if _PREFECT_SERVER in text else {}
        command = re.sub(r"--port (\d+)", self._port_option, self._here(text).replace("uv run", "exec uv run"))
        self._server = subprocess.Popen(
            ["bash", "-c", command],
            cwd=REPOSITORY,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        lines: Queue[str] = Queue()
        self._output = threading.Thread(target=_pump, args=(self._server, lines), daemon=True)
        self._output.start()
        said = ""
        while not said.endswith("/api\n") or "Prefect clients" not in said:
            line = lines.get(timeout=START_TIMEOUT_S)
            assert line, f"{text} ended:\n{said}"
            said += line
        if not self._ports:
            self._ports = {"4200": re.findall(r":(\d+)/api", said)[0]}
        return said

    def _prefects_ports(self) -> dict[str, str]:
        """Make `prefect` a command, its server's home one that has been started before, and both ports free ones."""
        python = self._prefect_python()
        command = self._home / "bin" / "prefect"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {python} -m prefect "$@"\n')
        command.chmod(0o755)
        shutil.copytree(template(python), self._environment["PREFECT_HOME"])
        ports = {_DIGSITES: str(free_port()), _PREFECTS: str(free_port())}
        self._environment["PATH"] = f"{command.parent}{os.pathsep}{self._environment['PATH']}"
        self._environment["PREFECT_SERVER_API_PORT"] = ports[_PREFECTS]
        return ports

    def _port_option(self, found: "re.Match[str]") -> str:
        return f"--port {self._ports.get(found[1], 0)}"

    def _here(self, text: str) -> str:
        """The text with this test's server, folder and database in place of the reader's."""
        for readers, own in self._ports.items():
            text = text.replace(f":{readers}", f":{own}")
        text = text.replace("~/.digsite", str(self._home / ".digsite"))
        return text.replace(_DATABASE, self._postgres()) if _DATABASE in text else text

    def _interpreter(self, text: str) -> Path:
        return self._prefect_python() if "from prefect" in text else Path(sys.executable)

    def _run(self, block: Block, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=self._environment,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BLOCK_TIMEOUT_S,
        )
        assert done.returncode == 0, f"{block.where} fails with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _keep_environment(self) -> None:
        variables = (self._home / "after").read_text().rstrip("\0").split("\0")
        self._environment = dict(each.split("=", 1) for each in variables)


def _environment(home: Path) -> dict[str, str]:
    ours = ("DIGSITE_", "PREFECT_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(UV).parent}{os.pathsep}{kept.get('PATH', '')}" if UV else kept.get("PATH", "")
    return kept | {
        "PATH": path,
        "CURL_HOME": str(home),
        "DIGSITE_HOME": str(home / ".digsite"),
        "DIGSITE_PORT": "0",
        "PREFECT_HOME": str(home / ".prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "*",
        "PYTHONPATH": str(REPOSITORY),
    }


def _pump(server: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
    assert server.stdout is not None
    with server.stdout as output:
        for line in output:
            lines.put(line)
    lines.put("")
