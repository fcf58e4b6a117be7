"""Whatever is appended and read, in whatever order: all storages of the log agree."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from events.errors import EventLogError
from events.event import Event, RecordedEvent
from events.store import Append, EventStore
from events.stores import open_store
from events.stores.memory import MemoryStore
from events.streams import ANY, NO_STREAM, STREAM_EXISTS, StreamId
from events.testing import an_event
from tests.databases import empty

STREAMS = [StreamId("artifact", "a"), StreamId("artifact", "b"), StreamId("thing", "a\0")]
LOGS = ["default", "team/one"]
expectations = st.sampled_from([ANY, NO_STREAM, STREAM_EXISTS]) | st.integers(0, 4)


class StoresAgree(RuleBasedStateMachine):
    """Appends the same to every storage, and compares all that can be asked of them."""

    sqlite_template: Path
    postgres_urls: Sequence[str] = ()
    events = Bundle("events")

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        path = shutil.copyfile(self.sqlite_template, Path(self.folder.name) / "log.db")
        urls = [f"sqlite:///{path}", *self.postgres_urls]
        self.time = 0
        self.stores: list[EventStore] = [MemoryStore(self.clock), *(self.run(self.sql(url)) for url in urls)]

    async def sql(self, url: str) -> EventStore:
        store = open_store(url, clock=self.clock)
        await store.open()
        return store

    def clock(self) -> int:
        """The same for every storage; it stands still, and now and then goes back."""
        return 1_700_000_000_000_000 + self.time

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def ask(self, question: Any) -> Any:
        """What all storages answer; it must be the same."""
        answers = [self.run(self.answer(question(store))) for store in self.stores]
        assert all(answer == answers[0] for answer in answers[1:])
        return answers[0]

    async def answer(self, work: Any) -> Any:
        try:
            answer = await work
        except EventLogError as error:
            return str(error)
        return [comparable(each) for each in answer] if isinstance(answer, list) else answer

    @rule(target=events, content=st.none() | st.sampled_from(['"a"', "1", '{"x":"\\u0000"}']))
    def make(self, content: str | None) -> Event:
        return an_event(content=content)

    @rule(target=events, event=events, content=st.sampled_from(['"forged"', None]))
    def make_a_conflict(self, event: Event, content: str | None) -> Event:
        return an_event(id=event.id, content=content)

    @rule(step=st.integers(-5, 1000))
    def let_time_pass(self, step: int) -> None:
        self.time += step

    @rule(
        log=st.sampled_from(LOGS),
        stream=st.sampled_from(STREAMS),
        events=st.lists(events, min_size=1, max_size=3),
        expected=expectations,
        other=st.none() | st.sampled_from(STREAMS),
        more=st.lists(events, max_size=2),
    )
    def append(self, log: str, stream: StreamId, events: Any, expected: Any, other: Any, more: Any) -> None:
        appends = [Append(stream, tuple(events), expected)]
        if other is not None:
            appends.append(Append(other, tuple(more)))
        self.ask(lambda store: store.append(log, *appends))

    @rule(log=st.sampled_from(LOGS), after=st.integers(0, 6), limit=st.integers(1, 4))
    def read_all(self, log: str, after: int, limit: int) -> None:
        self.ask(lambda store: store.read_all(log, after=after, limit=limit))

    @rule(log=st.sampled_from(LOGS), stream=st.sampled_from(STREAMS), after=st.integers(0, 3), limit=st.integers(1, 3))
    def read_stream(self, log: str, stream: StreamId, after: int, limit: int) -> None:
        self.ask(lambda store: store.read_stream(log, stream, after=after, limit=limit))

    @rule(log=st.sampled_from(LOGS), positions=st.lists(st.integers(1, 8), max_size=5))
    def bodies(self, log: str, positions: list[int]) -> None:
        self.ask(lambda store: store.bodies(log, positions))

    @invariant()
    def heads_agree(self) -> None:
        for log in LOGS if hasattr(self, "stores") else ():
            heads = [self.run(store.head(log)) for store in self.stores]
            assert len({(head.position, head.recorded, head.epoch) for head in heads}) == 1

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            for store in self.stores:
                self.run(store.close())
            for url in self.postgres_urls:
                self.run(empty(url))
            self.loop.close()
            self.folder.cleanup()


def comparable(placed: RecordedEvent) -> tuple[Any, ...]:
    """An event without what its random salt changes."""
    return (placed.event, placed.log, placed.position, placed.stream, placed.version, placed.recorded)


def run(examples: int, template: Path, *urls: str) -> None:
    class Machine(StoresAgree):
        sqlite_template, postgres_urls = template, urls

    profile = settings(
        max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=profile)


def test_memory_and_sqlite_agree(sqlite_template: Path) -> None:
    run(40, sqlite_template)


@pytest.mark.slow
def test_all_storages_agree(sqlite_template: Path, postgres_url: str) -> None:
    run(60, sqlite_template, postgres_url)
