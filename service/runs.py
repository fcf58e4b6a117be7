"""Runs: what is known of the runs that write artifacts, so that an artifact's event relates to them as Prefect's does.

remembered? ─► the read model, the log ─► the upstream, if there is one ─► unknown: by their ids alone
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

import structlog
from msgspec.structs import replace

from events.errors import EventLogError
from events.event import Labels
from events.stores.sql import SqlStore
from events.stores.tables import Row, restored
from events.streams import stream_of_outside
from events.wakeup import Wakeup, wait_at_most
from projections.runs import TaskRun
from projections.runs.observations import (
    DEPLOYMENT,
    FLOW,
    FLOW_RUN,
    TASK_RUN,
    DeploymentObserved,
    FlowObserved,
    FlowRunObserved,
)
from projections.runs.projector import said_by
from projections.runs.reader import KnownRun, Named, find_flow_run, has_runs, tags_of
from projections.runs.rows import after
from service.context import DEFAULT_LOG
from service.deciding.commands import NewArtifact
from service.deciding.resources import Thing, related_to
from service.remembered import Remembered
from service.upstream.client import UpstreamRefused, UpstreamUnavailable
from service.upstream.runs import UpstreamRuns

RUNS_REMEMBERED_MAX = 5_000
"""Flow runs, and as many task runs, that are remembered."""
REMEMBERED_S = 60.0
"""How long they are, so that a name or a tag that was changed is found."""
UNKNOWN_REMEMBERED_S = 60.0
"""How long an id that nobody knows is not asked for again, and not waited for."""
ASK_S = 1.0
"""How long a write waits for the upstream to say what it knows of a flow run."""
WAIT_S = 1.0
"""How long a write waits at most for the first event of the task run that it comes from: it is on its way on another
connection, which the client opens when it starts. Each wait that was in vain halves the next one, until a task run is
found: clients that send no events are not held up."""
POLL_S = 0.05
"""How often it is looked for what other processes have written."""
WITHOUT_S = 1.0
"""How long it is taken for granted that a log that has heard of no run still has not."""
TASK_EVENTS = 3
"""Events of a task run that are looked at: its name is in the first."""
NO_RUN = (None, None)

log_ = structlog.get_logger()


class Runs:
    """Over one store; with an upstream, what only that knows is asked of it."""

    def __init__(
        self, store: SqlStore, wakeup: Wakeup, upstream: UpstreamRuns | None, *, wait_s: float = WAIT_S
    ) -> None:
        self._store = store
        self._wakeup = wakeup
        self._upstream = upstream
        self._flow_runs: Remembered[tuple[str, str], KnownRun] = Remembered(RUNS_REMEMBERED_MAX, REMEMBERED_S)
        self._task_runs: Remembered[tuple[str, str], Named] = Remembered(RUNS_REMEMBERED_MAX, REMEMBERED_S)
        self._unknown: Remembered[tuple[str, str], bool] = Remembered(RUNS_REMEMBERED_MAX, UNKNOWN_REMEMBERED_S)
        self._without: Remembered[str, bool] = Remembered(RUNS_REMEMBERED_MAX, WITHOUT_S)
        """Logs that have heard of no run."""
        self._asking: dict[str, asyncio.Task[KnownRun | None]] = {}
        self._wait_s = self._patience_s = wait_s

    def forget(self) -> None:
        """Something was erased: what is remembered of runs may be of that."""
        for remembered in (self._flow_runs, self._task_runs):
            remembered.clear()

    async def close(self) -> None:
        """Ask nothing more."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def with_related(self, log: str, items: Sequence[NewArtifact]) -> Sequence[NewArtifact]:
        """The artifacts with what is known of their runs. Raises StorageUnavailable."""
        runs = list(dict.fromkeys((item.flow_run_id, item.task_run_id) for item in items))
        if runs == [NO_RUN] or not await self._knows_any(log):
            return items
        found = dict(zip(runs, await asyncio.gather(*(self.related(log, *each) for each in runs)), strict=True))
        return [replace(item, related=found[item.flow_run_id, item.task_run_id]) for item in items]

    async def related(self, log: str, flow_run_id: str | None, task_run_id: str | None) -> tuple[Labels, ...]:
        """The resources that something relates to that these runs have done, as Prefect's SDK would relate it.

        Raises StorageUnavailable.
        """
        flow_run = None if flow_run_id is None else await self._flow_run(log, flow_run_id)
        task_run = None
        if task_run_id is not None:
            is_coming = self._has_upstream(log) and (flow_run_id is None or flow_run is not None)
            task_run = await self._task_run(log, task_run_id, is_coming=is_coming)
        return related_to(list(_things(flow_run_id, flow_run, task_run_id, task_run)))

    async def _knows_any(self, log: str) -> bool:
        if self._has_upstream(log):
            return True
        if self._without.get(log):
            return False
        knows = await has_runs(self._store, await self._store.log_number(log))
        if not knows:
            self._without.put(log, True)
        return knows

    def _has_upstream(self, log: str) -> bool:
        return self._upstream is not None and log == DEFAULT_LOG

    async def _flow_run(self, log: str, id: str) -> KnownRun | None:
        known = self._flow_runs.get((log, id))
        if known is not None:
            return known
        known = await find_flow_run(self._store, await self._store.log_number(log), id)
        if self._has_upstream(log) and (known is None or not known.is_observed):
            known = await self._asked_for(id) or known
            if known is None or not known.is_observed:
                return known  # perhaps the next look is luckier
        if known is not None:
            self._flow_runs.put((log, id), known)
        return known

    async def _asked_for(self, id: str) -> KnownRun | None:
        """What the upstream knows of a flow run, if it says so in time. All who want to know ask together."""
        if self._unknown.get((FLOW_RUN.thing, id)):
            return None
        asking = self._asking.get(id)
        if asking is None:
            asking = self._asking[id] = asyncio.create_task(self._ask(id), name=f"ask for flow run {id}")
            asking.add_done_callback(lambda _: self._asking.pop(id))
        done, _ = await asyncio.wait([asking], timeout=ASK_S)
        known = asking.result() if done else None
        if known is None:
            self._unknown.put((FLOW_RUN.thing, id), True)
        return known

    async def _ask(self, id: str) -> KnownRun | None:
        assert self._upstream is not None
        try:
            for run in await self._upstream.observe(FLOW_RUN, [id]):
                deployments = [] if run.deployment_id is None else [run.deployment_id]
                found = await asyncio.gather(
                    self._upstream.observe(FLOW, [run.flow_id]), self._upstream.observe(DEPLOYMENT, deployments)
                )
                return _known(run, *found)
        except (UpstreamUnavailable, UpstreamRefused, EventLogError) as error:
            log_.warning("the upstream does not say what it knows of a flow run", id=id, reason=str(error))
        return None

    async def _task_run(self, log: str, id: str, *, is_coming: bool) -> Named | None:
        """A task run that the log has heard of; if its first event is on its way, in a moment."""
        known = self._task_runs.get((log, id)) or await self._told_of(log, id)
        if known is None and is_coming and not self._unknown.get((TASK_RUN.thing, id)):
            known = await self._wait_for_task_run(log, id)
        if known is not None:
            self._task_runs.put((log, id), known)
            self._patience_s = self._wait_s
        return known

    async def _wait_for_task_run(self, log: str, id: str) -> Named | None:
        until_s = time.monotonic() + self._patience_s
        while (left_s := until_s - time.monotonic()) > 0:
            coming = self._wakeup.coming(log)
            known = await self._told_of(log, id)
            if known is not None:
                return known
            await wait_at_most(coming, min(left_s, POLL_S))
        self._patience_s /= 2
        self._unknown.put((TASK_RUN.thing, id), True)
        return None

    async def _told_of(self, log: str, id: str) -> Named | None:
        """A task run by its first events in the log: the read model may be a moment behind."""
        row: Row | None = None
        for placed in await self._store.read_stream(log, stream_of_outside(TASK_RUN.prefix + id), limit=TASK_EVENTS):
            for said in said_by(placed):
                row = after(said, row)
        return None if row is None else _named_by(TaskRun(*row))


def _things(
    flow_run_id: str | None, flow_run: KnownRun | None, task_run_id: str | None, task_run: Named | None
) -> Iterable[Thing]:
    """In the order in which Prefect's SDK relates them."""
    if flow_run_id is not None:
        yield _thing("flow-run", flow_run.run if flow_run else Named(flow_run_id, None))
    if task_run_id is not None:
        yield _thing("task-run", task_run or Named(task_run_id, None))
    if flow_run is not None:
        belongs = (flow_run.flow, flow_run.deployment, flow_run.work_queue, flow_run.work_pool)
        for role, named in zip(("flow", "deployment", "work-queue", "work-pool"), belongs, strict=True):
            if named is not None:
                yield _thing(role, named)


def _thing(role: str, named: Named) -> Thing:
    return Thing(role, named.id, named.name, named.tags)


def _known(run: FlowRunObserved, flows: Sequence[FlowObserved], deployments: Sequence[DeploymentObserved]) -> KnownRun:
    """A flow run as the upstream has it."""
    deployment = None if run.deployment_id is None else Named(run.deployment_id, None)
    queue = None if run.work_queue_id is None else Named(run.work_queue_id, run.work_queue_name)
    pool = None if run.work_pool_id is None else Named(run.work_pool_id, run.work_pool_name)
    return KnownRun(
        run=Named(run.id, run.name, run.tags),
        flow=next((Named(each.id, each.name, each.tags) for each in flows), Named(run.flow_id, None)),
        deployment=next((Named(each.id, each.name, each.tags) for each in deployments), deployment),
        work_queue=queue,
        work_pool=pool,
        is_observed=True,
    )


def _named_by(run: TaskRun) -> Named:
    return Named(run.id, restored(run.name), tags_of(run.tags))
