"""The routes of assets: the catalog, one asset with its materializations, the lineage around it."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from msgspec.structs import replace

from events.event import Event
from projections.asset_reader import LINEAGE_DEPTH_MAX, LINEAGE_EDGES_MAX
from service.parts import Parts
from service.settings import Settings
from tests.asset_events import CLEAN, FLOW_RUN, RAW, REPORT, TASK_RUN, failure, recorded, reference, success
from tests.contract.calls import detail
from tests.servers import LiveServer


class Assets:
    """Appends events, and asks the API for what they came to, as soon as the projection has it."""

    def __init__(self, parts: Parts, api: httpx2.AsyncClient) -> None:
        self._parts = parts
        self._api = api
        self.position = 0

    async def given(self, *events: Event, log: str = "default") -> None:
        self.position = (await recorded(self._parts.store, *events, log=log))[-1].position

    async def get(self, path: str, **query: Any) -> httpx2.Response:
        headers = {"X-Digsite-Wait-Position": str(self.position)}
        return await self._api.get(path, params=query, headers=headers)

    async def json(self, path: str, **query: Any) -> Any:
        response = await self.get(path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def asset(self, key: str, **query: Any) -> Any:
        return await self.json(path_of(key), **query)

    async def lineage(self, key: str, **query: Any) -> Any:
        return await self.json(f"{path_of(key)}/lineage", **query)


def path_of(key: str) -> str:
    return "/assets/" + quote(key, safe="")


@pytest.fixture
def assets(parts: Parts, api: httpx2.AsyncClient) -> Assets:
    return Assets(parts, api)


async def test_assets_are_listed_by_key(assets: Assets) -> None:
    await assets.given(reference(REPORT), reference(CLEAN), reference(RAW))
    assert [each["key"] for each in await assets.json("/assets")] == sorted([RAW, CLEAN, REPORT])


async def test_pages_go_on_after_a_key(assets: Assets) -> None:
    await assets.given(*(reference(f"s3://{number:02}") for number in range(10)))
    first = await assets.json("/assets", limit=4)
    second = await assets.json("/assets", limit=4, after=first[-1]["key"])
    assert [each["key"] for each in first + second] == [f"s3://{number:02}" for number in range(8)]


async def test_a_prefix_is_what_keys_start_with_and_no_pattern(assets: Assets) -> None:
    await assets.given(*map(reference, ("s3://a/1", "s3://a/%2", "s3://ab", "gs://a/1")))
    assert [each["key"] for each in await assets.json("/assets", prefix="s3://a/")] == ["s3://a/%2", "s3://a/1"]
    assert [each["key"] for each in await assets.json("/assets", prefix="s3://a/%")] == ["s3://a/%2"]


async def test_an_asset_is_shown_with_all_that_is_known(assets: Assets) -> None:
    labels = {"name": "Clean", "description": "d", "url": "http://u", "owners": '["ann"]'}
    await assets.given(reference(RAW), success(CLEAN, RAW, **labels))
    shown = await assets.asset(CLEAN)
    assert {name: shown[name] for name in labels} == labels | {"owners": ["ann"]}
    assert (shown["first_position"], shown["last_position"], shown["succeeded"], shown["failed"]) == (2, 2, 1, 0)
    assert shown["last_materialization"]["status"] == "succeeded"
    assert set(shown) - {"materializations"} == set((await assets.json("/assets"))[0])


async def test_materializations_are_shown_the_newest_first_with_their_metadata(assets: Assets) -> None:
    await assets.given(success(CLEAN, by="dbt", metadata={"rows": 5}), failure(CLEAN))
    newest, oldest = (await assets.asset(CLEAN))["materializations"]
    assert (newest["status"], newest["metadata"], newest["materialized_by"]) == ("failed", {}, None)
    assert (oldest["status"], oldest["metadata"], oldest["materialized_by"]) == ("succeeded", {"rows": 5}, "dbt")
    assert (oldest["flow_run_id"], oldest["task_run_id"]) == (FLOW_RUN, TASK_RUN)


async def test_metadata_comes_back_to_the_letter(assets: Assets) -> None:
    text = '{"n": 1.0, "big": 1180591620717411303424, "z": 1, "a": 2}'
    await assets.given(replace(success(CLEAN), content=text))
    assert f'"metadata":{text}' in (await assets.get(path_of(CLEAN))).text


async def test_materializations_come_in_pages(assets: Assets) -> None:
    await assets.given(*(success(CLEAN, metadata={"n": number}) for number in range(5)))
    page = (await assets.asset(CLEAN, limit=2))["materializations"]
    page += (await assets.asset(CLEAN, limit=2, before=page[-1]["position"]))["materializations"]
    assert [each["metadata"]["n"] for each in page] == [4, 3, 2, 1]


OWNERS = [("ann", ["ann"]), ('"ann"', ["ann"]), ("[", ["["]), ('["a", 1]', ["a", 1])]


@pytest.mark.parametrize(("label", "shown"), OWNERS)
async def test_owners_are_a_list_whatever_the_label_holds(assets: Assets, label: str, shown: list[Any]) -> None:
    await assets.given(reference(RAW, owners=label))
    assert (await assets.asset(RAW))["owners"] == shown


async def test_a_key_may_have_line_breaks(assets: Assets) -> None:
    await assets.given(reference("s3://b/a\nb\n"))
    assert (await assets.asset("s3://b/a\nb\n"))["key"] == "s3://b/a\nb\n"
    assert (await assets.lineage("s3://b/a\nb\n"))["key"] == "s3://b/a\nb\n"


async def test_an_asset_that_no_event_names_is_not_found(assets: Assets) -> None:
    for path in (path_of(RAW), f"{path_of(RAW)}/lineage", "/assets/"):
        response = await assets.get(path)
        assert (response.status_code, response.json()["error"]) == (404, "asset_not_found")


async def test_lineage_goes_both_ways_and_tells_the_distance(assets: Assets) -> None:
    await assets.given(success(CLEAN, RAW), success(REPORT, CLEAN), success("s3://lake/mail", REPORT))
    shown = await assets.lineage(CLEAN)
    assert [(each["upstream"], each["distance"]) for each in shown["upstream"]] == [(RAW, 1)]
    assert [(each["downstream"], each["distance"]) for each in shown["downstream"]] == [
        (REPORT, 1),
        ("s3://lake/mail", 2),
    ]
    assert shown["is_complete"]


async def test_lineage_stops_at_its_depth_and_says_that_there_is_more(assets: Assets) -> None:
    await assets.given(success(CLEAN, RAW), success(REPORT, CLEAN))
    shown = await assets.lineage(RAW, depth=1)
    assert ([each["downstream"] for each in shown["downstream"]], shown["is_complete"]) == ([CLEAN], False)
    shown = await assets.lineage(RAW, depth=2)
    assert ([each["downstream"] for each in shown["downstream"]], shown["is_complete"]) == ([CLEAN, REPORT], True)


async def test_a_cycle_is_shown_once_around(assets: Assets) -> None:
    await assets.given(success(CLEAN, RAW), success(RAW, CLEAN))
    shown = await assets.lineage(RAW, depth=LINEAGE_DEPTH_MAX)
    assert [(each["upstream"], each["downstream"]) for each in shown["upstream"]] == [(CLEAN, RAW), (RAW, CLEAN)]
    assert shown["is_complete"]


async def test_lineage_has_no_more_edges_than_the_limit(assets: Assets) -> None:
    await assets.given(success(CLEAN, *(f"s3://raw/{number}" for number in range(LINEAGE_EDGES_MAX + 1))))
    shown = await assets.lineage(CLEAN)
    assert (len(shown["upstream"]), shown["is_complete"]) == (LINEAGE_EDGES_MAX, False)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/assets", {"limit": "many"}),
        ("/assets/x", {"limit": "1.5"}),
        ("/assets/x", {"before": str(2**63)}),
        ("/assets/x/lineage", {"depth": 0}),
        ("/assets/x/lineage", {"depth": LINEAGE_DEPTH_MAX + 1}),
    ],
)
async def test_a_query_that_is_not_valid_says_what_is_wrong(assets: Assets, path: str, query: dict[str, Any]) -> None:
    response = await assets.get(path, **query)
    assert detail(response)["loc"] == ["query", *query]


@pytest.mark.parametrize("limit", [-1, 201])
@pytest.mark.parametrize("path", ["/assets", "/assets/x"])
async def test_a_page_beyond_the_limit_is_refused(assets: Assets, path: str, limit: int) -> None:
    response = await assets.get(path, limit=limit)
    assert response.status_code == 422
    assert response.json()["detail"].startswith("Invalid limit: must be ")


async def test_an_answer_names_the_position_that_it_shows(assets: Assets) -> None:
    await assets.given(reference(RAW), reference(CLEAN))
    assert (await assets.get("/assets")).headers["X-Digsite-Position"] == "2"


async def test_a_position_that_does_not_come_is_told_as_such(assets: Assets, settings: Settings) -> None:
    settings.wait_timeout_s = 0.05
    assets.position = 1
    response = await assets.get("/assets")
    assert (response.status_code, response.json()["error"]) == (504, "projection_behind")
    assert response.json()["facts"] == {"projection": "assets", "wanted": 1, "reached": 0, "timeout_s": 0.05}


async def test_logs_have_assets_of_their_own(assets: Assets, api: httpx2.AsyncClient) -> None:
    await assets.given(reference(RAW), log="acme/research")
    headers = {"X-Digsite-Wait-Position": "1"}
    found = await api.get("/accounts/acme/workspaces/research/assets", headers=headers)
    assert [each["key"] for each in found.json()] == [RAW]
    assert (await api.get("/assets")).json() == []


async def test_how_far_the_projections_are_is_shown(assets: Assets) -> None:
    await assets.given(reference(RAW))
    await assets.get("/assets")
    shown, *_ = await assets.json("/projections")
    assert {**shown, "owner": None} == {
        "log": "default",
        "projection": "assets",
        "generation": 1,
        "version": 1,
        "position": 1,
        "head": 1,
        "lag": 0,
        "serving": True,
        "owner": None,
        "error": None,
    }


ODD_KEYS = [
    "s3://lake/daily/report.parquet",
    "s3://lake/lineage",
    "s3://lake//twice",
    "s3://lake/%2F/percent%",
    "s3://lake/a b?c=d&e#f+g",
    "s3://lake/ünïcode/🚀",
    "s3://lake/../up/./here",
    "no-scheme",
    "lineage",
    "/",
]


@pytest.mark.parametrize("client", ["httpx2", "http.client"])
def test_any_key_travels_percent_encoded_over_real_http(live_server: LiveServer, client: str) -> None:
    post_references(live_server, ODD_KEYS)
    get = {"httpx2": get_by_httpx2, "http.client": get_by_http_client}[client]
    for key in ODD_KEYS:
        encoded = quote(key, safe="")
        assert get(live_server, f"/assets/{encoded}")["key"] == key
        assert get(live_server, f"/assets/{encoded}/lineage")["upstream"] == []


def test_a_key_may_also_be_sent_as_it_is_unless_it_ends_in_lineage(live_server: LiveServer) -> None:
    post_references(live_server, ["s3://lake/report", "s3://lake/lineage"])
    assert get_by_http_client(live_server, "/assets/s3://lake/report")["key"] == "s3://lake/report"
    assert get_by_http_client(live_server, "/assets/s3://lake/report/lineage")["key"] == "s3://lake/report"
    assert get_by_http_client(live_server, "/assets/s3%3A%2F%2Flake%2Flineage")["key"] == "s3://lake/lineage"


def post_references(server: LiveServer, keys: list[str]) -> None:
    """Post events that refer to assets, and wait until the projection has them."""
    events = [
        {
            "event": "prefect.asset.referenced",
            "occurred": "2026-11-21T08:54:05Z",
            "resource": {"prefect.resource.id": key},
            "id": f"01a1fd50-0000-7000-8000-{number:012x}",
        }
        for number, key in enumerate(keys)
    ]
    with httpx2.Client(base_url=server.url) as api:
        assert api.post("/events", json=events).status_code == 204
        response = api.get("/assets", headers={"X-Digsite-Wait-Position": str(len(keys))})
        assert len(response.json()) == len(keys), response.text


def get_by_httpx2(server: LiveServer, path: str) -> Any:
    response = httpx2.get(server.url + path)
    assert response.status_code == 200, response.text
    return response.json()


def get_by_http_client(server: LiveServer, path: str) -> Any:
    """A client that sends the path as it is given."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    try:
        connection.request("GET", parts.path + path)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        return json.loads(response.read())
    finally:
        connection.close()
