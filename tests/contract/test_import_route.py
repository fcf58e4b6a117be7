"""`POST /imports`: what a running server takes from `import-prefect`, and what it refuses."""

import json
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec import Raw

from service.keys import Scope
from service.moving.intake import Imports
from service.parts import Parts
from tests.contract.calls import JSON, count, read
from tests.imports import a_collection, an_artifact, brought
from tests.keys import create_key


def page(**facts: Any) -> dict[str, Any]:
    """The body that brings one artifact of a key."""
    artifact = an_artifact("k", data="1")
    body = msgspec.json.encode(Imports(artifacts=(brought(artifact),), collections=(a_collection(artifact),)))
    return {**json.loads(body), **facts}


def changed(path: str, value: Any) -> dict[str, Any]:
    """That body with another value at a place: `artifacts.0.id`."""
    body = page()
    *way, last = path.split(".")
    here: Any = body
    for name in way:
        here = here[int(name) if name.isdigit() else name]
    here[last] = value
    return body


async def test_it_takes_what_is_brought_and_says_how_many_events_that_were(api: httpx2.AsyncClient) -> None:
    body = page()
    for recorded in (2, 0):
        response = await api.post("/imports", json=body)
        assert (response.status_code, response.json()) == (200, {"recorded": recorded})
    assert (await read(api, body["artifacts"][0]["id"]))["data"] == 1


async def test_events_are_taken_once(api: httpx2.AsyncClient) -> None:
    event = '{"id":"01a1fd50-2e9a-7f13-a4d5-6e7f80910213","event":"prefect.asset.referenced","occurred":"2026-11-21",'
    events = Raw(f'[{event}"resource":{{"prefect.resource.id":"s3://a"}},"payload":{{"a":1.0}}}}]'.encode())
    for recorded in (1, 0):
        response = await api.post("/imports", content=msgspec.json.encode(Imports(events=events)), headers=JSON)
        assert response.json() == {"recorded": recorded}


@pytest.mark.parametrize("body", ["{}", "null", "", '{"artifacts":[]}'])
async def test_nothing_is_no_mistake(api: httpx2.AsyncClient, body: str) -> None:
    response = await api.post("/imports", content=body, headers=JSON)
    assert (response.status_code, response.json()) == (200, {"recorded": 0})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("artifacts.0.id", "x"),
        ("artifacts.0.key", "No Key"),
        ("artifacts.0.key", "k" * 3000),
        ("artifacts.0.created", 1.5),
        ("artifacts.0.created", 10**18),
        ("artifacts.0.steps", []),
        ("artifacts.0.unknown", 1),
        ("artifacts.0.steps.0.data", "no JSON"),
        ("artifacts.0.steps.0.data", '"\\ud800"'),
        ("artifacts.0.steps.0.data", "1e400"),
        ("artifacts.0.steps.0.data", "[" * 1000 + "]" * 1000),
        ("artifacts.0.steps.0.description", "1"),
        ("artifacts.0.steps.0.metadata", '{"a":1}'),
        ("artifacts.0.steps.0.related", [{"prefect.resource.id": "x"}]),
        ("collections.0.latest_id", None),
        ("artifacts", None),
        ("events", [{}]),
    ],
)
async def test_what_is_not_right_is_refused_whole(api: httpx2.AsyncClient, path: str, value: Any) -> None:
    response = await api.post("/imports", json=changed(path, value))
    assert response.status_code == 422, response.text
    assert response.json()["exception_detail"][0]["loc"][0] == "body"
    assert await count(api) == 0


@pytest.mark.parametrize("body", ["[]", "1", "{", '{"events":[{"payload":{"a":NaN}}]}', '{"artifacts":[NaN]}'])
async def test_what_is_no_such_body_is_refused(api: httpx2.AsyncClient, body: str) -> None:
    assert (await api.post("/imports", content=body, headers=JSON)).status_code == 422


async def test_it_takes_the_scope_admin(parts: Parts, api: httpx2.AsyncClient) -> None:
    for scope, status in ((Scope.WRITE, 403), (Scope.ADMIN, 200)):
        token = await create_key(parts.store, f"key-{scope}", scope)
        parts.access.forget_keys()
        response = await api.post("/imports", json=page(), headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == status
