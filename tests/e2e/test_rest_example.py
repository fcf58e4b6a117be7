"""The example of Prefect's documentation for its REST API."""

from ast import literal_eval
from pathlib import Path

import httpx2

from tests.databases import ON_SQLITE
from tests.e2e.client import PrefectClient
from tests.servers import LiveServer

pytestmark = ON_SQLITE

WORKSPACE = "/accounts/abc/workspaces/xyz"


def test_the_documented_example_reads_the_five_newest_artifacts_with_a_key(
    prefect_python: Path, live_server: LiveServer, tmp_path: Path
) -> None:
    url = live_server.url + WORKSPACE
    for n in range(6):
        httpx2.post(f"{url}/artifacts/", json={"key": f"k{n}", "data": n})
        httpx2.post(f"{url}/artifacts/", json={"data": "has no key"})
    printed = PrefectClient(prefect_python, tmp_path, url).script("rest_example")
    assert [literal_eval(line)["key"] for line in printed.splitlines()] == ["k5", "k4", "k3", "k2", "k1"]
