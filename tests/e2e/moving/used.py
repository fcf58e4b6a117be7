"""What users do with a Prefect server through its REST API, beside what `scripts/fill_prefect.py` does with the SDK."""

import time
from collections.abc import Sequence
from typing import Any

import httpx2

JSON = {"content-type": "application/json"}
SETTLE_TIMEOUT_S = 30.0
KINDS = ["prefect.artifact.", "prefect.artifact-collection.", "prefect.asset."]


ON_SQLITE = ("1.0", "-0.0", "1180591620717411303424", "NaN", "[1, 2.50, NaN]")
ON_POSTGRES = ("1.0", "-0.0", "1180591620717411303424", "9" * 400)


def use(api: httpx2.Client, numbers: Sequence[str]) -> None:
    for data in (*numbers, "null", '""', "false", "{}"):
        created(api, f'{{"key": "data", "type": "t", "data": {data}}}')
    created(api, '{"metadata_": {"a": "b", "long": "%s"}, "description": "Ä\\ud834\\udd1e"}' % ("x" * 600))
    created(api, '{"data": "\\u0000 \\u001f"}')
    created(api, '{"key": "", "type": ""}')
    first, second, third = (created(api, f'{{"key": "fallen-back", "data": {number}}}') for number in range(3))
    api.patch(f"/artifacts/{second}", json={"data": "patched", "metadata_": {"c": "d"}})
    api.delete(f"/artifacts/{third}")
    api.patch(f"/artifacts/{first}", json={})
    gone = created(api, '{"key": "gone", "data": 1}')
    api.delete(f"/artifacts/{gone}")
    settle(api)


def created(api: httpx2.Client, body: str) -> str:
    return str(api.post("/artifacts/", content=body, headers=JSON).raise_for_status().json()["id"])


def settle(api: httpx2.Client) -> None:
    """Wait until the server has written its events down: until it has that of the last key that is gone."""
    asked = {"filter": {"event": {"name": ["prefect.artifact-collection.deleted"]}}, "limit": 1}
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while not api.post("/events/filter", json=asked).raise_for_status().json()["total"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def every_artifact(api: httpx2.Client, path: str = "/artifacts/filter") -> dict[str, dict[str, Any]]:
    """What a server answers with, by id."""
    found: dict[str, dict[str, Any]] = {}
    while page := api.post(path, json={"offset": len(found), "sort": "ID_DESC"}).raise_for_status().json():
        found |= {each["id"]: each for each in page}
    return found
