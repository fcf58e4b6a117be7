"""The rows of the projection `runs`, and what an event says of one of them.

What an event says holds as of a moment. Events come late and in any order, so each group of columns keeps the moment
of what it shows, and only what is as new or newer replaces it: whatever the order, the rows come out the same.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import Table

from events.event import Micros
from events.stores.tables import Row
from projections.rows import PLACE


class FlowRun(Struct, frozen=True):
    """A flow run. The fields are the table's columns behind log and generation, in order; so in the three below."""

    id: str
    name: str | None
    named: Micros | None
    """As of when the name is known."""
    flow_id: str | None
    deployment_id: str | None
    work_queue_id: str | None
    work_queue_name: str | None
    work_pool_id: str | None
    work_pool_name: str | None
    parent_task_run_id: str | None
    told: Micros | None
    """As of when it is known to what the run belongs: its flow up to its parent."""
    state_type: str | None
    state_name: str | None
    state_timestamp: Micros | None
    run_count: int | None
    end_time: Micros | None
    next_scheduled_start_time: Micros | None
    """Known while the run is in the state that it was observed in."""
    start_time: Micros | None
    """The earliest that is known."""
    tags: str | None
    """The run's own, a JSON array; null as long as they are not known. Only an observation says them."""
    flow_version: str | None
    idempotency_key: str | None
    created_by_id: str | None
    created_by_type: str | None
    expected_start_time: Micros | None
    observed: Micros | None
    """As of when it was observed."""


class TaskRun(Struct, frozen=True):
    id: str
    name: str | None
    flow_run_id: str | None
    state_type: str | None
    state_name: str | None
    state_timestamp: Micros | None
    run_count: int | None
    tags: str | None
    task_key: str | None
    expected_start_time: Micros | None
    start_time: Micros | None
    end_time: Micros | None
    described: Micros | None
    """As of when its tags up to its end are known: they stand in bodies, which may be erased."""


class Flow(Struct, frozen=True):
    id: str
    name: str | None
    named: Micros | None
    tags: str | None
    described: Micros | None
    deleted: Micros | None


class Deployment(Struct, frozen=True):
    id: str
    name: str | None
    named: Micros | None
    flow_id: str | None
    work_queue_name: str | None
    tags: str | None
    paused: int | None
    observed: Micros | None
    deleted: Micros | None


class Said(Struct, frozen=True):
    """What an event says of one row: values that belong together, and as of when they hold."""

    table: Table
    id: str
    as_of: str
    """The column that keeps the moment."""
    moment: Micros
    values: dict[str, Any] = {}
    yields: bool = False
    """To what is known as of the same moment."""
    is_first: bool = False
    """The earliest moment is kept, not the latest."""


def after(said: Said, row: Row | None) -> Row:
    """The row after something was said of it. Pure."""
    columns = [column.name for column in list(said.table.columns)[PLACE:]]
    known = dict.fromkeys(columns) if row is None else dict(zip(columns, row, strict=True))
    known["id"] = said.id
    if _counts(said, known[said.as_of]):
        known |= said.values
        known[said.as_of] = said.moment
    return tuple(known.values())


def _counts(said: Said, before: Micros | None) -> bool:
    if before is None:
        return True
    if said.is_first:
        return said.moment < before
    return said.moment > before or (said.moment == before and not said.yields)
