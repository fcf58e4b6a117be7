"""For tests: examples of events, and the contract that each storage of the log keeps.

Subclass `EventStoreContract`, give it a fixture `store`, and the whole contract runs against your storage.
"""

from hashlib import sha256
from itertools import count
from typing import Any

import pytest

from events.chain import commit, genesis, header, labels, link
from events.errors import EventIdConflict, WrongExpectedVersion
from events.event import Event, Origin, Outcome, RecordedEvent
from events.ids import uuid7
from events.store import Append, EventStore
from events.streams import ANY, NO_STREAM, STREAM_EXISTS, StreamId

_moments = count(1_700_000_000_000_000)

STREAM = StreamId("thing", "one")
OTHER = StreamId("thing", "two")
LOG = "default"


def an_event(**facts: Any) -> Event:
    """An event of which only the facts given matter."""
    moment = next(_moments)
    defaults: dict[str, Any] = {
        "id": uuid7(moment),
        "kind": "thing.happened",
        "occurred": moment,
        "resource": {"prefect.resource.id": "thing.one"},
        "content": '{"n":1}',
    }
    return Event(**(defaults | facts))


def a_full_event() -> Event:
    """An event with every fact that the log keeps."""
    return an_event(
        related=({"prefect.resource.id": "run.1", "prefect.resource.role": "flow-run"},),
        follows="0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55",
        schema_version=2,
        origin=Origin(actor="ann", client="tests/1 ü", address="127.0.0.1", request_id="r-1"),
        outcome=Outcome(
            key="k",
            type="nul \0 and dle \x10",
            flow_run_id="f",
            task_run_id="t",
            latest_before="b",
            latest_after="a",
            created=1,
            updated=2,
            created_position=3,
            data_position=4,
            description_position=5,
            metadata_position=6,
        ),
        content='{"text":"ü \\u0000 \\ud83d\\ude00"}',
    )


def one(stream: StreamId = STREAM, **facts: Any) -> Append:
    """An append of one event."""
    return Append(stream, (an_event(**facts),))


def recomputed_hash(before: bytes, placed: RecordedEvent) -> bytes:
    """What the chain must say at this event, given what it said before."""
    if placed.labels_salt is not None:
        assert placed.labels_commitment == commit(placed.labels_salt, labels(placed.event, placed.stream))
    covered = header(
        placed.event,
        position=placed.position,
        stream=placed.stream,
        version=placed.version,
        recorded=placed.recorded,
        labels_commitment=placed.labels_commitment,
        commitment=placed.commitment,
    )
    return link(before, covered)


class EventStoreContract:
    """What every storage of the log promises."""

    async def test_a_log_that_was_never_written_to_is_empty(self, store: EventStore) -> None:
        assert (await store.head("nowhere")).position == 0
        assert await store.read_all("nowhere") == []

    async def test_positions_are_dense_from_one(self, store: EventStore) -> None:
        for _ in range(3):
            await store.append(LOG, one(), one(OTHER))
        assert [placed.position for placed in await store.read_all(LOG)] == [1, 2, 3, 4, 5, 6]

    async def test_versions_are_dense_within_their_stream(self, store: EventStore) -> None:
        await store.append(LOG, one(), one(OTHER), one())
        await store.append(LOG, one())
        assert [placed.version for placed in await store.read_stream(LOG, STREAM)] == [1, 2, 3]
        assert [placed.version for placed in await store.read_stream(LOG, OTHER)] == [1]

    async def test_what_is_read_is_what_append_answered(self, store: EventStore) -> None:
        answered = await store.append(LOG, Append(STREAM, (a_full_event(), an_event(content=None))))
        assert await store.read_all(LOG) == answered

    async def test_every_fact_of_an_event_is_kept(self, store: EventStore) -> None:
        event = a_full_event()
        await store.append(LOG, Append(STREAM, (event,)))
        [placed] = await store.read_all(LOG)
        assert placed.event == event

    async def test_logs_are_apart(self, store: EventStore) -> None:
        await store.append(LOG, one())
        await store.append("other", one())
        [placed] = await store.read_all("other")
        assert (placed.log, placed.position, placed.version) == ("other", 1, 1)

    async def test_after_is_exclusive_and_limit_is_kept(self, store: EventStore) -> None:
        await store.append(LOG, *(one() for _ in range(5)))
        assert [placed.position for placed in await store.read_all(LOG, after=2, limit=2)] == [3, 4]
        assert [placed.version for placed in await store.read_stream(LOG, STREAM, after=3, limit=9)] == [4, 5]

    async def test_the_head_is_the_last_event(self, store: EventStore) -> None:
        answered = await store.append(LOG, one(), one())
        head = await store.head(LOG)
        assert (head.position, head.hash, head.recorded) == (2, answered[1].hash, answered[1].recorded)

    async def test_recorded_time_rises_with_the_position(self, store: EventStore) -> None:
        await store.append(LOG, *(one() for _ in range(20)))
        times = [placed.recorded for placed in await store.read_all(LOG)]
        assert times == sorted(set(times))

    @pytest.mark.parametrize(("expected", "events_before"), [(NO_STREAM, 0), (STREAM_EXISTS, 1), (2, 2), (ANY, 3)])
    async def test_an_expectation_that_holds_is_no_hindrance(
        self, store: EventStore, expected: Any, events_before: int
    ) -> None:
        for _ in range(events_before):
            await store.append(LOG, one())
        [placed] = await store.append(LOG, Append(STREAM, (an_event(),), expected))
        assert placed.version == events_before + 1

    @pytest.mark.parametrize(("expected", "events_before"), [(NO_STREAM, 1), (STREAM_EXISTS, 0), (2, 1), (0, 1)])
    async def test_an_expectation_that_fails_says_what_is_there(
        self, store: EventStore, expected: Any, events_before: int
    ) -> None:
        for _ in range(events_before):
            await store.append(LOG, one())
        with pytest.raises(WrongExpectedVersion) as refusal:
            await store.append(LOG, Append(STREAM, (an_event(),), expected))
        assert (refusal.value.stream, refusal.value.actual) == (STREAM, events_before)

    async def test_a_refused_append_records_nothing(self, store: EventStore) -> None:
        await store.append(LOG, one())
        with pytest.raises(WrongExpectedVersion):
            await store.append(LOG, one(OTHER), Append(STREAM, (an_event(),), NO_STREAM))
        assert (await store.head(LOG)).position == 1
        assert await store.read_stream(LOG, OTHER) == []

    async def test_an_id_appended_again_keeps_its_first_place(self, store: EventStore) -> None:
        event = an_event()
        [first] = await store.append(LOG, Append(STREAM, (event,)))
        await store.append(LOG, one())
        assert await store.append(LOG, Append(STREAM, (event,))) == [first]
        assert (await store.head(LOG)).position == 2

    async def test_a_retry_is_answered_even_if_its_expectation_is_past(self, store: EventStore) -> None:
        append = Append(STREAM, (an_event(),), NO_STREAM)
        first = await store.append(LOG, append)
        assert await store.append(LOG, append) == first

    async def test_an_id_twice_in_one_append_is_recorded_once(self, store: EventStore) -> None:
        event = an_event()
        first, second = await store.append(LOG, Append(STREAM, (event, event)))
        assert first == second
        assert (await store.head(LOG)).position == 1

    async def test_an_id_with_another_content_is_a_conflict(self, store: EventStore) -> None:
        event = an_event(content="1")
        await store.append(LOG, Append(STREAM, (event,)))
        with pytest.raises(EventIdConflict) as conflict:
            await store.append(LOG, Append(STREAM, (an_event(id=event.id, content="2"),)))
        assert (conflict.value.event_id, conflict.value.position) == (event.id, 1)
        assert (await store.head(LOG)).position == 1

    async def test_ids_are_unique_within_a_log_only(self, store: EventStore) -> None:
        event = an_event()
        await store.append(LOG, Append(STREAM, (event,)))
        [placed] = await store.append("other", Append(STREAM, (event,)))
        assert placed.log == "other"

    async def test_bodies_are_found_by_position(self, store: EventStore) -> None:
        await store.append(LOG, one(content='"a"'), one(content=None), one(content='"c"'))
        assert await store.bodies(LOG, [1, 2, 3, 4]) == {1: '"a"', 3: '"c"'}

    async def test_the_chain_covers_every_header(self, store: EventStore) -> None:
        await store.append(LOG, Append(STREAM, (a_full_event(),)), one(OTHER), one(content=None))
        before = genesis(LOG)
        for placed in await store.read_all(LOG):
            assert placed.hash == recomputed_hash(before, placed)
            before = placed.hash
        assert (await store.head(LOG)).hash == before

    async def test_equal_bodies_have_unlike_commitments(self, store: EventStore) -> None:
        first, second = await store.append(LOG, one(content="1"), one(content="1"))
        assert first.commitment != second.commitment
        assert first.commitment != sha256(b"1").digest()
