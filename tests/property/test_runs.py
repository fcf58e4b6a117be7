"""Over random histories, in any order: what is known of a run is what the latest word on it says."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from msgspec import Struct

from events.event import Event
from projections.generations import regenerate
from projections.runs import RUN_PROJECTOR, FlowRun, TaskRun
from projections.runs.stated import TERMINAL
from projections.steps import Rebuilt
from service.settings import Settings
from tests.asset_events import Model, folded, placed, recorded, served
from tests.catching_up import opened_store
from tests.property.foldings import Folding, fold_by_turns, foldings
from tests.run_events import (
    NOON,
    OF_DEPLOYMENT,
    OF_FLOW,
    RUN,
    deployment,
    flow,
    flow_run,
    flow_run_observed,
    task_run,
    task_run_observed,
)

STATES = ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED"]
quick = profile(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Told(Struct, frozen=True):
    """One event of one of two flow runs, or of their task run: a change of state, or an observation after it."""

    thing: str
    number: int
    at: int
    """When the state came to be. An observation follows by some moments."""
    state: str
    name: str
    tags: tuple[str, ...]
    later: int

    @property
    def id(self) -> str:
        return RUN if self.number == 0 else str(uuid.UUID(int=self.number))

    @property
    def task_id(self) -> str:
        return str(uuid.UUID(int=100 + self.number))

    def event(self) -> Event:
        at, updated, state = NOON + self.at, NOON + self.at + self.later, (self.state, NOON + self.at)
        match self.thing:
            case "flow-run":
                belongs = (OF_FLOW, OF_DEPLOYMENT, ())[self.later % 3]
                return flow_run(self.state, at, self.id, name=self.name, belongs=belongs)
            case "flow-run observed":
                return flow_run_observed(updated, state, id=self.id, name=self.name, tags=self.tags)
            case "task-run":
                return task_run(self.state, at, self.task_id, flow_run_id=self.id, tags=self.tags)
            case "task-run observed":
                return task_run_observed(updated, state, id=self.task_id, flow_run_id=self.id, tags=self.tags)
            case "flow":
                return flow(at=at + 50, name=self.name, tags=self.tags)
            case _:
                return deployment(at=at + 50, name=self.name)


THINGS = ["flow-run", "flow-run observed", "task-run", "task-run observed", "flow", "deployment"]
histories = st.lists(
    st.builds(
        Told,
        thing=st.sampled_from(THINGS),
        number=st.integers(0, 1),
        at=st.integers(0, 30).map(lambda each: each * 100),
        state=st.sampled_from(STATES),
        name=st.sampled_from(["a", "b\0", 'quote "\\', "ü🚀"]),
        tags=st.sampled_from([("x",), ("x", "z"), ("y\0", "\x10")]),
        later=st.integers(1, 99),
    ),
    max_size=25,
    unique_by=lambda told: (told.thing, told.number, told.at),  # a run is in one state at a time
)


def latest(told: Sequence[Told], of: str, among: Sequence[str], when: Any) -> Any:
    """What the latest of these says. Of the same moment, an observation knows better."""
    found = [each for each in told if each.thing in among]
    return getattr(max(found, key=lambda each: (when(each), each.thing.endswith("observed"))), of) if found else None


def state_at(told: Told) -> int:
    return told.at


def said_at(told: Told) -> int:
    return told.at + told.later * told.thing.endswith("observed")


def naive(told: Sequence[Told]) -> dict[str, list[Any]]:
    """What is to be known of each run, told as simply as can be."""
    runs: dict[str, list[Any]] = {}
    both = ("flow-run", "flow-run observed")
    for id in {each.id for each in told if each.thing in both}:
        mine = [each for each in told if each.id == id]
        begun = [each.at for each in mine if each.thing == "flow-run" and each.state in {"RUNNING", *TERMINAL}]
        tags = latest(mine, "tags", both[1:], said_at)
        name, state = latest(mine, "name", both, said_at), latest(mine, "state", both, state_at)
        runs[id] = [name, state, tags, NOON + min(begun) if begun else None]
    both = ("task-run", "task-run observed")
    for id in {each.task_id for each in told if each.thing in both}:
        mine = [each for each in told if each.task_id == id]
        tags = latest(mine, "tags", both, state_at)
        runs[id] = [latest(mine, "id", both, state_at), latest(mine, "state", both, state_at), tags]
    return runs


def known(model: Model) -> dict[str, list[Any]]:
    """The same of the projection's rows."""
    runs: dict[str, list[Any]] = {}
    for row in model["flow_runs"].values():
        run = FlowRun(*(row or ()))
        runs[run.id] = [shown(run.name), run.state_type, read(run.tags), run.start_time]
    for row in model["task_runs"].values():
        task = TaskRun(*(row or ()))
        runs[task.id] = [task.flow_run_id, task.state_type, read(task.tags)]
    return runs


def shown(text: str | None) -> str | None:
    return None if text is None else text.replace("\x10\x10", "\x10").replace("\x100", "\0")


def read(tags: str | None) -> tuple[str | None, ...] | None:
    return None if tags is None else tuple(shown(tag) for tag in json.loads(tags))


@given(history=histories, foldings=foldings)
@quick
def test_however_it_is_folded_it_is_the_naive_fold(
    settings: Settings, history: list[Told], foldings: list[Folding]
) -> None:
    async def check() -> None:
        async with opened_store(settings.database) as store:
            log = uuid.uuid4().hex
            await recorded(store, flow(), *(each.event() for each in history), log=log)
            await fold_by_turns(store, log, RUN_PROJECTOR, foldings)
            assert known(await served(store, RUN_PROJECTOR, log)) == naive(history)
            *_, last = [step async for step in regenerate(store, log, RUN_PROJECTOR, page_positions=4)]
            assert isinstance(last, Rebuilt)
            assert last.differences == 0

    asyncio.run(check())


@given(history=histories, order=st.randoms(use_true_random=False))
def test_whatever_the_order_the_rows_are_the_same(history: list[Told], order: Any) -> None:
    events = [each.event() for each in history]
    shuffled = folded(RUN_PROJECTOR, placed(order.sample(events, len(events))))
    assert shuffled == folded(RUN_PROJECTOR, placed(events))
    assert known(shuffled) == naive(history)
