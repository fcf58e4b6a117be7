"""The export through the API of a real Prefect server that runs. It gives ids and times of its own."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from service.moving.agreement import CREATED_MARK, ID_MARK, MARKS
from service.moving.export_opening import NowhereTo, opened_export
from service.moving.targets import api as api_target
from service.moving.targets.api import AutomationsEnabled
from service.moving.targets.target import TargetUnusable
from service.moving.whereabouts import Whereabouts
from service.parts import Parts
from service.settings import Settings
from service.upstream.client import UpstreamRefused
from tests.e2e.client import PrefectClient
from tests.exporting import Pipeline, Shown, counts, differences, exported, materialized, shown_by
from tests.prefects import PrefectServer
from tests.relay import Passing, Relay
from tests.servers import LiveServer


@pytest.fixture(scope="module")
def prefect(prefect_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A server of this module: no other test's automations are on it. It puts events on its disk soon."""
    soon = {"PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "0.2"}
    with PrefectServer(prefect_python, tmp_path_factory.mktemp("prefect"), soon) as server:
        yield server


@pytest.fixture
def there(prefect: PrefectServer) -> Whereabouts:
    return Whereabouts(api_url=prefect.url)


@pytest.fixture
async def prefect_api(prefect: PrefectServer) -> AsyncIterator[httpx2.AsyncClient]:
    async with shown_by(prefect.url) as client:
        yield client


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def pipeline(api: httpx2.AsyncClient) -> Pipeline:
    return Pipeline(api)


@pytest.fixture
def key() -> str:
    """A key of the test's own, on a server that it shares."""
    return f"key-{uuid4()}"


def contents(artifact: dict[str, Any]) -> dict[str, Any]:
    """What of an artifact is not the server's own: its marks say id and times."""
    metadata = artifact["metadata_"] or {}
    unmarked = {name: value for name, value in metadata.items() if name not in MARKS}
    own = {"id": metadata.get(ID_MARK, artifact["id"]), "created": metadata.get(CREATED_MARK, artifact["created"])}
    return {**artifact, **own, "updated": None, "metadata_": unmarked}


async def test_prefect_has_every_artifact_and_event_of_the_log(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, api: httpx2.AsyncClient, prefect_api: httpx2.AsyncClient
) -> None:
    await pipeline.history()
    done = await exported(settings, there)
    assert done.differences.count == 0
    listed = [contents(each) for each in await Shown(prefect_api).artifacts(sort="CREATED_DESC")]
    for artifact in await Shown(api).artifacts():
        assert contents(artifact) in listed
    shown, expected = await Shown(prefect_api).events(["prefect.asset."]), await Shown(api).events(["prefect.asset."])
    assert shown.items() >= expected.items()
    assert await differences(settings, there) == []


async def test_the_latest_of_a_key_is_the_latest_there(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str
) -> None:
    ids = [await pipeline.create(key, f"# {n}") for n in range(3)]
    await exported(settings, there)
    versions = await Shown(prefect_api).artifacts(artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
    assert [each["metadata_"][ID_MARK] for each in versions] == ids[::-1]
    assert (await prefect_api.get(f"/artifacts/{key}/latest")).json()["data"] == "# 2"


async def test_the_sdk_gets_the_same_artifact_of_a_key(
    settings: Settings,
    there: Whereabouts,
    pipeline: Pipeline,
    prefect: PrefectServer,
    prefect_python: Path,
    tmp_path: Path,
    key: str,
) -> None:
    """`Artifact.get` asks for the one that was updated last, which need not be the latest."""
    first, _ = [await pipeline.create(key, f"# {n}") for n in range(2)]
    await pipeline.update(first, data="# updated last")
    await exported(settings, there)
    got = PrefectClient(prefect_python, tmp_path, prefect.url).script("get_artifact", key)
    assert json.loads(got)["data"] == "# updated last"


async def test_a_second_export_writes_nothing(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_api: httpx2.AsyncClient
) -> None:
    await pipeline.history()
    await exported(settings, there)
    before = await Shown(prefect_api).artifacts(sort="UPDATED_DESC")
    done = await exported(settings, there)
    assert [each[:2] for each in counts(done).values()] == [(0, 0), (0, 0)]
    assert await Shown(prefect_api).artifacts(sort="UPDATED_DESC") == before


async def test_a_second_export_writes_what_is_new_changed_or_deleted(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str
) -> None:
    changed, deleted = [await pipeline.create(key, f"# {n}") for n in range(2)]
    await exported(settings, there)
    await pipeline.update(changed, data="# changed")
    await pipeline.delete(deleted)
    await pipeline.create(key, "# new")
    done = await exported(settings, there, deleting=True)
    assert counts(done)["artifacts"] == (1, 1, 0)
    assert done.artifacts.deleted == 1
    versions = await Shown(prefect_api).artifacts(artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
    assert [each["data"] for each in versions] == ["# new", "# changed"]
    assert await differences(settings, there) == []


async def test_an_artifact_that_came_from_that_server_is_not_made_again(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str
) -> None:
    """It is known by its id."""
    own = await Pipeline(prefect_api).create(key, "# from there", metadata_={"a": "b"})
    async with opened_export(settings, "default", there, writing=True) as (_, target):
        await target.survey(lambda *_: None)
        found = await target.find([own])
    assert found[own].own_id == own


async def test_an_interrupted_export_goes_on_and_makes_nothing_twice(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str
) -> None:
    for n in range(6):
        await pipeline.create(key, f"# {n}")
    async with opened_export(settings, "default", there, writing=True) as (holdings, target):
        page = await anext(aiter(holdings.artifacts()))
        await target.write([(held, None) for held in page[:3]])
    done = await exported(settings, there)
    assert counts(done)["artifacts"] == (3, 0, 3)
    versions = await Shown(prefect_api).artifacts(artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
    assert [each["data"] for each in versions] == [f"# {n}" for n in (5, 4, 3, 2, 1, 0)]


async def test_enabled_automations_are_not_fired_unawares(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, prefect_api: httpx2.AsyncClient
) -> None:
    await pipeline.create()
    trigger = {"type": "event", "posture": "Reactive", "threshold": 1, "within": 0, "expect": ["never"]}
    body = {"name": "on anything", "trigger": trigger, "actions": [{"type": "do-nothing"}]}
    made = (await prefect_api.post("/automations/", json=body)).raise_for_status().json()
    try:
        with pytest.raises(AutomationsEnabled, match="on anything"):
            await exported(settings, there)
        assert (await exported(settings, there, may_fire=True)).artifacts.new == 1
    finally:
        await prefect_api.delete(f"/automations/{made['id']}")


async def test_events_that_the_server_would_delete_at_once_are_counted_and_left_out(
    settings: Settings, there: Whereabouts, pipeline: Pipeline
) -> None:
    await pipeline.state({**materialized("s3://old"), "occurred": "2020-01-01T00:00:00Z"}, materialized("s3://new"))
    done = await exported(settings, there)
    assert (done.events.new, done.events.expired) == (1, 1)


async def test_a_digsite_is_no_target(
    settings: Settings, parts: Parts, start_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    other = start_server(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(TargetUnusable, match="is a Digsite"):
        await exported(settings, Whereabouts(api_url=other.url))


async def test_without_a_target_it_says_what_is_missing(settings: Settings, parts: Parts) -> None:
    with pytest.raises(NowhereTo, match="--api-url"):
        await exported(settings, Whereabouts())


@pytest.fixture
async def relay(prefect: PrefectServer) -> AsyncIterator[Relay]:
    """In front of the Prefect server."""
    async with Relay(prefect.url) as relay:
        yield relay


async def data_of(prefect_api: httpx2.AsyncClient, key: str) -> list[Any]:
    """What the versions of a key hold there, in the order of their creation."""
    versions = await Shown(prefect_api).artifacts(artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")
    return [each["data"] for each in versions[::-1]]


async def test_a_lost_answer_doubles_nothing(
    settings: Settings, relay: Relay, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str
) -> None:
    for each in (key, None, key):
        await pipeline.create(each, key)
    relay.loses = lambda passing: passing.creates and len([each for each in relay.passed if each.creates]) < 3
    done = await exported(settings, Whereabouts(relay.url))
    assert done.artifacts.new == 3
    assert await data_of(prefect_api, key) == [key, key]
    assert await differences(settings, Whereabouts(relay.url)) == []


async def test_a_server_that_is_away_for_a_moment_is_asked_again(
    settings: Settings, relay: Relay, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str
) -> None:
    for n in range(2):
        await pipeline.create(key, n)

    async def away(passing: Passing) -> int | None:
        is_first = [each.path for each in relay.passed].count(passing.path) == 1
        return 503 if passing.method == "POST" and is_first else None

    relay.before = away
    await exported(settings, Whereabouts(relay.url), may_fire=True)
    assert await data_of(prefect_api, key) == [0, 1]


@pytest.mark.parametrize("status", [413, 422, 500])
async def test_what_the_server_refuses_is_named_and_the_rest_is_written(
    settings: Settings, relay: Relay, pipeline: Pipeline, prefect_api: httpx2.AsyncClient, key: str, status: int
) -> None:
    _, bad, _ = [await pipeline.create(key, data) for data in ("first", "bad", "last")]

    async def refuse(passing: Passing) -> int | None:
        return status if passing.creates and b"bad" in passing.body else None

    relay.before = refuse
    done = await exported(settings, Whereabouts(relay.url))
    assert await data_of(prefect_api, key) == ["first", "last"]
    [name] = done.left_out.names
    assert name.startswith(f"Artifact {bad} was left out")
    assert str(status) in name


async def test_an_event_that_the_server_refuses_does_not_keep_the_others_away(
    settings: Settings, relay: Relay, pipeline: Pipeline
) -> None:
    bad = materialized("s3://bad")
    await pipeline.state(materialized("s3://one"), bad, materialized("s3://two"))

    async def refuse(passing: Passing) -> int | None:
        return 422 if passing.path == "/api/events" and b"s3://bad" in passing.body else None

    relay.before = refuse
    done = await exported(settings, Whereabouts(relay.url))
    assert (done.events.new, done.events.left_out) == (3, 1)
    assert bad["id"] in done.left_out.names[0]
    [difference] = await differences(settings, Whereabouts(relay.url))
    assert difference == f"Event {bad['id']} is not there."


async def test_a_survey_misses_nothing_while_artifacts_are_deleted(
    settings: Settings,
    relay: Relay,
    pipeline: Pipeline,
    prefect_api: httpx2.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    """Before each page some rows that were read go: all behind them move up by more than pages have in common."""
    monkeypatch.setattr(api_target, "PAGE_SIZE", 3)
    ids = [await pipeline.create(key, n) for n in range(12)]
    await exported(settings, Whereabouts(relay.url))
    listed = sorted([await Pipeline(prefect_api).create(None) for _ in range(30)], reverse=True)

    async def delete_some(passing: Passing) -> int | None:
        for _ in range(3 if passing.lists and listed else 0):
            await Pipeline(prefect_api).delete(listed.pop(0))
        return None

    relay.before = delete_some
    async with opened_export(settings, "default", Whereabouts(relay.url), writing=False) as (_, target):
        await target.survey(lambda *_: None)
        assert (await target.find(ids)).keys() == set(ids)
    assert not listed


async def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(
    settings: Settings, relay: Relay, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    for n in range(8):
        await pipeline.create(key, f"{n}" * 1000)
    monkeypatch.setattr(api_target, "ANSWER_BYTES_MAX", 5_000)
    await exported(settings, Whereabouts(relay.url))
    assert await differences(settings, Whereabouts(relay.url)) == []
    limits = {json.loads(each.body)["limit"] for each in relay.passed if each.lists}
    assert len(limits) > 1


async def test_what_nests_as_deep_as_prefect_takes_it_arrives(
    settings: Settings, there: Whereabouts, pipeline: Pipeline, key: str
) -> None:
    deepest, too_deep = ({"data": json.loads("[" * depth + "]" * depth)} for depth in (198, 199))
    await pipeline.create_raw("[" * 199 + "]" * 199)
    await pipeline.state(*({**materialized(key), "payload": payload} for payload in (deepest, too_deep)))
    done = await exported(settings, there)
    assert (done.artifacts.new, done.events.new, done.events.left_out) == (1, 2, 1)
    assert "nests deeper than 200" in done.left_out.names[0]
    assert await differences(settings, there) == []


@pytest.mark.slow
async def test_a_server_with_a_password_and_csrf_protection_is_written_to(
    settings: Settings, pipeline: Pipeline, prefect_python: Path, tmp_path: Path
) -> None:
    guarded = {
        "PREFECT_SERVER_API_AUTH_STRING": "admin:secret",
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    }
    await pipeline.history()
    with PrefectServer(prefect_python, tmp_path / "prefect", guarded) as prefect:
        with pytest.raises(UpstreamRefused, match="401"):
            await exported(settings, Whereabouts(prefect.url))
        opens = Whereabouts(prefect.url, auth_string="admin:secret")
        await exported(settings, opens)
        assert await differences(settings, opens) == []
