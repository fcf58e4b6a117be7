"""Listings: from the shape of a question to the statement that answers it, compiled once per shape.

Of the runs that wrote an artifact its own columns know the ids. Whatever else is asked of them is answered from the
projection `runs`, which follows the log: a run that it does not know yet matches nothing.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, literal, select, true

from events.stores.statement import Statement
from projections.checkpoints import is_served
from projections.criteria import Columns, clause
from projections.filters import Page, Sort
from projections.projector import LatestHeader
from projections.question import Joined, Shape
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, NAME, TASK_RUNS


@lru_cache(maxsize=512)
def page_statement(projector: LatestHeader, shape: Shape, sort: Sort) -> Statement:
    """Rows of a read model and the bodies of their data, with the parameters `limit` and `offset`."""
    table = projector.table
    asked = and_(table.c.log == bindparam("log"), where(table.c, shape))
    query = projector.with_data().where(asked).order_by(*order(table.c, sort))
    return Statement(
        query.limit(bindparam("limit")).offset(bindparam("offset")),
        is_point_read=_is_bounded(shape, sort),
    )


@lru_cache(maxsize=512)
def count_statement(projector: LatestHeader, shape: Shape) -> Statement:
    table = projector.table
    asked = and_(table.c.log == bindparam("log"), where(table.c, shape))
    return Statement(select(func.count()).select_from(table).where(asked))


@lru_cache(maxsize=512)
def identities_statement(projector: LatestHeader, shape: Shape) -> Statement:
    """The identities of at most `limit` rows."""
    table = projector.table
    asked = and_(table.c.log == bindparam("log"), where(table.c, shape))
    return Statement(select(table.c[projector.identity_column]).where(asked).limit(bindparam("limit")))


def sort_of(page: Page) -> Sort:
    return page.sort or Sort.ID_DESC


def _is_bounded(shape: Shape, sort: Sort) -> bool:
    """Whether an index gives the page without looking at rows that are not on it."""
    return not shape and sort is not Sort.KEY_DESC


def where(columns: Columns, shape: Shape) -> ColumnElement[bool]:
    """Whether a row of these columns is one that is asked for."""
    asked = dict(shape)
    clauses: list[ColumnElement[bool]] = [true()]
    if "artifacts" in asked:
        clauses.append(clause(asked["artifacts"], columns))
    of_flow_run = {name: joined for name, joined in shape if name in (FLOW_RUNS.name, FLOWS.name, DEPLOYMENTS.name)}
    if of_flow_run:
        clauses.append(_written_by(columns.flow_run_id, FLOW_RUNS, of_flow_run))
    if "task_runs" in asked:
        clauses.append(_written_by(columns.task_run_id, TASK_RUNS, {"task_runs": asked["task_runs"]}))
    return and_(*clauses)


class _Id(Struct, frozen=True):
    """All that an artifact itself knows of a run."""

    id: ColumnElement[str]


def _written_by(run_id: ColumnElement[str], runs: Table, asked: Mapping[str, Joined]) -> ColumnElement[bool]:
    """Whether the run of this id, its flow and its deployment are as asked for."""
    [first, *others] = asked.values()
    if not others and runs.name in asked and _asks_for_id_alone(first):
        return and_(run_id.is_not(None), clause(first, _Id(run_id)))
    query = select(literal(1)).select_from(runs).where(is_served(runs, NAME), runs.c.id == run_id)
    if runs.name in asked:
        query = query.where(clause(asked[runs.name], runs.c))
    if FLOWS.name in asked:
        query = _joined(query, runs, FLOWS, runs.c.flow_id).where(clause(asked[FLOWS.name], FLOWS.c))
    if DEPLOYMENTS.name in asked:
        query = _joined(query, runs, DEPLOYMENTS, runs.c.deployment_id).where(
            clause(asked[DEPLOYMENTS.name], DEPLOYMENTS.c)
        )
    return query.correlate(run_id.table).exists()


def _joined(query: Select[Any], runs: Table, other: Table, id: ColumnElement[str]) -> Select[Any]:
    same = (other.c.log == runs.c.log, other.c.generation == runs.c.generation)
    return query.join(other, and_(*same, other.c.id == id)).where(other.c.deleted.is_(None))


def _asks_for_id_alone(asked: Joined) -> bool:
    criteria = asked.criteria()
    return bool(criteria) and all(each.path[1] == "id" for each in criteria)


def order(columns: Columns, sort: Sort) -> list[ColumnElement[Any]]:
    newest = columns.id.desc()
    match sort:
        case Sort.ID_DESC:
            return [newest]
        case Sort.CREATED_DESC:
            return [columns.created.desc(), newest]
        case Sort.UPDATED_DESC:
            return [columns.updated.desc(), newest]
        case Sort.KEY_ASC:
            return [columns.key.asc().nulls_first(), newest]
        case Sort.KEY_DESC:
            return [columns.key.desc().nulls_last(), newest]
