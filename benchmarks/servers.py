"""Servers: processes on a free port of loopback, started, awaited and ended by their id."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from benchmarks.load import HOST

REPOSITORY = Path(__file__).parents[1]
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.005
"""How often a server that starts is asked whether it answers."""
SESSION, USER_TICKS, SYSTEM_TICKS = 3, 11, 12
"""Fields of `/proc/PID/stat` behind the command's name. Each server begins a session."""


class Server(Struct, frozen=True):
    port: int
    pid: int
    started_in_s: float
    """From the start of its process to its first answer."""

    @property
    def resident_mib(self) -> float:
        """Memory that it holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    @property
    def cpu_s(self) -> float:
        """CPU time that it and its children have taken until now."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended meanwhile
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[SESSION]) == self.pid:
                    ticks += int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])
        return ticks / os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """The server ended, or did not answer in time."""

    def __init__(self, command: Sequence[str], output: str) -> None:
        super().__init__(f"{' '.join(command)} did not start:\n{output[-4000:]}")
        self.command, self.output = command, output


@contextmanager
def digsite(database_url: str, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    environment = {"DIGSITE_HOME": str(folder), "DIGSITE_DATABASE_URL": database_url, **(settings or {})}
    port = free_port()
    with running([sys.executable, "-m", "service", "--port", str(port)], port, folder, environment) as server:
        yield server


@contextmanager
def noop(folder: Path) -> Iterator[Server]:
    port = free_port()
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.noop:app", "--host", HOST, "--port", str(port), *options]
    with running(command, port, folder) as server:
        yield server


@contextmanager
def running(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A process that serves `/api/health` on this port until the block ends. Raises NotStarted."""
    output = folder / f"output-{port}.txt"
    with output.open("wb") as file:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={**_plain_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the benchmark, which then ends its servers
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - started > START_TIMEOUT_S:
                raise NotStarted(command, output.read_text(errors="replace"))
            time.sleep(POLL_S)
        yield Server(port, process.pid, time.perf_counter() - started)
    finally:
        _end(process)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/api/health", timeout=STOP_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _plain_environment() -> dict[str, str]:
    """The environment without settings that were meant for something else."""
    settings = ("DIGSITE_", "PREFECT_", "UVICORN_")
    return {name: value for name, value in os.environ.items() if not name.startswith(settings)}
