"""What runs wrote: which of them did, the last to write first, what each wrote, and what is known of them beside."""

from functools import lru_cache

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
)

from events.event import Micros
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, Row, restored
from projections.artifacts import CATEGORY
from projections.checkpoints import is_served
from projections.collections import CATEGORY as OF_COLLECTIONS
from projections.runs.reader import tags_of
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, NAME, TASK_RUNS

FLOW_RUN, TASK_RUN = "flow-run", "task-run"

_AS_OF: BindParameter[int] = bindparam("as_of", type_=BigInteger())
_LOG = EVENTS.c.log == bindparam("log")
_later, _keyed, _prior = (EVENTS.alias(name) for name in ("later", "keyed", "prior"))
_COLUMNS = {FLOW_RUN: EVENTS.c.flow_run_id, TASK_RUN: EVENTS.c.task_run_id}


class Write(Struct, frozen=True):
    """The last write of a run. A task run counts by itself if it is in no flow run."""

    position: int
    flow_run_id: str | None
    task_run_id: str | None
    related: str

    @property
    def kind(self) -> str:
        return TASK_RUN if self.flow_run_id is None else FLOW_RUN

    @property
    def id(self) -> str:
        return self.flow_run_id or self.task_run_id or ""


class Share(Struct, frozen=True):
    """What a run wrote to one key; None: to artifacts without one."""

    run_id: str
    key: str | None
    writes: int
    first: Micros
    last: Micros
    position: int


class RunFacts(Struct, frozen=True):
    """What is known of a run beside what it wrote."""

    id: str
    name: str | None = None
    state_type: str | None = None
    state_name: str | None = None
    state_timestamp: Micros | None = None
    started: Micros | None = None
    ended: Micros | None = None
    tags: tuple[str, ...] = ()
    flow_run_id: str | None = None
    """Of a task run: the run that it belongs to."""
    parent_task_run_id: str | None = None
    """Of a flow run: the task run that called it."""
    flow_id: str | None = None
    flow_name: str | None = None
    deployment_id: str | None = None
    deployment_name: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> "RunFacts":
        names = {"name", "state_name", "flow_name", "deployment_name"}
        facts = dict(zip(cls.__struct_fields__, row, strict=True))
        facts = {name: restored(value) if name in names else value for name, value in facts.items()}
        return cls(**{**facts, "tags": tags_of(facts["tags"])})


@lru_cache
def last_writes(*, searched: bool) -> Statement:
    """The last write, up to `:as_of`, of each run whose last is above `:after` up to `:before`, the newest first.

    `searched`: only of runs whose name, flow, task or a key is like `:text`, or whose id is.
    """
    later = (_later.c.log == EVENTS.c.log, _later.c.category == CATEGORY, _later.c.position > EVENTS.c.position)
    wrote_later = or_(
        exists(select(_later.c.position).where(*later, _later.c.flow_run_id == EVENTS.c.flow_run_id, _upto(_later))),
        and_(
            EVENTS.c.flow_run_id.is_(None),
            exists(
                select(_later.c.position).where(
                    *later,
                    _later.c.task_run_id == EVENTS.c.task_run_id,
                    _later.c.flow_run_id.is_(None),
                    _upto(_later),
                )
            ),
        ),
    )
    found = (
        select(EVENTS.c.position, EVENTS.c.flow_run_id, EVENTS.c.task_run_id, EVENTS.c.related)
        .where(_LOG, EVENTS.c.category == CATEGORY)
        .where(EVENTS.c.position > bindparam("after"), EVENTS.c.position <= bindparam("before"))
        .where(or_(EVENTS.c.flow_run_id.is_not(None), EVENTS.c.task_run_id.is_not(None)))
        .where(~wrote_later, _is_like_text() if searched else true())
        .order_by(EVENTS.c.position.desc())
        .limit(bindparam("limit"))
    )
    return Statement(found)


def _upto(table: FromClause) -> ColumnElement[bool]:
    return table.c.position <= _AS_OF


def _is_like_text() -> ColumnElement[bool]:
    def like(column: ColumnElement[str]) -> ColumnElement[bool]:
        return func.lower(column).like(bindparam("text"), escape="!")

    flow_run = (
        select(FLOW_RUNS.c.id)
        .select_from(FLOW_RUNS.outerjoin(FLOWS, _same_flow()))
        .where(is_served(FLOW_RUNS, NAME), FLOW_RUNS.c.id == EVENTS.c.flow_run_id)
        .where(or_(like(FLOW_RUNS.c.name), like(FLOWS.c.name)))
    )
    task_run = (
        select(TASK_RUNS.c.id)
        .where(is_served(TASK_RUNS, NAME), TASK_RUNS.c.id == EVENTS.c.task_run_id)
        .where(like(TASK_RUNS.c.name))
    )
    key = (
        select(_keyed.c.position)
        .where(_keyed.c.log == EVENTS.c.log, _keyed.c.flow_run_id == EVENTS.c.flow_run_id, _upto(_keyed))
        .where(like(_keyed.c.key))
    )
    ids = (like(EVENTS.c.flow_run_id), like(EVENTS.c.task_run_id), like(EVENTS.c.key))
    return or_(*ids, exists(flow_run), exists(task_run), exists(key))


def _same_flow() -> ColumnElement[bool]:
    return and_(
        FLOWS.c.log == FLOW_RUNS.c.log,
        FLOWS.c.generation == FLOW_RUNS.c.generation,
        FLOWS.c.id == FLOW_RUNS.c.flow_id,
    )


@lru_cache
def shares(kind: str) -> Statement:
    """What each of the runs `:ids` wrote to each key, up to `:as_of`."""
    run, position = _COLUMNS[kind], func.max(EVENTS.c.position)
    facts = (func.count(), func.min(EVENTS.c.recorded), func.max(EVENTS.c.recorded), position)
    return Statement(
        select(run, EVENTS.c.key, *facts)
        .where(_LOG, OneOf(run, "ids"), EVENTS.c.category == CATEGORY, EVENTS.c.position <= _AS_OF)
        .group_by(run, EVENTS.c.key)
    )


@lru_cache
def writes_after(kind: str) -> Statement:
    """The headers of what the run `:id` wrote above `:after` up to `:as_of`, in order."""
    return Statement(
        select(*EVENTS.columns)
        .where(_LOG, _COLUMNS[kind] == bindparam("id"), EVENTS.c.category == CATEGORY)
        .where(EVENTS.c.position > bindparam("after"), EVENTS.c.position <= _AS_OF)
        .order_by(EVENTS.c.position)
        .limit(bindparam("limit"))
    )


def _before() -> Select[Row]:
    """For each of the writes at `:positions`, where the artifact was changed last, and the latest of its key."""
    same_log = _prior.c.log == EVENTS.c.log
    of_artifact = select(_prior.c.position).where(
        same_log,
        _prior.c.category == EVENTS.c.category,
        _prior.c.stream == EVENTS.c.stream,
        _prior.c.version == EVENTS.c.version - 1,
    )
    of_key = select(func.max(_prior.c.position)).where(
        same_log,
        _prior.c.key == EVENTS.c.key,
        _prior.c.position < EVENTS.c.position,
        _prior.c.category == OF_COLLECTIONS,
    )
    return select(EVENTS.c.position, func.coalesce(of_artifact.scalar_subquery(), of_key.scalar_subquery())).where(
        _LOG, OneOf(EVENTS.c.position, "positions")
    )


BEFORE = Statement(_before(), is_point_read=True)
DATA_AT = Statement(
    select(EVENTS.c.position, EVENTS.c.kind, EVENTS.c.data_position, EVENTS.c.type).where(
        _LOG, OneOf(EVENTS.c.position, "positions")
    ),
    is_point_read=True,
)
"""Where the data stood by the events at `:positions`, its type as it is stored, and what happened there."""

_RUN, _TASK = FLOW_RUNS.c, TASK_RUNS.c
_OF_FLOW_RUN = (
    *(_RUN.flow_id, FLOWS.c.name.label("flow_name")),
    *(_RUN.deployment_id, DEPLOYMENTS.c.name.label("deployment_name")),
)
_with_flow = FLOW_RUNS.outerjoin(FLOWS, _same_flow()).outerjoin(
    DEPLOYMENTS,
    and_(
        DEPLOYMENTS.c.log == _RUN.log,
        DEPLOYMENTS.c.generation == _RUN.generation,
        DEPLOYMENTS.c.id == _RUN.deployment_id,
    ),
)
FLOW_RUN_FACTS = Statement(
    select(
        *(_RUN.id, _RUN.name, _RUN.state_type, _RUN.state_name, _RUN.state_timestamp, _RUN.start_time, _RUN.end_time),
        *(_RUN.tags, _RUN.id.label("flow_run_id"), _RUN.parent_task_run_id),
        *_OF_FLOW_RUN,
    )
    .select_from(_with_flow)
    .where(is_served(FLOW_RUNS, NAME), OneOf(_RUN.id, "ids")),
    is_point_read=True,
)
"""`RunFacts` of flow runs."""
TASK_RUN_FACTS = Statement(
    select(
        *(_TASK.id, _TASK.name, _TASK.state_type, _TASK.state_name),
        *(_TASK.state_timestamp, _TASK.start_time, _TASK.end_time),
        *(_TASK.tags, _TASK.flow_run_id, _RUN.parent_task_run_id),
        *_OF_FLOW_RUN,
    )
    .select_from(
        TASK_RUNS.outerjoin(
            _with_flow,
            and_(_RUN.log == _TASK.log, _RUN.id == _TASK.flow_run_id, _RUN.generation == _TASK.generation),
        )
    )
    .where(is_served(TASK_RUNS, NAME), OneOf(_TASK.id, "ids")),
    is_point_read=True,
)
"""Likewise of task runs, with the flow and the deployment of the flow run that each belongs to."""
FACTS = {FLOW_RUN: FLOW_RUN_FACTS, TASK_RUN: TASK_RUN_FACTS}
