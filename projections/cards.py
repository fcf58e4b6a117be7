"""Cards: what there is, one row per key or per artifact without one, with what a list shows and is asked by.

    what there is, now or at :as_of ─► the event that wrote it, its run, its flow ─► filters ─► counts, or a page

Content is looked at only to tell a link from other Markdown, and a progress that is under way from one that is done.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from events.event import Micros
from events.stores.statement import OneOf, PlaceOf, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, Row, restored
from projections.artifacts import ARTIFACTS
from projections.checkpoints import is_served
from projections.collections import COLLECTIONS
from projections.history import ARTIFACT_STATES, COLLECTION_STATES
from projections.history.states import NAME as HISTORY
from projections.history.states import is_first
from projections.history.walk import first_states
from projections.runs.tables import FLOW_RUNS, FLOWS, TASK_RUNS
from projections.runs.tables import NAME as RUNS

LINK_CHARS_MAX = 4_096
"""Of a body, in which a link is looked for."""
SEARCHED_CHARS_MAX = 4_096
"""Of a body, in which words are looked for."""
UNTYPED = "untyped"
"""How what was published without a type is called where it is counted and asked for."""

Filter: TypeAlias = Literal["q", "type", "flow", "writer", "updated"]
FILTERS: tuple[Filter, ...] = ("q", "type", "flow", "writer", "updated")
SORTS = ("updated", "created", "key", "type", "versions")
_COLUMNS = {"type": "shown", "versions": "key"}
"""By which columns a list is sorted, where they have other names. Without keys, all have one version."""

_LOG, _AS_OF = bindparam("log", type_=Integer()), bindparam("as_of", type_=BigInteger())
_DATA = '{"data":'
"""How a body begins."""


class Listed(Struct, frozen=True):
    """Which list is meant: the keys or the artifacts without one, as they are or were, and what it is asked by."""

    unnamed: bool
    past: bool
    filters: tuple[Filter, ...]
    """By the parameters `:q` (a pattern), `:type`, `:flow`, `:writer` (lists), `:updated` (a moment)."""


class CardRow(Struct, frozen=True):
    """A row of a page. The fields are the columns of `page`, in order."""

    key: str | None
    artifact_id: str
    type: str | None
    created: Micros
    updated: Micros
    position: int
    """Where it was last changed."""
    data_position: int
    description_position: int
    flow_run_id: str | None
    task_run_id: str | None
    actor: str | None
    flow_run_name: str | None
    flow_name: str | None
    task_run_name: str | None
    versions: int
    """Artifacts that the key has had."""
    number: int
    """Which of them the latest is, from 1."""

    @classmethod
    def from_row(cls, row: Row) -> "CardRow":
        values: list[Any] = [restored(each) if isinstance(each, str) else each for each in row]
        return cls(*values)


@lru_cache(maxsize=128)
def page(listed: Listed, sort: str, *, descending: bool) -> Statement:
    """`:limit` cards from `:offset` on. Equal ones are by key, then by id."""
    cards = _cards(listed)
    by = _versions(cards, _AS_OF) if sort == "versions" and not listed.unnamed else cards.c[_COLUMNS.get(sort, sort)]
    limit, offset = (bindparam(name, type_=Integer()) for name in ("limit", "offset"))
    picked = (
        select(cards, by.label("by"))
        .where(_matching(cards, listed.filters))
        .order_by(*_order(by, cards, descending=descending))
        .limit(limit)
        .offset(offset)
        .subquery("picked")
    )
    numbers = (
        (literal(1), literal(1)) if listed.unnamed else (_versions(picked, _AS_OF), _versions(picked, _began(picked)))
    )
    columns = [picked.c[name] for name in CardRow.__struct_fields__[:-2]]
    return Statement(select(*columns, *numbers).order_by(*_order(picked.c.by, picked, descending=descending)))


def _order(by: ColumnElement[Any], cards: FromClause, *, descending: bool) -> list[ColumnElement[Any]]:
    return [by.desc() if descending else by.asc(), cards.c.key.asc(), cards.c.artifact_id.desc()]


@lru_cache(maxsize=64)
def counts(listed: Listed) -> Statement:
    """Rows of a name, a value and how many cards: see `service.cards`. Takes `:hour` and `:day`, moments, as well."""
    cards, asked = _cards(listed), listed.filters
    counted = [
        _count(cards, "total", _matching(cards, asked)),
        _count(cards, "keys", true()),
        _count(cards, "running", and_(cards.c.running == 1, cards.c.updated >= _moment("day"))),
        _count(cards, "changed_last_hour", cards.c.updated >= _moment("hour")),
        _by(cards, "types", cards.c.shown, _others(asked, "type")),
        _by(cards, "flows", cards.c.flow_name, _others(asked, "flow")),
        _by(cards, "writers", cards.c.actor, _others(asked, "writer")),
        *(_count(cards, "without", _matching(cards, _others(asked, each)), each) for each in asked),
    ]
    return Statement(union_all(*counted))


def _count(cards: CTE, name: str, condition: ColumnElement[bool], value: str | None = None) -> Select[Any]:
    return select(_word(name), _word(value), func.count()).select_from(cards).where(condition)


def _by(cards: CTE, name: str, column: ColumnElement[Any], filters: Collection[Filter]) -> Select[Any]:
    return (
        select(_word(name), column, func.count()).where(column.is_not(None), _matching(cards, filters)).group_by(column)
    )


def _word(text: str | None) -> ColumnElement[Any]:
    """A text that is part of the statement."""
    return null() if text is None else literal_column(f"'{text}'")


def _others(filters: Collection[Filter], name: Filter) -> list[Filter]:
    return [each for each in filters if each != name]


def _matching(cards: CTE, filters: Collection[Filter]) -> ColumnElement[bool]:
    asked: dict[Filter, ColumnElement[bool]] = {
        "type": OneOf(cards.c.shown, "type"),
        "flow": OneOf(cards.c.flow_name, "flow"),
        "writer": OneOf(cards.c.actor, "writer"),
        "updated": cards.c.updated >= _moment("updated"),
    }
    if "q" in filters:
        asked["q"] = cards.c.found == 1
    return and_(true(), *(asked[each] for each in filters))


def _moment(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger())


def _cards(listed: Listed) -> CTE:
    there = _there(listed)
    body, event, run, task_run, flow = EVENT_BODIES, EVENTS, FLOW_RUNS, TASK_RUNS, FLOWS
    content = body.c.content
    source = (
        there.outerjoin(body, and_(body.c.log == _LOG, body.c.position == there.c.data_position))
        .outerjoin(event, and_(event.c.log == _LOG, event.c.position == there.c.position))
        .outerjoin(run, and_(is_served(run, RUNS), run.c.id == there.c.flow_run_id))
        .outerjoin(task_run, and_(is_served(task_run, RUNS), task_run.c.id == there.c.task_run_id))
        .outerjoin(
            flow, and_(flow.c.log == run.c.log, flow.c.generation == run.c.generation, flow.c.id == run.c.flow_id)
        )
    )
    searched = (there.c.key, run.c.name, flow.c.name, task_run.c.name, event.c.actor)
    columns = [
        *there.c,
        event.c.actor,
        run.c.name.label("flow_run_name"),
        flow.c.name.label("flow_name"),
        task_run.c.name.label("task_run_name"),
        _shown(there.c.type, content).label("shown"),
        case((and_(there.c.type == "progress", _is_under_way(content)), 1), else_=0).label("running"),
    ]
    if "q" in listed.filters:
        beginning = func.substr(content, len(_DATA) + 1, SEARCHED_CHARS_MAX)
        found = or_(*(_like(column) for column in (*searched, beginning)))
        columns.append(case((found, 1), else_=0).label("found"))
    return select(*columns).select_from(source).cte("cards").prefix_with("MATERIALIZED")


def _there(listed: Listed) -> FromClause:
    """What there is, before anything is asked of it."""
    states = ARTIFACT_STATES if listed.unnamed else COLLECTION_STATES
    if listed.past:
        walk = first_states(states, "key")
        rows = walk.rows(()).where(walk.columns.key.is_(None)) if listed.unnamed else walk.rows(())
    else:
        table = (ARTIFACTS if listed.unnamed else COLLECTIONS).table
        rows = select(table).where(table.c.log == _LOG)
        rows = rows.where(table.c.key.is_(None)) if listed.unnamed else rows
    all_ = rows.subquery("all_there").c
    artifact_id = (all_.id if listed.unnamed else all_.latest_id).label("artifact_id")
    names = CardRow.__struct_fields__[2:10]
    return select(all_.key, artifact_id, *(all_[name] for name in names)).subquery("there")


def _versions(cards: FromClause, upto: ColumnElement[int]) -> ColumnElement[int]:
    """How many artifacts a key has had up to a position."""
    each = ARTIFACT_STATES.table.alias("each")
    return (
        select(func.count())
        .select_from(each)
        .where(is_served(each, HISTORY), is_first(each.c), each.c.key == cards.c.key, each.c.position <= upto)
        .with_hint(each, f"INDEXED BY ix_{ARTIFACT_STATES.table.name}_key", "sqlite")
        .correlate(cards)
        .scalar_subquery()
    )


def _began(cards: FromClause) -> ColumnElement[int]:
    """Where an artifact began."""
    first = ARTIFACT_STATES.table.alias("first")
    return (
        select(func.min(first.c.position))
        .where(is_served(first, HISTORY), first.c.id == cards.c.artifact_id)
        .correlate(cards)
        .scalar_subquery()
    )


def _shown(type: ColumnElement[Any], content: ColumnElement[Any]) -> ColumnElement[Any]:
    """The type, but of Markdown that is a link: `link`."""
    return case(
        (and_(type == "markdown", _is_link(func.substr(content, 1, LINK_CHARS_MAX))), literal_column("'link'")),
        (type.is_(None), literal_column(f"'{UNTYPED}'")),
        else_=type,
    )


def _is_link(body: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the data is `"[text](url)"` and nothing else: what `service.comparing.link` says of the text itself."""
    text_at = len(_DATA) + 3
    middle, end = PlaceOf(body, "]("), PlaceOf(body, ')"')
    text = func.substr(body, text_at, middle - text_at)
    url = func.substr(body, middle + 2, end - middle - 2)
    is_whole = [
        func.substr(body, 1, text_at - 1) == _DATA + '"[',
        middle >= text_at,
        end > middle + 2,
    ]
    without = [
        *(PlaceOf(text, each) == 0 for each in "[]"),
        PlaceOf(func.replace(text, '\\"', ""), '"') == 0,
        *(PlaceOf(url, each) == 0 for each in ' "\\'),
        func.length(func.replace(url, "(", "")) == func.length(func.replace(url, ")", "")),
    ]
    return case((and_(*is_whole), case((and_(*without), 1), else_=0)), else_=0) == 1


def _is_under_way(content: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the data is a number, and not 100."""
    number_at = len(_DATA) + 1
    is_done = or_(*(func.substr(content, number_at, 4) == f"100{end}" for end in ".,}"))
    return and_(func.substr(content, number_at, 1).between("0", "9"), ~is_done)


def _like(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.ilike(bindparam("q"), escape="\\")
