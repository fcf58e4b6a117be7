"""The observer: asks the upstream for what its events do not say of runs, and has it recorded.

    the log ──► events of flow runs and deployments ──► wanted ──► gathered for a moment ──► POST /flow_runs/filter ...
     ▲                                                                                            │
     └──────────────────────────────────── observations ◄─────────────────────────────────────────┘

A run is asked for when it is heard of for the first time, when it is scheduled, and at its end; with it come its flow,
its deployment and the task run that it runs in.
"""

import asyncio
import time

from events.event import Micros
from events.feed import About, Feed
from events.filter import EventFilter, Kind
from events.matching import Matcher
from events.published import Published
from projections.runs import values
from projections.runs.observations import (
    DEPLOYMENT,
    FLOW,
    FLOW_RUN,
    TASK_RUN,
    FlowRunObserved,
    Observed,
    T,
    TaskRunObserved,
)
from projections.runs.projector import HEARTBEAT
from projections.runs.stated import STATE_TYPE, TERMINAL
from service.outage import Outage
from service.upstream.recent import Recent
from service.upstream.runs import UpstreamRuns
from service.upstream.tenure import Tenure
from service.upstream.wanted import Wanted

GATHER_S = 0.2
"""How long events are gathered before the upstream is asked about all of them together."""
ADVANCE_EVERY_S = 1.0
OBSERVED_IDS_MAX = 20_000
"""Runs, flows and deployments that are known not to be heard of for the first time."""

OF_INTEREST = Matcher(
    EventFilter(event=Kind(prefix=[FLOW_RUN.prefix, FLOW.prefix, DEPLOYMENT.prefix], exclude_name=[HEARTBEAT]))
)
CHANGING = TERMINAL | {"SCHEDULED"}
"""The types of the states in which more of a run has changed than its event says."""


class Observer:
    """Observes what one log hears of, as long as its tenure lasts."""

    def __init__(self, feed: Feed, runs: UpstreamRuns, outage: Outage, tenure: Tenure) -> None:
        self._feed = feed
        self._runs = runs
        self._outage = outage
        self._tenure = tenure
        self._to = tenure.position
        """All up to here was looked at."""
        self._wanted = Wanted()
        self._heard_of = Recent(OBSERVED_IDS_MAX)
        self._has_room = asyncio.Event()

    async def run(self) -> None:
        """Until it fails. Raises UpstreamUnavailable, UpstreamRefused, LeaseLost, StorageUnavailable, FeedStopped."""
        with self._feed.follow(self._to, OF_INTEREST, About(kind="observer")) as follower:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._observe_all())
                while True:
                    span = await follower.next()
                    for event in span.events:
                        self._want(event)
                    self._to = span.to
                    if not self._wanted.has_room:
                        self._has_room.clear()
                        await self._has_room.wait()

    def _want(self, event: Published) -> None:
        flow_id = values.resource_id(event.resource, FLOW.prefix)
        if flow_id is not None:
            self._heard_of.add([flow_id])  # its events say all that there is to know
        deployment_id = values.resource_id(event.resource, DEPLOYMENT.prefix)
        if deployment_id is not None:
            self._wanted.add(DEPLOYMENT, deployment_id, event.position)
        run_id, state = values.resource_id(event.resource, FLOW_RUN.prefix), event.resource.get(STATE_TYPE)
        if run_id is not None and (state in CHANGING or (state and run_id not in self._heard_of)):
            self._heard_of.add([run_id])
            self._wanted.add(FLOW_RUN, run_id, event.position, event.occurred)

    async def _observe_all(self) -> None:
        advance_at = 0.0
        while True:
            await asyncio.sleep(GATHER_S)
            to = self._to
            await self._observe_flow_runs(to)
            await self._observe(TASK_RUN)
            await self._observe(FLOW)
            await self._observe(DEPLOYMENT)
            self._outage.end()
            if self._wanted.has_room:
                self._has_room.set()
            if time.monotonic() >= advance_at:
                advance_at = time.monotonic() + ADVANCE_EVERY_S
                await self._tenure.advance(min(to, self._wanted.complete_to(to)))

    async def _observe_flow_runs(self, to: int) -> None:
        """Observe those that are due, and want what belongs to them."""
        for run in await self._observe(FLOW_RUN):
            if run.parent_task_run_id is not None:  # it follows its flow run a moment later
                self._wanted.add(TASK_RUN, run.parent_task_run_id, to, _as_of(run))
            self._want_once(FLOW, run.flow_id, to)
            if run.deployment_id is not None:
                self._want_once(DEPLOYMENT, run.deployment_id, to)

    def _want_once(self, thing: Observed[T], id: str, position: int) -> None:
        if id not in self._heard_of:
            self._heard_of.add([id])
            self._wanted.add(thing, id, position)

    async def _observe(self, thing: Observed[T]) -> list[T]:
        ids = self._wanted.due(thing, time.monotonic())
        seen = await self._runs.observe(thing, ids)
        self._wanted.asked(thing, ids, {each.id: _as_of(each) for each in seen}, time.monotonic())
        return seen


def _as_of(seen: T) -> Micros:
    """As of when it is seen: a run, as of its state."""
    state = seen.state if isinstance(seen, FlowRunObserved | TaskRunObserved) else None
    return values.micros_of(seen.updated if state is None else state.timestamp)
