"""`digsite-server export` and `import`, as they are typed."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.servers import LiveServer


@pytest.fixture
def database_url(bare_sqlite_url: str) -> str:
    return bare_sqlite_url


def typed(home: Path, *arguments: str) -> tuple[int, str]:
    """The exit status, and all that was shown."""
    own = {"DIGSITE_HOME": str(home), "COLUMNS": "150"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGSITE_")} | own
    command = [sys.executable, "-P", "-m", "service", *arguments]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def publish(server: LiveServer, count: int) -> None:
    for n in range(count):
        body = json.dumps({"key": "k", "data": n}).encode()
        request = urllib.request.Request(f"{server.url}/artifacts/", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()


def test_a_log_is_exported_beside_its_server_and_imported_elsewhere(bare_sqlite_url: str, tmp_path: Path) -> None:
    home, folder, other = tmp_path / "home", tmp_path / "export", tmp_path / "other"
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home) as server:
        publish(server, 3)
        status, shown = typed(home, "export", str(folder))
        assert (status, "6 events and 3 bodies in 1 files, positions 1 to 6 of 'default'" in shown) == (0, True)
        status, shown = typed(home, "import", str(folder))
        assert (status, "Stop that server" in shown, "Traceback" in shown) == (1, True, False)
    status, shown = typed(other, "import", str(folder))
    assert (status, "has 6 events more and ends at position 6" in shown) == (0, True)
    with LiveServer(f"sqlite:///{other / 'digsite.db'}", other) as server:
        answer = urllib.request.urlopen(f"{server.url}/artifacts/k/latest", timeout=10).read()
    assert json.loads(answer)["data"] == 2


def test_what_cannot_be_done_is_told_in_a_line(tmp_path: Path) -> None:
    for arguments in (["import", str(tmp_path / "nothing")], ["export", str(tmp_path / "out")]):
        status, shown = typed(tmp_path / "home", *arguments)
        assert (status, "Traceback" in shown, "Error:" in shown) == (1, False, True)
    status, shown = typed(tmp_path / "home", "export", str(tmp_path / "out"), "--filter", '{"events": 1}')
    assert (status, "events: Extra inputs are not permitted" in shown) == (1, True)
