"""The log by its pages, its head, its events and bodies: what each route promises."""

import asyncio
import json
import time
from typing import Any

import pytest

from events.cursor import Cursor
from events.payload import INLINE_BYTES_MAX
from events.reading import SPAN_BYTES_MAX
from service.streams.asking import FILTER_CHARS_MAX, WAIT_S_MAX
from tests.contract.streams.place import Place, an_event, kinds, positions

ONLY_COLLECTIONS = {"event": {"prefix": ["prefect.artifact-collection."]}}

# pages


async def test_a_page_is_an_events_frame(place: Place) -> None:
    await place.publish(key="a", data=1)
    page = await place.page()
    assert list(page) == ["type", "from", "to", "head", "cursor", "events"]
    assert (page["type"], page["from"], page["to"], page["head"]) == ("events", 0, 2, 2)
    assert page["cursor"] == Cursor(place.name, 2).encode()
    assert positions(page["events"]) == [1, 2]
    assert kinds(page["events"]) == ["prefect.artifact.created", "prefect.artifact-collection.created"]


async def test_pages_by_cursor_are_the_whole_log_once(place: Place) -> None:
    await place.fill(25)
    found, page = [], await place.page(limit=10)
    while page["events"]:
        found += positions(page["events"])
        assert len(page["events"]) <= 10
        following = await place.page(after=page["cursor"], limit=10)
        assert following["from"] == page["to"]
        page = following
    assert found == list(range(1, 26))
    assert (page["from"], page["to"], page["head"]) == (25, 25, 25)


async def test_a_page_covers_what_its_filter_leaves_out(place: Place) -> None:
    await place.fill(30)
    await place.publish(key="a")
    page = await place.page(filter=ONLY_COLLECTIONS)
    assert (page["from"], page["to"], page["head"], positions(page["events"])) == (0, 32, 32, [32])


async def test_a_limit_is_on_what_is_looked_at_not_on_what_is_found(place: Place) -> None:
    await place.fill(30)
    page = await place.page(limit=10, filter={"text": {"query": "nowhere"}})
    assert (page["from"], page["to"], page["events"]) == (0, 10, [])


@pytest.mark.parametrize(("after", "first"), [("start", 1), ("3", 4), (3, 4)])
async def test_a_page_begins_after_a_position(place: Place, after: Any, first: int) -> None:
    await place.fill(5)
    assert positions((await place.page(after=after))["events"])[0] == first


async def test_at_the_head_there_is_nothing_yet(place: Place) -> None:
    await place.fill(5)
    page = await place.page(after="head")
    assert (page["from"], page["to"], page["events"]) == (5, 5, [])


async def test_a_page_begins_at_the_moment_at_which_an_event_was_recorded(place: Place) -> None:
    await place.fill(3)
    await place.publish(data="later")
    received = (await place.log())[3]["event"]["received"]
    assert positions((await place.page(after=received))["events"]) == [4]


async def test_a_log_that_was_never_written_to_has_an_empty_page(place: Place) -> None:
    page = await place.page()
    assert (page["from"], page["to"], page["head"], page["events"]) == (0, 0, 0, [])


async def test_a_page_tells_the_position_that_it_shows(place: Place) -> None:
    await place.fill(3)
    response = await place.api.get("/log")
    assert response.headers["x-digsite-position"] == "3"


async def test_by_reference_a_page_names_bodies(place: Place) -> None:
    await place.publish(key="a", data="x" * 100)
    page = await place.page(bodies="reference", filter=ONLY_COLLECTIONS)
    [event] = page["events"]
    reference = event["event"]["payload"]["digsite.body"]
    assert reference["path"] == "/log/1/body"
    body = await place.api.get(reference["path"])
    assert len(body.content) == reference["size_bytes"]
    assert body.json()["data"] == "x" * 100


async def test_a_page_does_not_grow_beyond_its_limit_whatever_labels_events_have(place: Place) -> None:
    labels = {"prefect.resource.id": "ship.one", "cargo": "x" * 400_000}
    for _ in range(12):
        await place.emit(an_event(resource=labels))
    page = await place.page()
    assert len(json.dumps(page)) < SPAN_BYTES_MAX + 500_000
    assert positions(await place.log()) == list(range(1, 13))


WRONG = {
    "a limit of none": {"limit": 0},
    "a limit above the largest": {"limit": 1001},
    "half a limit": {"limit": 1.5},
    "a limit in words": {"limit": "ten"},
    "a wait above the longest": {"wait_s": WAIT_S_MAX + 1},
    "a wait that is no number": {"wait_s": "nan"},
    "bodies of a third kind": {"bodies": "some"},
    "a filter that is no JSON": {"filter": "{"},
    "a filter that is no object": {"filter": "[]"},
    "a filter that asks for the unknown": {"filter": {"colour": "red"}},
    "a filter that is too long": {"filter": {"event": {"name": ["x" * FILTER_CHARS_MAX]}}},
}


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG)
async def test_what_is_not_valid_is_refused_with_its_place(place: Place, query: dict[str, Any]) -> None:
    asked = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in query.items()}
    response = await place.api.get("/log", params=asked)
    assert response.status_code == 422
    assert response.json()["exception_detail"][0]["loc"][:2] == ["query", next(iter(query))]


async def test_where_nothing_begins_is_refused(place: Place) -> None:
    response = await place.api.get("/log", params={"after": "yesterday"})
    assert (response.status_code, response.json()["error"]) == (422, "invalid_start")


async def test_a_place_that_is_not_in_the_log_is_a_conflict(place: Place) -> None:
    await place.fill(2)
    others = {
        "3": "ahead_of_head",
        Cursor(place.name, 1, epoch=2).encode(): "other_epoch",
        Cursor("another", 1).encode(): "other_log",
    }
    for after, error in others.items():
        response = await place.api.get("/log", params={"after": after})
        assert (response.status_code, response.json()["error"]) == (409, error)
        assert response.json()["facts"]["head"] == 2


# long polling


async def test_a_page_that_waits_comes_as_soon_as_an_event_does(place: Place) -> None:
    await place.fill(1)
    waiting = asyncio.create_task(place.page(after="head", wait_s=15))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    began = time.monotonic()
    await place.publish(data=1)
    page = await waiting
    assert time.monotonic() - began < 2
    assert (page["from"], positions(page["events"])) == (1, [2])


async def test_a_page_that_waits_in_vain_comes_at_its_time(place: Place) -> None:
    await place.fill(1)
    began = time.monotonic()
    page = await place.page(after=1, wait_s=0.5)
    assert 0.5 <= time.monotonic() - began < 3
    assert (page["from"], page["to"], page["events"]) == (1, 1, [])


async def test_a_page_that_waits_passes_over_what_its_filter_leaves_out(place: Place) -> None:
    waiting = asyncio.create_task(place.page(wait_s=15, filter=ONLY_COLLECTIONS))
    await place.publish(data="no key")
    await place.publish(key="a")
    page = await waiting
    assert (page["from"], page["to"], positions(page["events"])) == (0, 3, [3])


async def test_a_page_with_something_to_show_does_not_wait(place: Place) -> None:
    await place.fill(1)
    began = time.monotonic()
    await place.page(wait_s=15)
    assert time.monotonic() - began < 5


# the head


async def test_the_head_is_where_the_log_ends(place: Place) -> None:
    await place.fill(3)
    head = await place.head()
    assert (head["log"], head["position"], head["epoch"]) == (place.name, 3, 1)
    assert head["cursor"] == Cursor(place.name, 3).encode()
    assert head["recorded"] == (await place.log())[2]["event"]["received"]
    assert len(bytes.fromhex(head["hash"])) == 32


async def test_the_head_of_a_log_that_was_never_written_to(place: Place) -> None:
    head = await place.head()
    assert (head["position"], head["recorded"]) == (0, None)


# one event


async def test_an_event_by_its_position(place: Place) -> None:
    await place.publish(key="a")
    assert [(await place.api.get(f"/log/{n}")).json() for n in (1, 2)] == await place.log()


@pytest.mark.parametrize("position", ["0", "3", str(10**18), "9" * 40])
async def test_an_event_that_is_not_there(place: Place, position: str) -> None:
    await place.fill(2)
    for path in (f"/log/{position}", f"/log/{position}/body"):
        response = await place.api.get(path)
        assert response.status_code == 404
        assert response.json()["error"] in ("event_not_found", "body_not_found")


async def test_an_event_is_shown_with_all_labels_however_large(place: Place) -> None:
    resource = {"prefect.resource.id": "ship.one", "cargo": "x" * 450_000}
    await place.emit(an_event(resource=resource))
    assert (await place.api.get("/log/1")).json()["event"]["resource"] == resource


# bodies


async def body_of(place: Place, **headers: str) -> Any:
    return await place.api.get(
        "/log/1/body", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


async def test_a_body_is_what_was_recorded_to_the_letter(place: Place) -> None:
    sent = '{"n":  1.0, "s": "\\u00fc"}'
    event = json.dumps(an_event() | {"payload": None}).replace('"payload": null', f'"payload": {sent}')
    response = await place.api.post("/events", content=f"[{event}]", headers={"content-type": "application/json"})
    assert response.status_code == 204
    body = await body_of(place)
    assert (body.status_code, body.text, body.headers["content-type"]) == (200, sent, "application/json")
    assert body.headers["etag"] == f'"{place.name}-1"'
    assert body.headers["cache-control"] == "private, no-cache"


async def test_of_a_body_any_part_can_be_had(place: Place) -> None:
    await place.publish(data="x" * (INLINE_BYTES_MAX + 10))
    whole = (await body_of(place)).content
    part = await body_of(place, range="bytes=5-14")
    assert (part.status_code, part.content) == (206, whole[5:15])
    assert part.headers["content-range"] == f"bytes 5-14/{len(whole)}"
    parts = [await body_of(place, range=f"bytes={at}-{at + 399_999}") for at in range(0, len(whole), 400_000)]
    assert b"".join(each.content for each in parts) == whole


async def test_a_part_beyond_the_end_is_refused_with_the_size(place: Place) -> None:
    await place.publish(data=1)
    size = len((await body_of(place)).content)
    response = await body_of(place, range=f"bytes={size}-")
    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{size}")
    assert response.json()["error"] == "range_not_satisfiable"


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
async def test_a_body_that_the_client_has_is_not_sent_again(place: Place, known: str) -> None:
    await place.publish(data=1)
    etag = (await body_of(place)).headers["etag"]
    response = await body_of(place, if_none_match=known.format(etag))
    assert (response.status_code, response.content) == (304, b"")
    assert (await body_of(place, if_none_match='"other"')).status_code == 200


async def test_a_part_is_sent_only_if_the_rest_is_of_the_same_body(place: Place) -> None:
    await place.publish(data=1)
    etag = (await body_of(place)).headers["etag"]
    assert (await body_of(place, range="bytes=0-1", if_range=etag)).status_code == 206
    assert (await body_of(place, range="bytes=0-1", if_range='"other"')).status_code == 200


async def test_an_event_without_a_body_has_none_to_show(place: Place) -> None:
    await place.publish(key="a")
    response = await place.api.get("/log/2/body")
    assert (response.status_code, response.json()["error"]) == (404, "body_not_found")
