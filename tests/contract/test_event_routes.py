"""`POST /events` on the wire: Prefect's shapes, its limits and errors, and where Digsite does better."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from service.parts import Parts
from tests.contract.calls import JSON, answered, created, detail
from tests.contract.event_calls import page, record
from tests.sockets import outside_event

FIELDS = ["occurred", "event", "resource", "related", "payload", "id", "follows", "received"]


async def test_an_event_comes_back_in_prefects_form(api: httpx2.AsyncClient) -> None:
    sent = outside_event(payload={"a": 1.0, "b": [None, "ß"]})
    await record(api, sent)
    [found] = (await page(api))["events"]
    assert list(found) == FIELDS
    assert {name: found[name] for name in sent} == sent


async def test_a_204_names_the_position_and_has_no_body(api: httpx2.AsyncClient) -> None:
    response = await record(api, outside_event(), outside_event())
    assert (response.content, response.headers["x-digsite-position"]) == (b"", "2")
    assert (await record(api)).headers["x-digsite-position"] == "2"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-11-21T08:54:05", "2026-11-21T08:54:05Z"),
        ("2026-11-21 10:54:05.5+02:00", "2026-11-21T08:54:05.500000Z"),
        (1795251245, "2026-11-21T08:54:05Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
async def test_moments_are_taken_in_many_forms_and_shown_in_one(api: httpx2.AsyncClient, sent: Any, shown: str) -> None:
    await record(api, outside_event(occurred=sent))
    everything = {"occurred": {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59.999999Z"}}
    [found] = (await page(api, **everything))["events"]
    assert found["occurred"] == shown


@pytest.mark.parametrize("form", ["{0}", "{{{0}}}", "urn:uuid:{0}", "upper", "hex"])
async def test_ids_are_taken_in_many_forms_and_are_one_id(api: httpx2.AsyncClient, form: str) -> None:
    id = "01a1fd50-2e9a-7f13-a4d5-6e7f80910213"
    sent = {"upper": id.upper(), "hex": id.replace("-", "")}.get(form) or form.format(id)
    await record(api, outside_event(id=id), outside_event(id=sent, follows=sent))
    [found] = (await page(api, id={"id": [id.upper()]}))["events"]
    assert (found["id"], found["follows"]) == (id, None)


async def test_numbers_come_back_as_they_were_sent_and_what_is_no_number_as_null(api: httpx2.AsyncClient) -> None:
    text = json.dumps([outside_event(payload={})]).replace(
        '"payload": {}', '"payload": {"a": 1.0, "b": 1180591620717411303424, "c": [NaN, -Infinity, 1e400, 1e5]}'
    )
    assert (await api.post("/events", content=text, headers=JSON)).status_code == 204
    shown = (await answered(api, "POST", "/events/filter")).text
    assert '"payload":{"a": 1.0, "b": 1180591620717411303424, "c": [null, null, null, 1e5]}' in shown


async def test_nul_is_text(api: httpx2.AsyncClient) -> None:
    labels = {"prefect.resource.id": "a\0b\x10", "c\0": "\0"}
    sent = outside_event(event="\0\x10", resource=labels, payload={"\0": "\0"})
    await record(api, sent, outside_event(resource=labels))
    [found] = (await page(api, event={"name": ["\0\x10"]}))["events"]
    assert {name: found[name] for name in sent} == sent


@pytest.mark.parametrize("payload", [{}, None])
async def test_an_event_needs_no_payload(api: httpx2.AsyncClient, parts: Parts, payload: Any) -> None:
    event = outside_event(payload=payload)
    if payload is None:
        del event["payload"]
    await record(api, event)
    [placed] = await parts.store.read_all("default")
    assert placed.event.content is None
    assert (await page(api))["events"][0]["payload"] == {}


async def test_unknown_fields_are_ignored(api: httpx2.AsyncClient) -> None:
    await record(api, outside_event(received="2000-01-01T00:00:00Z", other=1))
    [found] = (await page(api))["events"]
    assert list(found) == FIELDS
    assert found["received"] > "2026"


ID = {"prefect.resource.id": "x"}
RELATED = ID | {"prefect.resource.role": "y"}


@pytest.mark.parametrize(
    ("fields", "loc", "message"),
    [
        ({"id": None}, ["id"], "UUID input should be a string, bytes or UUID object"),
        ({"id": 5}, ["id"], "UUID input should be a string, bytes or UUID object"),
        ({"occurred": "soon"}, ["occurred"], "Input should be a valid datetime or date"),
        ({"occurred": "0001-01-01T00:00:00+10:00"}, ["occurred"], "Value error, moments are within the years 1 to"),
        ({"event": "x" * 1025}, ["event"], "String should have at most 1024 characters"),
        ({"resource": {}}, ["resource"], "Value error, Resources must include the prefect.resource.id label"),
        ({"resource": {**ID, "prefect.resource.id": ""}}, ["resource"], "Value error, The prefect.resource.id label"),
        ({"resource": ID | {"n": 5}}, ["resource", "n"], "Input should be a valid string"),
        ({"resource": ID | {str(n): "" for n in range(500)}}, ["resource"], "Value error, The maximum number of label"),
        ({"resource": {"prefect.resource.id": "ß" * 1001}}, ["resource"], "Value error, The prefect.resource.id label"),
        ({"related": None}, ["related"], "Input should be a valid list"),
        ({"related": [RELATED] * 101}, ["related"], "List should have at most 100 items"),
        ({"related": [ID]}, ["related", 0], "Value error, Related Resources must include the prefect.resource.role"),
        ({"payload": None}, ["payload"], "Input should be a valid dictionary"),
        ({"payload": [1]}, ["payload"], "Input should be a valid dictionary"),
        ({"payload": {"deep": json.loads("[" * 200 + "]" * 200)}}, ["payload"], "Value error, Arrays and objects may"),
        ({"follows": "x"}, ["follows"], "Input should be a valid UUID"),
    ],
)
async def test_one_bad_event_refuses_all(
    api: httpx2.AsyncClient, parts: Parts, fields: dict[str, Any], loc: list[Any], message: str
) -> None:
    response = await api.post("/events", json=[outside_event(), outside_event(**fields)])
    found = detail(response)
    assert found["loc"] == ["body", 1, *loc]
    assert found["msg"].startswith(message)
    assert (await parts.store.head("default")).position == 0


async def test_at_the_limits_an_event_is_taken(api: httpx2.AsyncClient) -> None:
    labels = {"prefect.resource.id": "ß" * 1000} | {str(n): "" for n in range(499)}
    related = [RELATED] * 100
    await record(api, outside_event(event="x" * 1024, resource=labels, related=related))


@pytest.mark.parametrize(
    ("body", "kind", "loc"),
    [
        ("", "missing", ["body"]),
        ("null", "missing", ["body"]),
        ("{}", "list_type", ["body"]),
        ("[1]", "model_attributes_type", ["body", 0]),
        ("[", "json_invalid", ["body", 1]),
        ('[{"id":"\\ud800"}]', "json_invalid", ["body", 8]),
    ],
)
async def test_what_is_no_list_of_events_is_refused(
    api: httpx2.AsyncClient, body: str, kind: str, loc: list[Any]
) -> None:
    found = detail(await api.post("/events", content=body, headers=JSON))
    assert (found["type"], found["loc"]) == (kind, loc)


async def test_too_many_events_are_refused(api: httpx2.AsyncClient, parts: Parts) -> None:
    too_many = [outside_event()] * (parts.settings.max_events + 1)
    assert detail(await api.post("/events", json=too_many))["type"] == "too_long"


@pytest.mark.parametrize(
    "fields",
    [{"payload": {"text": "x" * 1_500_000}}, {"resource": ID | {"label": "x" * 500_000}}],
    ids=["all", "labels"],
)
async def test_an_event_that_is_too_large_is_refused_with_its_size(
    api: httpx2.AsyncClient, parts: Parts, fields: dict[str, Any]
) -> None:
    response = await api.post("/events", json=[outside_event(), outside_event(**fields)])
    assert (response.status_code, response.json()["error"]) == (413, "event_too_large")
    assert response.json()["facts"]["size_bytes"] > response.json()["facts"]["limit_bytes"]
    assert (await parts.store.head("default")).position == 0


async def test_an_id_is_recorded_once_whatever_comes_with_it(api: httpx2.AsyncClient) -> None:
    first = outside_event(payload={"number": 1})
    await record(api, first, {**first, "payload": {"number": 2}})
    again = await record(api, {**first, "event": "other"})
    assert again.headers["x-digsite-position"] == "1"
    assert [each["payload"] for each in (await page(api))["events"]] == [{"number": 1}]


async def test_the_same_event_sent_at_once_by_many_is_recorded_once(api: httpx2.AsyncClient) -> None:
    event = outside_event()
    await asyncio.gather(*(record(api, event, outside_event()) for _ in range(20)))
    assert (await page(api, id={"id": [event["id"]]}))["total"] == 1
    assert (await page(api))["total"] == 21


async def test_echoes_are_accepted_and_not_recorded(api: httpx2.AsyncClient, parts: Parts) -> None:
    artifact = await created(api, key="k")
    echo = outside_event(
        event="prefect.artifact.created", resource={"prefect.resource.id": f"prefect.artifact.{artifact['id']}"}
    )
    assert (await record(api, echo)).headers["x-digsite-position"] == "2"
    assert (await page(api, event={"name": ["prefect.artifact.created"]}))["total"] == 1


async def test_each_resource_has_its_stream(api: httpx2.AsyncClient, parts: Parts) -> None:
    for name in ("ship", "port", "ship"):
        await record(api, outside_event(resource={"prefect.resource.id": name}))
    streams = [(str(placed.stream), placed.version) for placed in await parts.store.read_all("default")]
    assert streams == [("resource/ship", 1), ("resource/port", 1), ("resource/ship", 2)]


async def test_events_name_who_sent_them(api: httpx2.AsyncClient, parts: Parts) -> None:
    await api.post("/events", json=[outside_event()], headers={"user-agent": "ferry/1", "x-request-id": "r1"})
    [placed] = await parts.store.read_all("default")
    assert (placed.event.origin.client, placed.event.origin.request_id) == ("ferry/1", "r1")
