"""Named subscriptions under random members: whatever happens, every event is done once or parked, in order."""

import asyncio
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import create_engine

from events import Append, StreamId
from events.stores import open_store
from events.stores.tables import METADATA
from events.subscriptions.errors import StaleTokens
from events.subscriptions.members import Leased, Members
from events.subscriptions.parking import discard, parked, retry
from events.subscriptions.registry import put, standing
from events.subscriptions.rules import SECOND
from events.subscriptions.subscription import Terms
from events.testing import an_event

LOG, NAME = "default", "workers"
TERMS = Terms(
    filter='{"event":{"prefix":["wanted"]}}', start="start", visibility=10 * SECOND, attempts_max=2, webhook=None
)
MEMBERS = st.sampled_from(["ann", "bob"])
PICK = st.integers(0, 1_000)
ROUNDS_MAX = 100
"""Far more than it takes to do all that one example appends."""


class NamedSubscription(RuleBasedStateMachine):
    """Members in two processes over one log; `now` is their clock."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = TemporaryDirectory()
        self.now = 1_700_000_000 * SECOND
        url = f"sqlite:///{Path(self.folder.name) / 'digsite.db'}"
        engine = create_engine(url)
        METADATA.create_all(engine)
        engine.dispose()
        self.store = open_store(url, (), lambda: self.now)
        self.run(self.store.open())
        self.run(put(self.store, LOG, NAME, TERMS, after=0))
        self.processes = {name: Members(self.store, noise=lambda: 0.5) for name in ("ann", "bob")}
        self.wanted: dict[int, str] = {}
        self.held: dict[str, Leased] = {}
        """What members hold, as far as nobody else was given it since."""
        self.gone: list[str] = []
        """Tokens that hold no more."""
        self.done: Counter[int] = Counter()
        self.discarded: set[int] = set()

    def run(self, work):
        return self.runner.run(work)

    def teardown(self) -> None:
        self.finish()
        self.run(self.store.close())
        self.runner.close()
        self.folder.cleanup()

    # what happens

    @rule(stream=st.sampled_from("xy"), is_wanted=st.booleans())
    def append(self, stream: str, is_wanted: bool) -> None:
        kind = "wanted" if is_wanted else "unwanted"
        [placed] = self.run(self.store.append(LOG, Append(StreamId("thing", stream), (an_event(kind=kind),))))
        if is_wanted:
            self.wanted[placed.position] = stream

    @rule(member=MEMBERS, limit=st.integers(1, 4))
    def fetch(self, member: str, limit: int) -> None:
        self.release_what_ended()
        busy = {self.wanted[each.event.position] for each in self.held.values()}
        unsettled = self.unsettled()
        got = self.run(self.processes[member].fetch(LOG, NAME, member, limit))
        for each in got:
            stream = self.wanted[each.event.position]
            assert stream not in busy, "two members hold one stream"
            assert min(p for p in unsettled if self.wanted[p] == stream) == each.event.position, "out of order"
            unsettled.remove(each.event.position)
            self.held[each.delivery.token] = each

    @precondition(lambda self: self.held)
    @rule(pick=PICK)
    def ack(self, pick: int) -> None:
        token = self.take(pick)
        position = self.held[token].event.position
        self.run(self.processes["ann"].ack(LOG, NAME, [token]))
        self.done[position] += 1
        self.drop(token)

    @precondition(lambda self: self.held)
    @rule(pick=PICK, delay=st.sampled_from([None, 0, 5 * SECOND]))
    def nack(self, pick: int, delay: int | None) -> None:
        token = self.take(pick)
        self.run(self.processes["bob"].nack(LOG, NAME, [token], delay=delay, error="no"))
        self.break_stream(token)

    @precondition(lambda self: self.held)
    @rule(pick=PICK, is_lost=st.booleans())
    def leave(self, pick: int, is_lost: bool) -> None:
        """A member's connection closes."""
        member = self.held[self.take(pick)].delivery.member
        tokens = [token for token, each in self.held.items() if each.delivery.member == member]
        reason = "the connection was lost" if is_lost else None
        self.run(self.processes["ann"].give_back(LOG, NAME, tokens, lost=reason))
        for token in tokens:
            self.drop(token)

    @precondition(lambda self: self.gone)
    @rule(pick=PICK)
    def settle_too_late(self, pick: int) -> None:
        token = self.gone[-1 - pick % min(3, len(self.gone))]
        before = self.unsettled()
        with pytest.raises(StaleTokens):
            self.run(self.processes["ann"].ack(LOG, NAME, [*self.held, token]))
        assert self.unsettled() == before

    @rule(seconds=st.sampled_from([1, 4, 11]))
    def let_time_pass(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule(pick=PICK, is_retried=st.booleans())
    def empty_the_park(self, pick: int, is_retried: bool) -> None:
        found = [each.event.position for each in self.run(parked(self.store, LOG, NAME))]
        if found:
            position = found[pick % len(found)]
            self.run((retry if is_retried else discard)(self.store, LOG, NAME, position))
            if not is_retried:
                self.discarded.add(position)

    # what always holds

    @invariant()
    def the_checkpoint_passes_nothing_unsettled(self) -> None:
        unsettled = self.unsettled()
        checkpoint = self.run(standing(self.store, LOG, NAME)).checkpoint
        assert checkpoint < min(unsettled, default=checkpoint + 1)

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert set(self.done.values()) <= {1}

    def finish(self) -> None:
        """Members who do all they get come to the end, and every event was done once, parked or discarded."""
        for _ in range(ROUNDS_MAX):
            if not self.unsettled():
                break
            self.now += 4_000 * SECOND
            got = self.run(self.processes["ann"].fetch(LOG, NAME, "ann", 10))
            self.done.update(each.event.position for each in got)
            self.run(self.processes["ann"].ack(LOG, NAME, [each.delivery.token for each in got]))
        self.nothing_is_done_twice()
        at_end = self.run(standing(self.store, LOG, NAME))
        assert (self.unsettled(), at_end.outstanding) == ([], 0)

    # the model

    def unsettled(self) -> list[int]:
        parked_now = {each.event.position for each in self.run(parked(self.store, LOG, NAME))}
        return [p for p in self.wanted if p not in self.done and p not in self.discarded and p not in parked_now]

    def take(self, pick: int) -> str:
        return list(self.held)[pick % len(self.held)]

    def drop(self, token: str) -> None:
        self.held.pop(token)
        self.gone.append(token)

    def break_stream(self, token: str) -> None:
        """The lease has failed; unless the event is parked now, those behind it are given back."""
        failed = self.held[token]
        self.drop(token)
        if failed.delivery.attempt < TERMS.attempts_max:
            stream, position = self.wanted[failed.event.position], failed.event.position
            for other, each in list(self.held.items()):
                if self.wanted[each.event.position] == stream and each.event.position > position:
                    self.drop(other)

    def release_what_ended(self) -> None:
        ended = [token for token, each in self.held.items() if each.delivery.until <= self.now]
        for token in ended:
            if token in self.held:
                self.break_stream(token)


TestNamedSubscription = NamedSubscription.TestCase
TestNamedSubscription.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
