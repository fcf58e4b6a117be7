"""Digsite's own stream over a websocket: every frame, every beginning, every refusal."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from events.cursor import Cursor
from tests.contract.streams.place import Place, an_event, kinds, positions
from tests.servers import LiveServer

ONLY_COLLECTIONS = {"event": {"prefix": ["prefect.artifact-collection."]}}


# what a reader is told


async def test_a_reader_is_told_what_there_is_then_that_it_has_caught_up(place: Place) -> None:
    await place.publish(key="a")
    async with place.stream() as frames:
        events, caught_up = await frames.until("caught_up")
    assert list(events) == ["type", "from", "to", "head", "cursor", "events"]
    assert (events["from"], events["to"], positions(events["events"])) == (0, 2, [1, 2])
    cursor = Cursor(place.name, 2).encode()
    assert caught_up == {"type": "caught_up", "to": 2, "head": 2, "cursor": cursor}


async def test_the_first_word_to_a_reader_far_behind_is_an_event(place: Place) -> None:
    await place.fill(3_000)
    async with place.stream() as frames:
        assert (await frames.next())["type"] == "events"


async def test_an_event_comes_as_soon_as_it_is_written(place: Place) -> None:
    async with place.stream() as frames:
        await frames.until("caught_up")
        for number in range(1, 4):
            await place.publish(data=number)
            [event] = await frames.events(1)
            assert event["position"] == number


async def test_nothing_is_delivered_but_once(place: Place) -> None:
    async with place.stream() as early:
        await early.until("caught_up")
        await place.fill(1_500)
        async with place.stream() as late:
            await place.fill(700)
            for frames in (early, late):
                assert positions(await frames.events(2_200)) == list(range(1, 2_201))


async def test_a_filtered_reader_is_told_of_its_events_and_covers_all(place: Place) -> None:
    async with place.stream(filter=ONLY_COLLECTIONS) as frames:
        await place.fill(20)
        await place.publish(key="a")
        await place.fill(20)
        await place.publish(key="a")
        events = await frames.events(2)
    assert (positions(events), frames.at) == ([22, 44], 44)
    assert kinds(events) == [f"prefect.artifact-collection.{each}" for each in ("created", "updated")]


async def test_related_resources_are_asked_for_live_too(place: Place) -> None:
    related = [{"prefect.resource.id": "port.one", "prefect.resource.role": "from"}]
    async with place.stream(filter={"related": {"id": ["port.one"]}}) as frames:
        await frames.until("caught_up")
        await place.emit(an_event())
        await place.emit(an_event(related=related))
        assert positions(await frames.events(1)) == [2]


async def test_silence_is_broken_by_a_heartbeat(place: Place) -> None:
    async with place.stream(after="head") as frames:
        await frames.until("caught_up")
        [heartbeat] = await frames.until("heartbeat")
    assert heartbeat == {"type": "heartbeat", "to": 0, "head": 0, "cursor": Cursor(place.name, 0).encode()}


async def test_a_heartbeat_moves_a_filtered_reader_on(place: Place) -> None:
    async with place.stream(filter=ONLY_COLLECTIONS) as frames:
        await frames.until("caught_up")
        await place.fill(5)
        while (await frames.until("heartbeat"))[-1]["to"] < 5:
            pass
        await place.publish(key="a")
        frame = await frames.next()
    assert (frame["from"], frame["to"]) in {(5, 7), (6, 7)}


async def test_by_reference_bodies_are_named_and_can_be_fetched(place: Place) -> None:
    async with place.stream(bodies="reference", filter=ONLY_COLLECTIONS) as frames:
        await place.publish(key="a", data=[1.0])
        [event] = await frames.events(1)
    path = event["event"]["payload"]["digsite.body"]["path"]
    assert (await place.api.get(path)).text.startswith('{"data":[1.0]')


async def test_what_a_client_says_is_read_and_ignored(place: Place) -> None:
    async with place.stream() as frames:
        await frames.socket.send("{")
        await frames.socket.send(b"\x00" * 100_000)
        await place.publish()
        assert positions(await frames.events(1)) == [1]


async def test_no_frame_is_larger_than_clients_take_whatever_is_in_the_log(place: Place) -> None:
    labels = {"prefect.resource.id": "ship.one", "cargo": "ü" * 1_000}
    for _ in range(3):
        await place.emit(*(an_event(resource=labels) for _ in range(400)))
    await place.publish(key="a", data="x" * 1_200_000)
    await place.publish(key="a", data="x" * 900_000)
    head = (await place.head())["position"]
    async with place.stream() as frames:  # the client closes the socket at a frame above 1 MiB
        events = await frames.events(head)
    assert positions(events) == list(range(1, head + 1))
    assert "digsite.body" in events[1201]["event"]["payload"]
    assert len(events[1203]["event"]["payload"]["data"]) == 900_000


# where a reader begins


async def test_a_reader_resumes_at_its_cursor(place: Place) -> None:
    await place.fill(5)
    async with place.stream(after=2) as frames:
        cursor = (await frames.next())["cursor"]
    await place.fill(3)
    async with place.stream(after=cursor) as frames:
        frame = await frames.next()
    assert (frame["from"], positions(frame["events"])) == (5, [6, 7, 8])


@pytest.mark.parametrize(("after", "first"), [("start", 1), ("0", 1), ("4", 5)])
async def test_a_reader_begins_after_a_position(place: Place, after: str, first: int) -> None:
    await place.fill(6)
    async with place.stream(after=after) as frames:
        assert positions((await frames.next())["events"])[0] == first


async def test_a_reader_from_the_head_is_told_only_what_is_new(place: Place) -> None:
    await place.fill(6)
    async with place.stream(after="head") as frames:
        [caught_up] = await frames.until("caught_up")
        await place.publish()
        assert positions(await frames.events(1)) == [7]
    assert caught_up["to"] == 6


async def test_a_reader_begins_at_the_moment_at_which_an_event_was_recorded(place: Place) -> None:
    await place.fill(3)
    await place.publish()
    received = (await place.log())[-1]["event"]["received"]
    async with place.stream(after=received) as frames:
        assert positions((await frames.next())["events"]) == [4]


# refusals


async def refused(place: Place, **query: Any) -> tuple[dict[str, Any], int, str]:
    """The one frame that is sent, and how the socket is closed."""
    async with place.stream(**query) as frames:
        frame = await frames.next()
        with pytest.raises(ConnectionClosed) as closed:
            await frames.next()
    assert closed.value.rcvd is not None
    return frame, closed.value.rcvd.code, closed.value.rcvd.reason


async def test_a_place_ahead_of_the_head_is_refused(place: Place) -> None:
    await place.fill(2)
    frame, code, reason = await refused(place, after="3")
    assert (code, reason) == (1008, "ahead_of_head")
    assert list(frame) == ["type", "reason", "detail", "position", "head", "epoch"]
    assert (frame["type"], frame["reason"], frame["position"], frame["head"]) == ("refused", "ahead_of_head", 3, 2)
    assert "`start`" in frame["detail"]


async def test_a_cursor_of_another_epoch_is_refused(place: Place) -> None:
    await place.fill(2)
    frame, code, reason = await refused(place, after=Cursor(place.name, 1, epoch=7).encode())
    assert (code, reason, frame["reason"], frame["epoch"]) == (1008, "other_epoch", "other_epoch", 1)


async def test_a_cursor_of_another_log_is_refused(place: Place) -> None:
    frame, _, reason = await refused(place, after=Cursor("default", 0).encode())
    assert (frame["reason"], reason) == ("other_log", "other_log")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"after": "yesterday"}, "yesterday"),
        ({"filter": "{"}, "filter"),
        ({"filter": {"colour": "red"}}, "filter.colour"),
        ({"bodies": "some"}, "bodies"),
    ],
)
async def test_what_is_not_valid_is_refused_with_what_is_wrong(place: Place, query: dict[str, Any], named: str) -> None:
    frame, code, reason = await refused(place, **query)
    assert (frame["type"], frame["reason"], code, reason) == ("refused", "invalid", 1008, "invalid")
    assert named in frame["detail"]


async def test_an_address_that_is_too_long_is_refused_and_not_left_waiting(place: Place) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with place.stream(filter={"event": {"exclude_name": ["x" * 12_000]}}):
            pass
    assert refusal.value.response.status_code == 400


# a reader that stops


async def test_a_reader_that_stops_for_a_while_loses_nothing(place: Place) -> None:
    await place.fill(100)
    async with place.stream() as frames:
        await frames.events(100)
        for _ in range(12):  # far more than the ring has
            await place.fill(1_000)
        assert positions(await frames.events(12_000)) == list(range(101, 12_101))


# a server that stops


async def test_a_server_that_stops_says_that_it_comes_again_and_readers_resume(
    start_server: Callable[..., LiveServer], sqlite_url: str
) -> None:
    server = start_server(sqlite_url)
    async with Place(server.url) as place:
        await place.fill(3)
        async with place.stream() as frames:
            [*_, caught_up] = await frames.until("caught_up")
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            with pytest.raises(ConnectionClosed) as closed:
                await frames.until("the end")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert await stopping == 0
    server.start()
    async with Place(server.url) as place:
        await place.fill(2)
        async with place.stream(after=caught_up["cursor"]) as frames:
            assert positions(await frames.events(2)) == [4, 5]


async def test_a_stalled_reader_does_not_hold_up_a_stop(
    start_server: Callable[..., LiveServer], sqlite_url: str
) -> None:
    server = start_server(sqlite_url, DIGSITE_SHUTDOWN_TIMEOUT_S="2")
    async with Place(server.url) as place:
        for _ in range(30):
            await place.publish(data="x" * 900_000)
        async with place.stream(bodies="inline") as frames:
            await frames.next()
            assert await asyncio.to_thread(server.stop) == 0
