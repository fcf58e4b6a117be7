"""The AsyncAPI document is true: every socket is in it, and every frame that really comes is as it says."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from websockets.exceptions import ConnectionClosed

from service import sockets
from service.asyncapi import document
from tests.contract.streams.place import TIMEOUT_S, Frame, Place, an_event

DOCUMENT = document()
AUTH: Frame = {"type": "auth", "token": None}


def messages(channel: str, action: str) -> dict[str, Frame]:
    """The schemas of what the server says (`send`) or hears (`receive`) on a channel, by the message's name."""
    [operation] = [
        each
        for each in DOCUMENT["operations"].values()
        if each["action"] == action and each["channel"] == {"$ref": f"#/channels/{channel}"}
    ]
    names = [reference["$ref"].rsplit("/", 1)[1] for reference in operation["messages"]]
    return {name: DOCUMENT["components"]["schemas"][name] for name in names}


def types(schema: Frame) -> set[str]:
    """What the frame's `type` may be; nothing, for an event as clients send it."""
    type = schema["properties"].get("type", {})
    return set(type.get("enum", [type["const"]] if "const" in type else []))


def assert_is_as_said(channel: str, action: str, frame: Frame) -> None:
    found = [
        schema
        for schema in messages(channel, action).values()
        if frame.get("type") in types(schema) or not types(schema)
    ]
    assert found, frame
    whole = {**found[0], "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(whole).validate(frame)


async def recorded(place: Place, path: str, *said: Frame, until: str) -> list[Frame]:
    """The frames that come on a socket after these were said, up to one of a type, or to the close."""
    found: list[Frame] = []
    async with asyncio.timeout(TIMEOUT_S), place.socket(path, subprotocols=["prefect"]) as socket:
        for each in (AUTH, *said):
            await socket.send(json.dumps(each))
        try:
            while not found or found[-1]["type"] != until:
                found.append(json.loads(await socket.recv()))
        except ConnectionClosed:
            pass
    return found


# the document


def test_every_socket_is_in_the_document() -> None:
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert addresses == {route.path for route in sockets.ROUTES}


def test_every_reference_leads_somewhere() -> None:
    references = list(references_in(DOCUMENT))
    assert len(references) > 50
    for reference in references:
        at: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from references_in(each)


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def test_every_frame_says_what_it_is_for() -> None:
    assert [
        name for name, each in DOCUMENT["components"]["messages"].items() if not each["summary"].endswith(".")
    ] == []


async def test_the_document_is_served(place: Place) -> None:
    response = await place.api.get("/asyncapi.json")
    assert (response.status_code, response.json()) == (200, DOCUMENT)


# what really comes


async def test_all_frames_of_the_log_stream_are_as_said(place: Place) -> None:
    await place.publish(key="a", data=1)
    frames = await recorded(place, "/log/stream", until="heartbeat")
    frames += await recorded(place, "/log/stream?after=99", until="the end")
    frames += await recorded(place, "/log/stream?after=nowhere", until="the end")
    assert {frame["type"] for frame in frames} == all_types("logStream")
    for frame in frames:
        assert_is_as_said("logStream", "send", frame)


async def test_all_frames_of_prefects_stream_are_as_said(place: Place) -> None:
    await place.publish(key="a", data=1)
    asked = {"type": "filter", "filter": {"event": {"prefix": ["prefect."]}}, "backfill": True}
    frames = await recorded(place, "/events/out", asked, until="event")
    assert {frame["type"] for frame in frames} == all_types("eventsOut")
    for frame in frames:
        assert_is_as_said("eventsOut", "send", frame)
    for said in (AUTH, asked):
        assert_is_as_said("eventsOut", "receive", said)


async def test_what_is_sent_to_events_in_is_as_said(place: Place) -> None:
    event = an_event(payload={"n": 1.0})
    assert await recorded(place, "/events/in", event, until="auth_success") == [{"type": "auth_success"}]
    assert_is_as_said("eventsIn", "receive", event)


async def test_all_frames_of_a_member_are_as_said(place: Place) -> None:
    assert (await place.api.put("/subscriptions/workers", json={"start": "start"})).status_code == 201
    await place.emit(*(an_event(resource={"prefect.resource.id": f"ship.{n}"}) for n in range(2)))
    said: list[Frame] = []
    frames: list[Frame] = []
    async with (
        asyncio.timeout(TIMEOUT_S),
        place.socket("/subscriptions/workers/stream?member=ann", subprotocols=["prefect"]) as socket,
    ):

        async def say(**frame: Any) -> None:
            said.append(frame)
            await socket.send(json.dumps(frame))
            frames.append(json.loads(await socket.recv()))

        await say(**AUTH)
        frames.append(json.loads(await socket.recv()))
        while sum(len(frame.get("deliveries", ())) for frame in frames) < 2:
            frames.append(json.loads(await socket.recv()))
        one, other = [each["token"] for frame in frames for each in frame.get("deliveries", ())]
        await say(type="extend", tokens=[one], by_s=30)
        await say(type="ack", tokens=[one])
        await say(type="ack", tokens=[one])
        await say(type="nack", tokens=[other], error="no", delay_s=60)
    assert {frame["type"] for frame in frames} == all_types("memberStream")
    for frame in frames:
        assert_is_as_said("memberStream", "send", frame)
    for frame in said:
        assert_is_as_said("memberStream", "receive", frame)


def all_types(channel: str) -> set[str]:
    return {type for schema in messages(channel, "send").values() for type in types(schema)}
