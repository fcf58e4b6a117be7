"""`digsite-server erase` and `vacuum`, as they are typed: shown first, and done when the word is typed."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.erasing import SECRET
from tests.servers import LiveServer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def typed(home: Path, *arguments: str, answer: str = "") -> tuple[int, str]:
    """The exit status, and all that was shown."""
    own = {"DIGSITE_HOME": str(home), "COLUMNS": "150"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGSITE_")} | own
    command = [sys.executable, "-P", "-m", "service", *arguments]
    done = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=60, input=answer
    )
    return done.returncode, done.stdout + done.stderr


def publish(server: LiveServer) -> None:
    body = json.dumps({"key": "letter", "data": SECRET}).encode()
    request = urllib.request.Request(f"{server.url}/artifacts/", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def is_held(home: Path) -> bool:
    return any(SECRET.encode() in file.read_bytes() for file in home.glob("digsite.db*"))


def test_beside_a_server_what_is_typed_is_erased(home: Path) -> None:
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home) as server:
        publish(server)
        for answer in ("", "yes\n"):
            status, shown = typed(home, "erase", "--key", "letter", "--reason", "request 17", answer=answer)
            assert (status, "Nothing was erased." in shown) == (1, True)
        status, shown = typed(home, "erase", "--key", "letter", "--reason", "request 17", "--dry-run")
        assert (status, "Without --dry-run" in shown, is_held(home)) == (0, True, True)
        status, shown = typed(home, "erase", "--key", "letter", "--reason", "request 17", answer="letter\n")
        assert (status, "Erased: 1 bodies" in shown) == (0, True)
        status, shown = typed(home, "vacuum")
        assert (status, is_held(home)) == (0, False)


def test_without_a_server_it_is_done_right_here(home: Path) -> None:
    with LiveServer(f"sqlite:///{home / 'digsite.db'}", home) as server:
        publish(server)
    status, shown = typed(home, "erase", "--artifacts", '{"key": {"any_": ["letter"]}}', "--reason", "r", answer="2\n")
    assert (status, "Type the number of events, 1," in shown, "Nothing was erased." in shown) == (1, True, True)
    status, shown = typed(home, "erase", "--artifacts", '{"key": {"any_": ["letter"]}}', "--reason", "r", answer="1\n")
    assert (status, "Erased: 1 bodies" in shown) == (0, True)
    assert (typed(home, "vacuum")[0], is_held(home)) == (0, False)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "exactly one of"),
        (["--artifact", "x"], "artifact: Input should be a valid UUID"),
        (["--events", "{"], "no JSON"),
        (["--events", "{}"], "everything"),
        (["--key", "unknown"], "nothing to erase"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(home: Path, options: list[str], says: str) -> None:
    status, shown = typed(home, "erase", "--reason", "r", *options)
    assert (status, says in shown, "Traceback" in shown) == (1, True, False)
