"""The audit: every way into the log says who wrote, from where, in which run and request; the log is asked for it."""

import ast
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from events.entry import Entry
from events.reading import headers_after
from events.stores.statement import SQLITE_DIALECT
from service.deciding import commands
from service.keys import Scope
from service.maintenance import Here
from service.moving.intake import Imports, IntakeHere
from service.parts import Parts
from service.provenance import ARCHIVE, INSPECTOR, RETENTION, from_service
from service.settings import Settings
from service.upstream.recorder import Recorder
from tests.imports import an_artifact, brought
from tests.servers import LiveServer
from tests.sockets import dialled

RUN, TASK = str(uuid4()), str(uuid4())
HEADERS = {"User-Agent": "prefect/3.8.8", "X-Request-ID": "r-1"}
OUTSIDE = {
    "occurred": "2026-11-21T08:00:00Z",
    "event": "ship.sailed",
    "resource": {"prefect.resource.id": "ship.1"},
    "id": str(uuid4()),
}


async def entries(api: httpx2.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    response = await api.get("/log", params=query)
    assert response.status_code == 200, response.text
    return response.json()["events"]


async def origins(api: httpx2.AsyncClient, **query: Any) -> set[tuple[str, str, str, str]]:
    found = await entries(api, **query)
    return {(each["actor"], each["client"], each["address"], each["request_id"]) for each in found}


# every way in


@pytest.mark.parametrize("way", ["/artifacts/", "/artifacts/batch", "/events"])
async def test_a_request_leaves_who_from_where_and_its_id(way: str, api: httpx2.AsyncClient) -> None:
    bodies = {"/artifacts/": {"key": "a"}, "/artifacts/batch": {"artifacts": [{"key": "a"}]}, "/events": [OUTSIDE]}
    assert (await api.post(way, json=bodies[way], headers=HEADERS)).is_success
    assert await origins(api) == {("anonymous", "prefect/3.8.8", "127.0.0.1", "r-1")}


async def test_changes_and_deletions_leave_it_too(api: httpx2.AsyncClient) -> None:
    path = f"/artifacts/{(await api.post('/artifacts/', json={'key': 'a'})).json()['id']}"
    await api.patch(path, json={"data": 2}, headers=HEADERS)
    await api.delete(path, headers=HEADERS)
    assert await origins(api, after=2) == {("anonymous", "prefect/3.8.8", "127.0.0.1", "r-1")}


async def test_what_the_upstream_states_is_its_own(parts: Parts, api: httpx2.AsyncClient) -> None:
    recorder = Recorder(parts.events, Settings(upstream_api_url="http://prefect.internal:4200/api"))
    event = recorder.event(json.dumps(OUTSIDE).encode())
    assert event is not None
    await recorder.record([event])
    [(actor, client, address, request_id)] = await origins(api)
    assert (actor, client, address) == ("prefect:upstream", "digsite bridge", "prefect.internal")
    assert request_id


async def test_all_that_one_import_brings_goes_by_one_request(parts: Parts, api: httpx2.AsyncClient) -> None:
    intake = IntakeHere(parts.store, parts.settings)
    await intake.take(Imports(artifacts=(brought(an_artifact()),)))
    await intake.take(Imports.of_events([json.dumps(OUTSIDE)]))
    [(actor, client, address, request_id)] = await origins(api)
    assert (actor, client, address) == ("prefect:import", "digsite-server import-prefect", "127.0.0.1")
    assert request_id


async def test_an_import_by_the_server_names_who_asked_for_it(api: httpx2.AsyncClient) -> None:
    await api.post("/imports", json={"events": [OUTSIDE]}, headers=HEADERS)
    assert await origins(api) == {("prefect:import", "digsite-server import-prefect", "127.0.0.1", "r-1")}


async def test_keys_are_made_and_revoked_by_events(parts: Parts, api: httpx2.AsyncClient) -> None:
    token = (await api.post("/keys", json={"name": "ann", "scope": "admin"}, headers=HEADERS)).json()["token"]
    api.headers["Authorization"] = f"Bearer {token}"
    await api.post("/keys", json={"name": "bob", "scope": "read"})
    await api.delete("/keys/bob")
    found = await entries(api, kind="digsite.api-key.*")
    assert [(each["kind"], each["resource"], each["actor"]) for each in found] == [
        ("digsite.api-key.created", "digsite.api-key.ann", "anonymous"),
        ("digsite.api-key.created", "digsite.api-key.bob", "ann"),
        ("digsite.api-key.revoked", "digsite.api-key.bob", "ann"),
    ]
    assert found[0]["event"]["payload"] == {"scope": "admin", "log": None}
    assert token not in str(await parts.store.read_all("default"))


async def test_a_key_that_is_refused_leaves_nothing(parts: Parts, api: httpx2.AsyncClient) -> None:
    await api.delete("/keys/ann")
    assert (await api.get("/log/head")).json()["position"] == 0


def test_a_command_alone_is_named(settings: Settings) -> None:
    here = Here(settings)
    here.create_key("ann", Scope.WRITE, None)
    here.revoke_key("ann")
    made, revoked = (placed.event for placed in here._with_store(lambda store: store.read_all("default")))
    assert (made.kind, revoked.kind) == ("digsite.api-key.created", "digsite.api-key.revoked")
    assert (made.origin.actor, made.origin.client) == ("maintenance", "digsite-server keys create")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trusted", "address"), [("127.0.0.1", "203.0.113.9"), ("10.0.0.1", "127.0.0.1"), ("", "127.0.0.1")]
)
async def test_a_proxy_is_believed_if_it_was_named(
    trusted: str, address: str, start_server: Callable[..., LiveServer], sqlite_url: str
) -> None:
    server = start_server(sqlite_url, DIGSITE_TRUSTED_PROXIES=trusted)
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Request-ID": "r-1"}
    async with httpx2.AsyncClient(base_url=server.url, headers=headers) as api:
        await api.post("/artifacts/", json={})
        async with dialled(server, additional_headers=headers) as socket:
            await socket.send(json.dumps({"type": "auth", "token": None}))
            await socket.recv()
            await socket.send(json.dumps(OUTSIDE))
            await (await socket.ping())
        found = await entries(api)
    assert [(each["kind"], each["address"], each["request_id"]) for each in found] == [
        ("prefect.artifact.created", address, "r-1"),
        ("ship.sailed", address, "r-1"),
    ]


def commands_made() -> Iterator[ast.Call]:
    """Where the service makes a command that has an origin."""
    made = [each for each in vars(commands).values() if getattr(each, "__module__", None) == commands.__name__]
    names = {each.__name__ for each in made if "origin" in getattr(each, "__struct_fields__", ())}
    for path in Path("service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
                yield node


def test_no_command_leaves_its_origin_out() -> None:
    made = list(commands_made())
    assert len(made) > 10
    assert [ast.unparse(call) for call in made if "origin" not in {each.arg for each in call.keywords}] == []


async def test_what_the_service_does_by_itself_has_a_request_too() -> None:
    for actor in (RETENTION, ARCHIVE, INSPECTOR):
        origin = from_service(actor)
        assert (origin.actor, origin.address) == (actor, "127.0.0.1")
        assert origin.request_id != from_service(actor).request_id


# which run


async def test_the_run_of_an_artifact_is_that_of_its_events(api: httpx2.AsyncClient) -> None:
    await api.post("/artifacts/", json={"key": "a", "flow_run_id": RUN, "task_run_id": TASK})
    await api.post("/artifacts/", json={"key": "b"})
    for run in (RUN, TASK, RUN.upper()):
        assert [each["key"] for each in await entries(api, run=run)] == ["a", "a"]


@pytest.mark.parametrize("place", ["resource", "related"])
async def test_an_outside_event_comes_from_the_runs_that_it_names(place: str, api: httpx2.AsyncClient) -> None:
    run = {"prefect.resource.id": f"prefect.flow-run.{RUN}", "prefect.resource.role": "flow-run"}
    await api.post("/events", json=[OUTSIDE, OUTSIDE | {"id": RUN, place: run if place == "resource" else [run]}])
    [found] = await entries(api, run=RUN)
    assert (found["position"], found["flow_run_id"], found["task_run_id"]) == (2, RUN, None)


# asking


@pytest.fixture
async def history(api: httpx2.AsyncClient) -> dict[str, Any]:
    """Some artifacts and events, and their facts by name."""
    first = (await api.post("/artifacts/", json={"key": "a", "data": 1}, headers=HEADERS)).json()
    await api.patch(f"/artifacts/{first['id']}", json={"data": 2})
    await api.post("/artifacts/", json={"key": "b", "type": "table"})
    await api.post("/events", json=[OUTSIDE])
    return first


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        ({"key": "a"}, [1, 2, 3, 4]),
        ({"key": ["a", "b"]}, [1, 2, 3, 4, 5, 6]),
        ({"actor": "anonymous"}, [1, 2, 3, 4, 5, 6, 7]),
        ({"actor": "nobody"}, []),
        ({"actor": ["nobody", "anonymous"], "key": "b"}, [5, 6]),
        ({"kind": "prefect.artifact.created"}, [1, 5]),
        ({"kind": "prefect.artifact.*"}, [1, 3, 5]),
        ({"kind": ["prefect.artifact.created", "ship.sailed"]}, [1, 5, 7]),
        ({"resource": "ship.1"}, [7]),
        ({"request": "r-1"}, [1, 2]),
        ({"after": 2, "until": 5}, [3, 4, 5]),
        ({"until": "2001-01-01"}, []),
        ({"after": "2001-01-01", "until": "9000-01-01", "kind": "ship.*"}, [7]),
        ({"filter": '{"key":{"name":["a"]},"order":"ASC"}', "after": 3}, [4]),
    ],
)
async def test_the_log_is_asked(
    asked: dict[str, Any], positions: list[int], history: dict[str, Any], api: httpx2.AsyncClient
) -> None:
    assert [each["position"] for each in await entries(api, **asked)] == positions


async def test_a_resource_is_found_in_whatever_log_is_long(
    history: dict[str, Any], api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a wide range another way leads there: the answer is the same."""
    resource = f"prefect.artifact.{history['id']}"
    near = [each["position"] for each in await entries(api, resource=resource)]
    monkeypatch.setattr("events.reading.WIDE_POSITIONS", 0)
    assert [each["position"] for each in await entries(api, resource=resource)] == near == [1, 3]
    assert [each["position"] for each in await entries(api, resource=resource, after=1)] == [3]


async def test_an_entry_has_all_facts(history: dict[str, Any], api: httpx2.AsyncClient) -> None:
    created, _, updated, *_ = await entries(api)
    assert list(created) == [*Entry.__struct_fields__, "event"]
    assert created["resource"] == f"prefect.artifact.{history['id']}"
    assert (created["recorded"], created["kind"]) == (created["event"]["received"], created["event"]["event"])
    assert (created["changed"], updated["changed"]) == (["data", "description", "metadata"], ["data"])
    assert (updated["stream"], updated["version"]) == (f"artifact/{history['id']}", 2)
    assert updated == (await api.get("/log/3")).json()
    assert (await entries(api))[-1]["hash"] == (await api.get("/log/head")).json()["hash"]


@pytest.mark.parametrize(
    "asked",
    [
        {"actor": "a", "filter": "{}"},
        {"kind": ["prefect.*", "ship.sailed"]},
        {"until": "soon"},
        {"run": ["x"] * 1001},
    ],
)
async def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], api: httpx2.AsyncClient) -> None:
    assert (await api.get("/log", params=asked)).status_code == 422


@pytest.mark.parametrize(
    ("shape", "index"),
    [
        (("actor",), "ix_events_actor"),
        (("key",), "ix_events_key"),
        (("runs",), "ix_events_task_run_id"),
        (("categories", "streams"), "uq_events_stream_version"),
    ],
)
def test_an_index_leads_to_what_is_asked(shape: tuple[str, ...], index: str, sqlite_url: str) -> None:
    text, values = headers_after(shape, is_wide=True).render(SQLITE_DIALECT, defaultdict(lambda: "1"))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        plan = str(connection.execute(f"EXPLAIN QUERY PLAN {text}", values).fetchall())
    assert index in plan
    assert "position>?" not in plan or shape[0] in ("actor", "key")  # no range of positions is looked through
