"""From filter objects to SQL. A listing's *shape* says which criteria it has; its statement is compiled once per shape.

A flow-run or task-run filter is answered from the run ids that the artifacts carry. What would need to know more
of a run is refused: a wrong answer would be worse.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, and_, bindparam, func, not_, or_, select, true

from events.stores.statement import OneOf, Statement
from events.stores.tables import storable
from projections.filters import ArtifactCount, CollectionCount, Criteria, Filter, Page, Sort
from projections.projector import LatestHeader

CriterionName = tuple[str, str]
"""A field and what is asked of it: `("key", "like_")`."""


class UnsupportedFilter(Exception):
    """The filter asks for what Digsite does not know of runs."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"Digsite does not know {field} of the runs behind its artifacts, so it cannot filter by it. "
            "Filter by flow_runs.id or task_runs.id."
        )
        self.field = field


class Group(Struct, frozen=True):
    """The shape of one filter object: for each field that is present, the criteria asked of it."""

    name: str
    operator: str
    fields: tuple[tuple[CriterionName, ...], ...]


class Question(Struct, frozen=True):
    """What a caller asks of a listing: its shape, and the values for it."""

    groups: tuple[Group, ...]
    values: dict[str, Any]


def question_of(filters: ArtifactCount | CollectionCount) -> Question:
    """Read the filter objects. Raises UnsupportedFilter."""
    if filters.deployments is not None:
        raise UnsupportedFilter("deployments")
    groups: list[Group] = []
    values: dict[str, Any] = {}
    for name in ("artifacts", "flow_runs", "task_runs", "flows"):
        filter_ = getattr(filters, name)
        if filter_ is not None:
            groups.append(_group(name, filter_, values))
    return Question(tuple(groups), values)


def _group(name: str, filter_: Filter, values: dict[str, Any]) -> Group:
    fields = []
    for field in type(filter_).model_fields:
        criteria = getattr(filter_, field)
        if isinstance(criteria, Criteria | Filter):
            fields.append(tuple(_criteria(name, field, criteria, values)))
    return Group(name, filter_.operator, tuple(fields))


def _criteria(group: str, field: str, criteria: Criteria | Filter, values: dict[str, Any]) -> list[CriterionName]:
    names = []
    for criterion in type(criteria).model_fields:
        value = getattr(criteria, criterion)
        if criterion == "operator" or value is None or (criterion in _EMPTY_IS_NONE and not value):
            continue
        name = f"exists_{value}" if criterion == "exists_" else criterion
        if (group, field, name) not in CLAUSES:
            raise UnsupportedFilter(f"{group}.{field}")
        values[f"{group}_{field}_{name}"] = _value(name, value)
        names.append((field, name))
    return names


def _value(criterion: str, value: Any) -> Any:
    if criterion == "like_":
        pattern = value.lower().replace("\\", "\\\\")  # a backslash escapes in one database and not in the other
        return storable(f"%{pattern}%")
    if isinstance(value, list):
        return [storable(str(each)) for each in value]
    return value


_EMPTY_IS_NONE = ("like_", "not_any_")
"""Criteria that ask for nothing when they are empty."""

Clause = Callable[[Table, str], ColumnElement[bool]]

CLAUSES: dict[tuple[str, str, str], Clause] = {
    ("artifacts", "id", "any_"): lambda t, p: OneOf(t.c.id, p),
    ("artifacts", "latest_id", "any_"): lambda t, p: OneOf(t.c.latest_id, p),
    ("artifacts", "key", "any_"): lambda t, p: OneOf(t.c.key, p),
    ("artifacts", "key", "like_"): lambda t, p: t.c.key.like(bindparam(p)),
    ("artifacts", "key", "exists_True"): lambda t, p: t.c.key.is_not(None),
    ("artifacts", "key", "exists_False"): lambda t, p: t.c.key.is_(None),
    ("artifacts", "flow_run_id", "any_"): lambda t, p: OneOf(t.c.flow_run_id, p),
    ("artifacts", "task_run_id", "any_"): lambda t, p: OneOf(t.c.task_run_id, p),
    ("artifacts", "type", "any_"): lambda t, p: OneOf(t.c.type, p),
    ("artifacts", "type", "not_any_"): lambda t, p: or_(t.c.type.is_(None), not_(OneOf(t.c.type, p))),
    ("flow_runs", "id", "any_"): lambda t, p: OneOf(t.c.flow_run_id, p),
    ("flow_runs", "id", "not_any_"): lambda t, p: not_(OneOf(t.c.flow_run_id, p)),
    ("task_runs", "id", "any_"): lambda t, p: OneOf(t.c.task_run_id, p),
}
"""What each criterion means: from a table and the name of its parameter to a clause."""

RUN_COLUMN = {"flow_runs": "flow_run_id", "flows": "flow_run_id", "task_runs": "task_run_id"}
"""A filter on runs, even an empty one, leaves out what no run wrote."""


@lru_cache(maxsize=512)
def page_statement(projector: LatestHeader, groups: tuple[Group, ...], sort: Sort) -> Statement:
    """Rows of a read model and the bodies of their data, with the parameters `limit` and `offset`."""
    table = projector.table
    query = projector.with_data().where(_where(table, groups)).order_by(*_order(table, sort))
    return Statement(
        query.limit(bindparam("limit")).offset(bindparam("offset")),
        is_point_read=_is_bounded(groups, sort),
    )


@lru_cache(maxsize=512)
def count_statement(projector: LatestHeader, groups: tuple[Group, ...]) -> Statement:
    table = projector.table
    return Statement(select(func.count()).select_from(table).where(_where(table, groups)))


def sort_of(page: Page) -> Sort:
    return page.sort or Sort.ID_DESC


def _is_bounded(groups: tuple[Group, ...], sort: Sort) -> bool:
    """Whether an index gives the page without looking at rows that are not on it."""
    return not groups and sort is not Sort.KEY_DESC


def _where(table: Table, groups: tuple[Group, ...]) -> ColumnElement[bool]:
    clauses: list[ColumnElement[bool]] = [table.c.log == bindparam("log")]
    for group in groups:
        if group.name in RUN_COLUMN:
            clauses.append(table.c[RUN_COLUMN[group.name]].is_not(None))
        clauses.append(_joined(table, group))
    return and_(*clauses)


def _joined(table: Table, group: Group) -> ColumnElement[bool]:
    fields = [
        and_(
            true(),
            *(
                CLAUSES[(group.name, field, criterion)](table, f"{group.name}_{field}_{criterion}")
                for field, criterion in criteria
            ),
        )
        for criteria in group.fields
    ]
    if not fields:
        return true()
    return or_(*fields) if group.operator == "or_" else and_(*fields)


def _order(table: Table, sort: Sort) -> list[ColumnElement[Any]]:
    newest = table.c.id.desc()
    match sort:
        case Sort.ID_DESC:
            return [newest]
        case Sort.CREATED_DESC:
            return [table.c.created.desc(), newest]
        case Sort.UPDATED_DESC:
            return [table.c.updated.desc(), newest]
        case Sort.KEY_ASC:
            return [table.c.key.asc().nulls_first(), newest]
        case Sort.KEY_DESC:
            return [table.c.key.desc().nulls_last(), newest]
