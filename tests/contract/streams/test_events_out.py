"""`/events/out`, Prefect's stream of events, to the letter of its protocol; and what it promises beyond Prefect."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from events.payload import INLINE_BYTES_MAX
from service.sockets.handshake import REASON_BYTES_MAX
from tests.contract.streams.place import TIMEOUT_S, Frame, Frames, Place, an_event

AUTH = json.dumps({"type": "auth", "token": None})
FRAME_BYTES_MAX = 1_048_576


def since(**ago: float) -> Frame:
    """A filter of what was recorded from some time ago on."""
    return {"occurred": {"since": (datetime.now(UTC) - timedelta(**ago)).isoformat()}}


def names(events: list[Frame]) -> list[str]:
    return [event["event"] for event in events]


@asynccontextmanager
async def shaking_hands(place: Place) -> AsyncIterator[ClientConnection]:
    async with asyncio.timeout(TIMEOUT_S), place.socket("/events/out", subprotocols=["prefect"]) as socket:
        yield socket


async def ended(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason with which the server closes the socket."""
    with pytest.raises(ConnectionClosed) as closed:
        await Frames(socket).until("the end")
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


# the handshake


async def test_the_handshake_is_prefects(place: Place) -> None:
    async with shaking_hands(place) as socket:
        assert socket.subprotocol == "prefect"
        await socket.send(AUTH)
        assert await socket.recv() == '{"type":"auth_success"}'


@pytest.mark.parametrize("first", ['{"type":"filter"}', "{}", "[]", "null", "no JSON", b"\x00", "[" * 5_000])
async def test_whoever_does_not_begin_with_auth_is_told_so(place: Place, first: str | bytes) -> None:
    async with shaking_hands(place) as socket:
        await socket.send(first)
        assert await ended(socket) == (1008, "Expected 'auth' message")


@pytest.mark.parametrize("second", [AUTH, "{}", "[]", "no JSON", b"\x00", "[" * 5_000])
async def test_whoever_does_not_go_on_with_a_filter_is_told_so(place: Place, second: str | bytes) -> None:
    async with shaking_hands(place) as socket:
        await socket.send(AUTH)
        await socket.recv()
        await socket.send(second)
        assert await ended(socket) == (1002, "Expected 'filter' message")


INVALID = {
    "null": None,
    "no object": 1,
    "an unknown part": {"colour": "red"},
    "an unknown part with a long name": {"x" * 500: 1},
    "an unknown part with a long name of wide letters": {"ü" * 500: 1},
    "no time": {"occurred": {"since": None}},
    "a time out of reach": {"occurred": {"since": "0001-01-01T00:00:00+14:00"}},
}


@pytest.mark.parametrize("filter", INVALID.values(), ids=INVALID)
async def test_a_filter_that_is_not_valid_is_refused_with_a_reason_that_fits(place: Place, filter: Any) -> None:
    async with shaking_hands(place) as socket:
        await socket.send(AUTH)
        await socket.recv()
        await socket.send(json.dumps({"type": "filter", "filter": filter}))
        code, reason = await ended(socket)
    assert (code, reason[:15]) == (1002, "Invalid filter:")
    assert len(reason.encode()) <= REASON_BYTES_MAX


async def test_an_old_client_without_the_subprotocol_sends_its_filter_at_once(place: Place) -> None:
    await place.publish()
    async with asyncio.timeout(TIMEOUT_S), place.socket("/events/out") as socket:
        assert socket.subprotocol is None
        await socket.send(json.dumps({"type": "filter", "filter": {}}))
        assert len(await Frames(socket).events(1)) == 1


# frames


async def test_a_frame_is_one_event_in_prefects_form(place: Place) -> None:
    made = await place.publish(key="a", type="table", description="why", data="[[1.0]]")
    async with place.subscriber() as frames:
        created, collection = await frames.next(), await frames.next()
    assert list(created) == ["type", "event"]
    assert created["type"] == "event"
    fields = ["occurred", "event", "resource", "related", "payload", "id", "follows", "received"]
    assert list(created["event"]) == fields
    assert created["event"]["resource"]["prefect.resource.id"] == f"prefect.artifact.{made['id']}"
    payload = {"key": "a", "type": "table", "data": "[[1.0]]", "description": "why"}
    assert list(collection["event"]["payload"].items()) == list(payload.items())


async def test_events_come_in_the_order_of_the_log_each_once(place: Place) -> None:
    await place.fill(300)
    async with place.subscriber() as frames:
        await place.fill(300)
        ids = [event["id"] for event in await frames.events(600)]
    assert ids == [each["event"]["id"] for each in await place.log()]


# where it begins


async def test_what_was_written_just_before_is_in_the_backfill(place: Place) -> None:
    for number in range(10):
        await place.publish(data=number)
        async with place.subscriber(filter=since(minutes=1)) as frames:
            assert len(await frames.events(number + 1)) == number + 1


async def test_whoever_does_not_say_since_when_begins_a_quarter_of_an_hour_ago(place: Place) -> None:
    await place.fill(2)
    async with place.subscriber() as frames:
        assert len(await frames.events(2)) == 2


async def test_since_is_the_time_of_recording_so_late_events_are_delivered(place: Place) -> None:
    async with place.subscriber(filter=since(minutes=1)) as frames:
        await place.emit(an_event("live", occurred="2020-01-01T00:00:00Z"))
        assert names(await frames.events(1)) == ["live"]
    async with place.subscriber(filter=since(minutes=1)) as frames:
        assert names(await frames.events(1)) == ["live"]


async def test_what_was_recorded_before_since_is_not_delivered(place: Place) -> None:
    await place.emit(an_event("before"))
    [before] = await place.log()
    moment = datetime.fromisoformat(before["event"]["received"]) + timedelta(microseconds=1)
    async with place.subscriber(filter={"occurred": {"since": moment.isoformat()}}) as frames:
        await place.emit(an_event("after"))
        assert names(await frames.events(1)) == ["after"]


async def test_without_backfill_only_what_is_new_comes(place: Place) -> None:
    await place.emit(an_event("before"))
    async with place.subscriber(backfill=False) as frames:
        await until_followed(place)
        await place.emit(an_event("after"))
        assert names(await frames.events(1)) == ["after"]


async def until_followed(place: Place) -> None:
    """Wait until the server knows the subscriber of this log."""
    while not (await place.api.get("/subscriptions")).json()["live"]:
        await asyncio.sleep(0.01)


# filters


async def test_related_resources_are_asked_for_live_too(place: Place) -> None:
    related = [{"prefect.resource.id": "port.one", "prefect.resource.role": "from"}]
    async with place.subscriber(filter={"related": [{"role": ["from"]}]}) as frames:
        await place.emit(an_event("alone"))
        await place.emit(an_event("related", related=related))
        assert names(await frames.events(1)) == ["related"]


async def test_until_holds_live_too(place: Place) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    async with place.subscriber(filter={"occurred": {"until": until.isoformat()}}) as frames:
        await place.emit(an_event("later", occurred=(until + timedelta(seconds=1)).isoformat()))
        await place.emit(an_event("in time", occurred=until.isoformat()))
        assert names(await frames.events(1)) == ["in time"]


async def test_a_filter_without_until_is_open_for_what_comes(place: Place) -> None:
    async with place.subscriber(filter={"event": {"prefix": ["ship."]}}) as frames:
        await asyncio.sleep(0.05)  # in Prefect, `until` would be the moment of the subscription
        await place.emit(an_event("ship.sailed"))
        assert names(await frames.events(1)) == ["ship.sailed"]


async def test_prefects_own_client_sends_parts_that_ask_nothing(place: Place) -> None:
    asked = {"order": "DESC", "id": {"id": []}, "event": None, "resource": None, "related": None, "any_resource": None}
    async with place.subscriber(filter={**since(minutes=1), **asked}) as frames:
        await place.publish()
        assert len(await frames.events(1)) == 1


# size


async def test_a_table_of_five_megabytes_is_named_in_a_frame_that_clients_take(place: Place) -> None:
    table = "x" * 5_000_000
    await place.publish(key="large", type="table", data=table)
    async with place.subscriber() as frames:
        _, collection = await frames.events(2)
    assert collection["payload"]["key"] == "large"
    reference = collection["payload"]["digsite.body"]
    assert len(json.dumps(collection)) < 2_000
    body = await place.api.get(reference["path"])
    assert len(body.content) == reference["size_bytes"] > INLINE_BYTES_MAX
    assert body.json()["data"] == table


async def test_a_long_description_is_named_as_a_table_is(place: Place) -> None:
    await place.publish(key="k" * 500, data="x" * 300_000, description="ü" * 600_000)
    async with place.subscriber() as frames:
        created, collection = await frames.events(2)
    for event in (created, collection):
        assert len(json.dumps(event, ensure_ascii=False).encode()) < FRAME_BYTES_MAX
        assert event["payload"]["digsite.body"]["path"] == "/log/1/body"


async def test_the_largest_event_that_is_shown_whole_arrives(place: Place) -> None:
    await place.publish(key="large", data="x" * 990_000)
    async with place.subscriber() as frames:
        _, collection = await frames.events(2)
    assert len(collection["payload"]["data"]) == 990_000


# what clients do


async def test_what_a_client_says_later_is_read_and_ignored(place: Place) -> None:
    async with place.subscriber() as frames:
        for later in ("{", '{"type":"filter","filter":{"colour":"red"}}', b"\x00"):
            await frames.socket.send(later)
        await place.emit(an_event("after"))
        assert names(await frames.events(1)) == ["after"]


async def test_a_slow_reader_loses_nothing(place: Place) -> None:
    async with place.subscriber() as frames:
        await until_followed(place)
        for first in range(0, 2_000, 500):
            await place.emit(*(an_event(f"event {first + n}", payload={"x": "x" * 2_000}) for n in range(500)))
        assert names(await frames.events(2_000)) == [f"event {number}" for number in range(2_000)]
