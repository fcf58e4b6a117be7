"""What there was at a position: the statements that answer from states what others answer from read models.

    first states, as the listing is sorted ─► still there at :as_of? ─► the state of each by then ─► a page

First states that are in order are walked by position, back from `:as_of`: what came later is not looked at. The
others, usually few, are walked as they are sorted, and both are merged. What was updated last is found by the states
themselves.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select, union_all

from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES
from projections.checkpoints import is_served
from projections.filters import Sort
from projections.history.states import NAME, States
from projections.history.walk import Walk, all_states, first_states
from projections.listing import order
from projections.question import Joined, Shape

_LIMIT, _OFFSET = bindparam("limit", type_=Integer()), bindparam("offset", type_=Integer())


@lru_cache(maxsize=512)
def page_as_of(states: States, shape: Shape, sort: Sort) -> Statement:
    """As `listing.page_statement`, with the parameter `as_of`."""
    walks = _walks(states, shape, sort)
    found = union_all(*(select(walk.limit(_LIMIT + _OFFSET).subquery()) for walk in walks)).subquery()
    page = select(found).order_by(*order(found.c, sort)).limit(_LIMIT).offset(_OFFSET).subquery()
    return Statement(_with_data(states, page).order_by(*order(page.c, sort)))


@lru_cache(maxsize=512)
def count_as_of(states: States, shape: Shape) -> Statement:
    """As `listing.count_statement`, with the parameter `as_of`."""
    index = _index_of(shape)
    if index is None:
        walks = [first_states(states, "first").in_order(), first_states(states, "first_other").not_in_order()]
    else:
        walks = [_found_by(states, index)]
    found = union_all(*(walk.ones(shape) for walk in walks))
    return Statement(select(func.count()).select_from(found.subquery()))


@lru_cache
def row_as_of(states: States) -> Statement:
    """The row of an `:identity`, as it was at `:as_of`, and the body of its data."""
    column = states.projector.identity_column
    walk = _found_by(states, column)
    found = walk.rows(()).where(getattr(walk.columns, column) == bindparam("identity"))
    return Statement(_with_data(states, found.subquery()), is_point_read=True)


@lru_cache
def last_state(states: States) -> Statement:
    """The last row that an `:identity` had by `:as_of`, the id of a stream, also if that had ended; and the body of its
    data."""
    state, any_ = states.table.alias("state"), states.table.alias("any")
    here = (is_served(any_, NAME), any_.c.id == bindparam("identity"), any_.c.position <= bindparam("as_of"))
    last = select(func.max(any_.c.position)).where(*here).scalar_subquery()
    rows = select(state).where(is_served(state, NAME), state.c.id == bindparam("identity"), state.c.position == last)
    return Statement(_with_data(states, rows.subquery()), is_point_read=True)


def _walks(states: States, shape: Shape, sort: Sort) -> list[Select[Any]]:
    """The walks that find between them what is asked for, each in the order of the listing."""
    index = _index_of(shape)
    if index is not None:
        return [_sorted(_found_by(states, index), shape, sort)]
    match sort:
        case Sort.ID_DESC:
            return _merged(states, first_states, "first", "first_other", shape, sort)
        case Sort.CREATED_DESC if "created" in states.fixed:
            return _merged(states, first_states, "first", "first_created", shape, sort)
        case Sort.UPDATED_DESC:
            return _merged(states, all_states, "updated", "updated_other", shape, sort)
        case _:
            return [_sorted(first_states(states, "key"), shape, sort)]


def _merged(
    states: States, walk: Callable[[States, str], Walk], index: str, other: str, shape: Shape, sort: Sort
) -> list[Select[Any]]:
    """The newest first: what is in order by position, and the others as they are sorted."""
    by_position = walk(states, index).in_order().newest(shape, _LIMIT + _OFFSET)
    return [by_position, _sorted(walk(states, other).not_in_order(), shape, sort)]


def _sorted(walk: Walk, shape: Shape, sort: Sort) -> Select[Any]:
    return walk.rows(shape).order_by(*order(walk.columns, sort))


def _found_by(states: States, column: str) -> Walk:
    """What an index of a column finds: first states, if it is the same in all of a stream."""
    if column == "id":
        return first_states(states)
    return (first_states if column in states.fixed else all_states)(states, column)


def _index_of(shape: Shape) -> str | None:
    """The column whose values are asked for, if there is an index of it: that finds less than a walk would."""
    asked = dict(shape).get("artifacts")
    if asked is None or asked.operator != "and_":
        return None
    parts = [part for part in asked.parts if isinstance(part, Joined)]
    named = {each.path[1] for part in parts for each in part.criteria() if each.path[2:] == ("any_",)}
    return next((column for column in ("id", "key", "flow_run_id", "task_run_id") if column in named), None)


def _with_data(states: States, rows: Any) -> Select[Any]:
    """Rows with the columns of the read model, each with the body that holds its data as one more."""
    holds_data = (EVENT_BODIES.c.log == rows.c.log) & (EVENT_BODIES.c.position == rows.c.data_position)
    columns = [rows.c[column.name] for column in states.projector.table.columns]
    return select(*columns, EVENT_BODIES.c.content).select_from(rows.outerjoin(EVENT_BODIES, holds_data))
