"""The criteria: what each thing means that can be asked of an artifact, and of the runs behind it.

A clause is made from columns and the name of its parameter. What Prefect's SQL says of nulls holds here too: what is
not known is neither among some values nor not among them.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, literal, not_, or_, select, true

from events.stores.statement import HoldsAll, HoldsAny, OneOf
from projections.question import Joined
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, TASK_RUNS

Columns = Any
"""Columns by name: those of a table, or fewer."""
Clause = Callable[[Columns, str], ColumnElement[bool]]

_SUBFLOW_RUNS = FLOW_RUNS.alias("subflow_runs")
_PARENTS = TASK_RUNS.alias("parents")
_SIBLINGS = DEPLOYMENTS.alias("deployments_of_flow")
_FLOWS_OF_DEPLOYMENT = FLOWS.alias("flows_of_deployment")


def _like(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    return column.ilike(bindparam(parameter), escape="\\")


def _beside(other: Any, row: Columns, *clauses: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row of another table, in the same log and generation."""
    same = (other.c.log == row.log, other.c.generation == row.generation)
    return exists(select(literal(1)).select_from(other).where(*same, *clauses).correlate_except(other))


def _has_parent(run: Columns, parameter: str) -> ColumnElement[bool]:
    return _beside(_PARENTS, run, _PARENTS.c.id == run.parent_task_run_id, OneOf(_PARENTS.c.flow_run_id, parameter))


def _is_parent(task_run: Columns) -> ColumnElement[bool]:
    return _beside(_SUBFLOW_RUNS, task_run, _SUBFLOW_RUNS.c.parent_task_run_id == task_run.id)


def _has_deployment(flow: Columns) -> ColumnElement[bool]:
    return _beside(_SIBLINGS, flow, _SIBLINGS.c.flow_id == flow.id, _SIBLINGS.c.deleted.is_(None))


def _flow_like(deployment: Columns, parameter: str) -> ColumnElement[bool]:
    flow = _FLOWS_OF_DEPLOYMENT
    return _beside(flow, deployment, flow.c.id == deployment.flow_id, _like(flow.c.name, parameter))


def _started(run: Columns) -> ColumnElement[Any]:
    return func.coalesce(run.start_time, run.expected_start_time)


_NOTHING = "[]"
"""The tags of what has none."""

_OF_ARTIFACTS: dict[str, Clause] = {
    "id.any_": lambda c, p: OneOf(c.id, p),
    "latest_id.any_": lambda c, p: OneOf(c.latest_id, p),
    "key.any_": lambda c, p: OneOf(c.key, p),
    "key.like_": lambda c, p: _like(c.key, p),
    "key.exists_True": lambda c, _: c.key.is_not(None),
    "key.exists_False": lambda c, _: c.key.is_(None),
    "flow_run_id.any_": lambda c, p: OneOf(c.flow_run_id, p),
    "task_run_id.any_": lambda c, p: OneOf(c.task_run_id, p),
    "type.any_": lambda c, p: OneOf(c.type, p),
    "type.not_any_": lambda c, p: or_(c.type.is_(None), not_(OneOf(c.type, p))),
}


def _any(column: str) -> Clause:
    return lambda c, p: OneOf(c[column], p)


def _not_any(column: str) -> Clause:
    return lambda c, p: not_(OneOf(c[column], p))


def _null(column: str) -> Clause:
    return lambda c, _: c[column].is_(None)


def _not_null(column: str) -> Clause:
    return lambda c, _: c[column].is_not(None)


def _before(column: str) -> Clause:
    return lambda c, p: c[column] <= bindparam(p)


def _after(column: str) -> Clause:
    return lambda c, p: c[column] >= bindparam(p)


_NAME: dict[str, Clause] = {"name.any_": _any("name"), "name.like_": lambda c, p: _like(c.name, p)}
_TAGS: dict[str, Clause] = {
    "tags.all_": lambda c, p: HoldsAll(c.tags, p),
    "tags.any_": lambda c, p: HoldsAny(c.tags, p),
    "tags.is_null_True": lambda c, _: c.tags == literal(_NOTHING),
    "tags.is_null_False": lambda c, _: c.tags != literal(_NOTHING),
}
_STATE: dict[str, Clause] = {"state.type.any_": _any("state_type"), "state.name.any_": _any("state_name")}
_END_TIME: dict[str, Clause] = {
    "end_time.before_": _before("end_time"),
    "end_time.after_": _after("end_time"),
    "end_time.is_null_True": _null("end_time"),
    "end_time.is_null_False": _not_null("end_time"),
}
_START_TIME_KNOWN: dict[str, Clause] = {
    "start_time.is_null_True": _null("start_time"),
    "start_time.is_null_False": _not_null("start_time"),
}
_EXPECTED: dict[str, Clause] = {
    "expected_start_time.before_": _before("expected_start_time"),
    "expected_start_time.after_": _after("expected_start_time"),
}

_OF_FLOW_RUNS: dict[str, Clause] = {
    "id.any_": lambda c, p: OneOf(c.id, p),
    "id.not_any_": lambda c, p: not_(OneOf(c.id, p)),
    **_NAME,
    **_TAGS,
    "deployment_id.any_": _any("deployment_id"),
    "deployment_id.is_null_True": _null("deployment_id"),
    "deployment_id.is_null_False": _not_null("deployment_id"),
    "work_queue_name.any_": _any("work_queue_name"),
    "work_queue_name.is_null_True": _null("work_queue_name"),
    "work_queue_name.is_null_False": _not_null("work_queue_name"),
    **_STATE,
    "state.type.not_any_": _not_any("state_type"),
    "state.name.not_any_": _not_any("state_name"),
    "flow_version.any_": _any("flow_version"),
    "start_time.before_": lambda c, p: _started(c) <= bindparam(p),
    "start_time.after_": lambda c, p: _started(c) >= bindparam(p),
    **_START_TIME_KNOWN,
    **_END_TIME,
    **_EXPECTED,
    "next_scheduled_start_time.before_": _before("next_scheduled_start_time"),
    "next_scheduled_start_time.after_": _after("next_scheduled_start_time"),
    "parent_flow_run_id.any_": _has_parent,
    "parent_task_run_id.any_": _any("parent_task_run_id"),
    "parent_task_run_id.is_null_True": _null("parent_task_run_id"),
    "parent_task_run_id.is_null_False": _not_null("parent_task_run_id"),
    "idempotency_key.any_": _any("idempotency_key"),
    "idempotency_key.not_any_": _not_any("idempotency_key"),
    "created_by.id_": _any("created_by_id"),
    "created_by.type_": _any("created_by_type"),
    "created_by.is_null_True": _null("created_by_type"),
    "created_by.is_null_False": _not_null("created_by_type"),
}

_OF_TASK_RUNS: dict[str, Clause] = {
    "id.any_": lambda c, p: OneOf(c.id, p),
    **_NAME,
    **{name: clause for name, clause in _TAGS.items() if name != "tags.any_"},
    **_STATE,
    "start_time.before_": _before("start_time"),
    "start_time.after_": _after("start_time"),
    **_START_TIME_KNOWN,
    **_END_TIME,
    **_EXPECTED,
    "subflow_runs.exists_True": lambda c, _: _is_parent(c),
    "subflow_runs.exists_False": lambda c, _: not_(_is_parent(c)),
    "flow_run_id.any_": _any("flow_run_id"),
    "flow_run_id.is_null_True": _null("flow_run_id"),
    "flow_run_id.is_null_False": _not_null("flow_run_id"),
}

_OF_FLOWS: dict[str, Clause] = {
    "id.any_": lambda c, p: OneOf(c.id, p),
    "id.not_any_": lambda c, p: not_(OneOf(c.id, p)),
    "deployment.is_null_True": lambda c, _: not_(_has_deployment(c)),
    "deployment.is_null_False": lambda c, _: _has_deployment(c),
    **_NAME,
    **{name: clause for name, clause in _TAGS.items() if name != "tags.any_"},
}

_OF_DEPLOYMENTS: dict[str, Clause] = {
    "id.any_": lambda c, p: OneOf(c.id, p),
    "id.not_any_": lambda c, p: not_(OneOf(c.id, p)),
    **_NAME,
    "flow_or_deployment_name.like_": lambda c, p: or_(_like(c.name, p), _flow_like(c, p)),
    "paused.eq_True": lambda c, _: c.paused == literal(1),
    "paused.eq_False": lambda c, _: c.paused == literal(0),
    **_TAGS,
    "work_queue_name.any_": _any("work_queue_name"),
}

CLAUSES: dict[tuple[str, ...], Clause] = {
    (group, *name.split(".")): clause
    for group, clauses in (
        ("artifacts", _OF_ARTIFACTS),
        ("flow_runs", _OF_FLOW_RUNS),
        ("task_runs", _OF_TASK_RUNS),
        ("flows", _OF_FLOWS),
        ("deployments", _OF_DEPLOYMENTS),
    )
    for name, clause in clauses.items()
}
"""What each criterion means, by its way through the filter."""


def clause(asked: Joined, columns: Columns) -> ColumnElement[bool]:
    """Whether a row with these columns is one that is asked for."""
    parts = [
        clause(part, columns) if isinstance(part, Joined) else CLAUSES[part.path](columns, part.parameter)
        for part in asked.parts
    ]
    if not parts:
        return true()
    return or_(*parts) if asked.operator == "or_" else and_(*parts)
