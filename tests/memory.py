"""The memory that a live server takes."""

from pathlib import Path

from tests.servers import LiveServer


def resident_bytes(server: LiveServer) -> int:
    """What it takes now; and from now on the highest is measured anew."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    return _bytes(server, "VmRSS")


def highest_bytes(server: LiveServer) -> int:
    """The most that it took."""
    return _bytes(server, "VmHWM")


def _bytes(server: LiveServer, name: str) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024
