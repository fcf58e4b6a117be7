"""Examples of Prefect's asset events, and what of an asset's read model is asked over and over."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select

from events.event import Event, RecordedEvent
from events.store import Append
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import Row
from events.streams import StreamId
from events.testing import an_event
from projections.assets import FAILED, REFERENCED, SUCCEEDED
from projections.catch_up import CatchUpProjector, EventProjector
from projections.catch_up import fold as fold_rows
from projections.checkpoints import serving
from projections.rows import PLACE

RAW, CLEAN, REPORT = "s3://lake/raw", "s3://lake/clean", "s3://lake/report"
FLOW_RUN = "7ffe0d5c-6f3a-4f0e-9f57-0b9b6f6a1f10"
TASK_RUN = "01a1fd4f-a3c8-7b63-91c2-3d4e5f607182"
RUN = (
    {"prefect.resource.id": f"prefect.flow-run.{FLOW_RUN}", "prefect.resource.role": "flow-run"},
    {"prefect.resource.id": f"prefect.task-run.{TASK_RUN}", "prefect.resource.role": "task-run"},
)

Model = dict[str, dict[Row, Row | None]]
"""Rows by key by table."""


def reference(key: str, **labels: str) -> Event:
    return _event(REFERENCED, key, labels, RUN, None)


def success(key: str, *upstream: str, metadata: Any = None, by: str | None = None, **labels: str) -> Event:
    return _event(SUCCEEDED, key, labels, _related(upstream, by), metadata)


def failure(key: str, *upstream: str, metadata: Any = None, by: str | None = None, **labels: str) -> Event:
    return _event(FAILED, key, labels, _related(upstream, by), metadata)


def _event(kind: str, key: str, labels: dict[str, str], related: tuple[dict[str, str], ...], metadata: Any) -> Event:
    """`labels` by their last word: `name`, `description`, `url`, `owners`."""
    full = {("prefect.resource." if word == "name" else "prefect.asset.") + word: said for word, said in labels.items()}
    content = None if metadata is None else json.dumps(metadata)
    return an_event(kind=kind, resource={"prefect.resource.id": key, **full}, related=related, content=content)


def _related(upstream: Sequence[str], by: str | None) -> tuple[dict[str, str], ...]:
    assets = tuple({"prefect.resource.id": each, "prefect.resource.role": "asset"} for each in upstream)
    made_by = ({"prefect.resource.id": by, "prefect.resource.role": "asset-materialized-by"},) if by else ()
    return (*assets, *made_by, *RUN)


async def recorded(store: SqlStore, *events: Event, log: str = "default") -> list[RecordedEvent]:
    """Append events as those from outside are."""
    return await store.append(
        log, *(Append(StreamId("resource", each.resource["prefect.resource.id"]), (each,)) for each in events)
    )


def placed(events: Sequence[Event]) -> list[RecordedEvent]:
    """Events as if they were a log of their own."""
    return [
        RecordedEvent(
            event=event,
            log="default",
            position=position,
            stream=StreamId("resource", event.resource["prefect.resource.id"]),
            version=1,
            recorded=event.occurred,
            labels_salt=None,
            labels_commitment=b"",
            commitment=None,
            hash=b"",
        )
        for position, event in enumerate(events, 1)
    ]


def folded(projector: EventProjector, events: Sequence[RecordedEvent], model: Model | None = None) -> Model:
    """The model after events, in memory."""
    before = model or {table.name: {} for table in projector.tables}
    changes = [change for each in events for change in projector.apply(each)]
    return {
        table.name: fold_rows(
            {key: row for key, row in before[table.name].items() if row is not None},
            [change for change in changes if change.table is table],
        )
        for table in projector.tables
    }


async def served(store: SqlStore, projector: CatchUpProjector, log: str = "default") -> Model:
    """The model that readers see."""
    number = await store.log_number(log)
    checkpoint = await serving(store, number, projector.name)
    assert checkpoint is not None
    return {table.name: await rows_of(store, table, number, checkpoint.generation) for table in projector.tables}


async def rows_of(store: SqlStore, table: Table, number: int, generation: int) -> dict[Row, Row | None]:
    """The rows of one generation, without log and generation, by their keys."""
    columns, keys = list(table.columns)[PLACE:], len(list(table.primary_key)) - PLACE
    query = select(*columns).where(table.c.log == number, table.c.generation == generation)
    return {tuple(row)[:keys]: tuple(row) for row in await store.fetch(Statement(query))}
