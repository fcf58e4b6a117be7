"""An import that is broken off anywhere goes on where it was: nothing comes twice, and nothing is missing."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.e2e.moving.command import Digsite
from tests.e2e.moving.rows import filled
from tests.e2e.moving.used import JSON, created, every_artifact
from tests.prefects import PrefectServer, template
from tests.servers import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COUNT = 1_500
"""So many that it is broken off in its midst: a third of the events has come by then."""
TIMEOUT_S = 100


@pytest.fixture
def whence(prefect_python: Path, tmp_path: Path) -> list[str]:
    return ["--database-url", filled(template(prefect_python), tmp_path / "prefect.db", COUNT)]


@pytest.fixture
def digsite(live_server: LiveServer, tmp_path: Path) -> Digsite:
    return Digsite(live_server.database_url, tmp_path)


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def head(server: LiveServer) -> int:
    return int(httpx2.get(f"{server.url}/log/head").json()["position"])


def check_all_came(digsite: Digsite, *whence: str) -> None:
    """The rest comes with the next run, and a third has nothing to do. Each artifact has its two events."""
    rest, again = digsite.imported(*whence), digsite.imported(*whence)
    assert (rest.status, again.status) == (0, 0), rest.output + again.output
    assert rest.count("new artifacts") + rest.count("artifacts that are here already") == COUNT
    assert (again.count("new artifacts"), again.count("artifacts that are here already")) == (0, COUNT)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_is_killed_goes_on(
    live_server: LiveServer, digsite: Digsite, whence: list[str], end: signal.Signals
) -> None:
    with digsite.importing(*whence) as process:
        wait_until(lambda: head(live_server) > COUNT // 3)
        process.send_signal(end)
        output, _ = process.communicate(timeout=TIMEOUT_S)
    assert COUNT // 3 < head(live_server) < 2 * COUNT
    if end == signal.SIGINT:
        assert process.returncode == 130
        assert "Interrupted. What was brought stays" in output
    check_all_came(digsite, *whence)
    assert head(live_server) == 2 * COUNT


def test_a_server_that_is_killed_meanwhile_is_told_of_and_goes_on(
    live_server: LiveServer, digsite: Digsite, whence: list[str]
) -> None:
    with digsite.importing(*whence) as process:
        wait_until(lambda: head(live_server) > COUNT // 3)
        live_server.kill()
        output, _ = process.communicate(timeout=TIMEOUT_S)
    if process.returncode:  # beside PostgreSQL, the command needs no server
        assert "does not answer" in output
        assert "it goes on where it is now" in output
    assert "Traceback" not in output
    live_server.start(live_server.port)
    check_all_came(digsite, *whence)
    assert head(live_server) == 2 * COUNT


def test_while_prefect_is_written_to_nothing_is_missed_or_doubled(
    prefect_python: Path, sqlite_url: str, tmp_path: Path
) -> None:
    digsite = Digsite(sqlite_url, tmp_path)
    with PrefectServer(prefect_python, tmp_path / "prefect") as prefect:
        stop = threading.Event()
        writer = threading.Thread(target=write, args=(prefect.url, stop))
        writer.start()
        try:
            wait_until(lambda: httpx2.post(f"{prefect.url}/artifacts/count", json={}, timeout=60).json() > 30)
            assert "Traceback" not in digsite.imported("--api-url", prefect.url).output
        finally:
            stop.set()
            writer.join()
        last = digsite.imported("--api-url", prefect.url)
        assert last.status == 0, last.output
        with LiveServer(sqlite_url, tmp_path) as server:
            assert listed(server.url) == listed(prefect.url)


def test_what_prefect_cannot_show_is_found_and_stops_nothing(
    prefect_python: Path, sqlite_url: str, tmp_path: Path
) -> None:
    with PrefectServer(prefect_python, tmp_path / "prefect") as prefect:
        for number in range(30):
            posted(prefect, "/artifacts/", f'{{"data": {number}}}')
            if number in (0, 11, 29):  # stored, and answered with a fault for ever
                assert posted(prefect, "/artifacts/", '{"data": "\\ud800"}') == 500
        assert posted(prefect, "/artifacts/filter", "{}") == 500
        ran = Digsite(sqlite_url, tmp_path).imported("--api-url", prefect.url)
    assert (ran.status, ran.count("new artifacts"), ran.count("cannot be brought")) == (0, 30, 3)
    assert ran.output.count("the Prefect server cannot show it") == 6, "named by the import and by the check"


def posted(prefect: PrefectServer, path: str, body: str) -> int:
    """The status of the answer. After a fault the server drops the connection, so each has its own."""
    return httpx2.post(prefect.url + path, content=body, headers=JSON, timeout=60).status_code


def write(url: str, stop: threading.Event) -> None:
    """Create artifacts of one key, and change each."""
    with httpx2.Client(base_url=url, timeout=60) as api:
        while not stop.is_set():
            id = created(api, '{"key": "busy", "data": 1}')
            api.patch(f"/artifacts/{id}", json={"data": 2})


def listed(url: str) -> dict[str, object]:
    with httpx2.Client(base_url=url, timeout=60) as api:
        return dict(every_artifact(api))
