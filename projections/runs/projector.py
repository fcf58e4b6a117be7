"""Folds events of runs, flows and deployments into the four tables."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from events.event import RecordedEvent
from events.filter import Kind
from events.upcasters import current
from projections.catch_up import Change
from projections.runs import observed, stated
from projections.runs.observations import DEPLOYMENT, FLOW, FLOW_RUN, TASK_RUN, Observed, T
from projections.runs.rows import Said, after
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, NAME, TASK_RUNS

HEARTBEAT = "prefect.flow-run.heartbeat"
"""The kind of event that says nothing new of a run, twice a minute."""

Says = Callable[[RecordedEvent], Iterable[Said]]


def _observed(thing: Observed[T], says: Callable[[T], Iterable[Said]]) -> Says:
    def of_event(placed: RecordedEvent) -> Iterable[Said]:
        seen = thing.read(current(placed.event))
        return () if seen is None else says(seen)

    return of_event


SAYS: dict[str, Says] = {
    FLOW_RUN.prefix: stated.of_flow_run,
    TASK_RUN.prefix: stated.of_task_run,
    FLOW.prefix: stated.of_flow,
    DEPLOYMENT.prefix: stated.of_deployment,
    FLOW_RUN.kind: _observed(FLOW_RUN, observed.of_flow_run),
    TASK_RUN.kind: _observed(TASK_RUN, observed.of_task_run),
    FLOW.kind: _observed(FLOW, observed.of_flow),
    DEPLOYMENT.kind: _observed(DEPLOYMENT, observed.of_deployment),
}
"""What events say, by how their kinds begin. A run's events are named for its states, of which users make their own."""


def said_by(placed: RecordedEvent) -> Iterable[Said]:
    """What an event says; nothing, if it has not the form that Prefect gives it. Pure."""
    return next((says(placed) for prefix, says in SAYS.items() if placed.event.kind.startswith(prefix)), ())


class RunProjector:
    """Folds what is said of runs, flows and deployments."""

    name = NAME
    version = 1
    tables = (FLOW_RUNS, TASK_RUNS, FLOWS, DEPLOYMENTS)
    kinds = Kind(prefix=list(SAYS), exclude_name=[HEARTBEAT])
    reads_bodies = True

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        return [Change(said.table, (said.id,), partial(after, said)) for said in said_by(placed)]


RUN_PROJECTOR = RunProjector()
