"""The API against its own OpenAPI document: whatever is sent, the document knows the answer, and it is no fault."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.servers import LiveServer

CONFIG = Path(__file__).with_name("schemathesis.toml")
AUTH = ("admin", "password")
TIME_LIMIT_S = 600


@pytest.fixture
def server(start_server: Callable[..., LiveServer], sqlite_url: str) -> LiveServer:
    """A server that is guarded, since API keys are made and revoked, and does not wait long for anything.

    On one database: what the document says does not depend on it, and to try it takes minutes.
    """
    impatient = {"DIGSITE_WAIT_TIMEOUT_S": "0.05", "DIGSITE_POLL_TIMEOUT_S": "0.05"}
    return start_server(sqlite_url, DIGSITE_API_AUTH_STRING=":".join(AUTH), **impatient)


@pytest.mark.slow
@pytest.mark.timeout(TIME_LIMIT_S)
def test_every_answer_is_as_the_document_says(server: LiveServer, tmp_path: Path) -> None:
    httpx2.get(f"{server.url}/openapi.json", timeout=60)  # made now: it is not waited for below
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    options = ["--auth", ":".join(AUTH), "--no-color"]
    tried = subprocess.run(
        [*command, f"{server.url}/openapi.json", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout
    assert re.findall(r"\bfaults?\b", "".join(server.output)) == []
    assert_sound(server)


def assert_sound(server: LiveServer) -> None:
    """After all that, every artifact can be listed, and the read models are what the log says."""
    with httpx2.Client(base_url=server.url, auth=AUTH, timeout=60) as api:
        total = api.post("/artifacts/count").json()
        listed = [api.post("/artifacts/filter", json={"offset": offset}).json() for offset in range(0, total, 200)]
        assert sum(map(len, listed)) == total > 0
        steps = [json.loads(line) for line in api.post("/rebuild").text.splitlines()]
        assert {each["differences"] for each in steps if each["step"] == "Rebuilt"} == {0}
