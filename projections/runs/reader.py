"""Reading runs: what is known of one flow run, and of what it belongs to."""

import json
from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Select, Table, and_, bindparam, exists, or_, select, union_all

from events.stores.sql import SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import Row, restored
from projections.checkpoints import is_served
from projections.runs.tables import DEPLOYMENTS, FLOW_RUNS, FLOWS, NAME, TASK_RUNS

_RUN = FLOW_RUNS.c


class Named(Struct, frozen=True):
    """Something that has an id, mostly a name, and perhaps tags."""

    id: str
    name: str | None
    tags: tuple[str, ...] = ()


class KnownRun(Struct, frozen=True):
    """A flow run with what it belongs to. `is_observed`: its own tags are known."""

    run: Named
    flow: Named | None
    deployment: Named | None
    work_queue: Named | None
    work_pool: Named | None
    is_observed: bool


async def has_runs(store: SqlStore, log: int) -> bool:
    """Whether the log has heard of any. Raises StorageUnavailable."""
    [(found,)] = await store.fetch(ANY, log=log)
    return bool(found)


async def find_flow_run(store: SqlStore, log: int, id: str) -> KnownRun | None:
    """What the projection knows of it. Raises StorageUnavailable."""
    rows = await store.fetch(FLOW_RUN, log=log, id=id)
    return _known(rows[0]) if rows else None


async def names_of(store: SqlStore, log: int, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of flow runs and task runs, by id, as far as they are known. Raises StorageUnavailable."""
    wanted = [each for each in set(ids) if each is not None]
    rows = await store.fetch(NAMES, log=log, ids=wanted) if wanted else []
    return {id: restored(name) or "" for id, name in rows}


def tags_of(text: str | None) -> tuple[str, ...]:
    """Tags as they were before they were stored."""
    return () if text is None else tuple(restored(tag) or "" for tag in json.loads(text))


def _known(row: Row) -> KnownRun:
    run, flow, deployment = _named(*row[:3]), _named(*row[3:6]), _named(*row[6:9])
    assert run is not None
    return KnownRun(run, flow, deployment, _named(*row[9:11]), _named(*row[11:13]), row[13] is not None)


def _named(id: str | None, name: str | None, tags: str | None = None) -> Named | None:
    return None if id is None else Named(id, restored(name), tags_of(tags))


FLOW_RUN = Statement(
    select(
        *(_RUN.id, _RUN.name, _RUN.tags),
        *(_RUN.flow_id, FLOWS.c.name, FLOWS.c.tags),
        *(_RUN.deployment_id, DEPLOYMENTS.c.name, DEPLOYMENTS.c.tags),
        *(_RUN.work_queue_id, _RUN.work_queue_name),
        *(_RUN.work_pool_id, _RUN.work_pool_name),
        _RUN.observed,
    )
    .select_from(
        FLOW_RUNS.outerjoin(
            FLOWS, and_(FLOWS.c.log == _RUN.log, FLOWS.c.generation == _RUN.generation, FLOWS.c.id == _RUN.flow_id)
        ).outerjoin(
            DEPLOYMENTS,
            and_(
                DEPLOYMENTS.c.log == _RUN.log,
                DEPLOYMENTS.c.generation == _RUN.generation,
                DEPLOYMENTS.c.id == _RUN.deployment_id,
            ),
        )
    )
    .where(is_served(FLOW_RUNS, NAME), _RUN.id == bindparam("id")),
    is_point_read=True,
)
ANY = Statement(
    select(
        or_(
            exists(select(FLOW_RUNS.c.id).where(is_served(FLOW_RUNS, NAME))),
            exists(select(TASK_RUNS.c.id).where(is_served(TASK_RUNS, NAME))),
        )
    ),
    is_point_read=True,
)


def _names_in(runs: Table) -> Select[Row]:
    return select(runs.c.id, runs.c.name).where(
        is_served(runs, NAME), OneOf(runs.c.id, "ids"), runs.c.name.is_not(None)
    )


NAMES = Statement(union_all(_names_in(FLOW_RUNS), _names_in(TASK_RUNS)), is_point_read=True)
