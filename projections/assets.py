"""The projection `assets`: the assets that pipelines refer to and materialize, each materialization, and the lineage.

It folds Prefect's three asset events. An asset is known from the first event that names it, be it as the one that was
materialized or as one that it was made from. Metadata stays in the bodies: a materialization is named by its position.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from msgspec import Struct
from msgspec.structs import astuple, replace
from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from events.event import Labels, Micros, RecordedEvent
from events.filter import Kind
from events.stores.tables import BYTEWISE, METADATA, Row, storable
from projections.catch_up import Change

NAME = "assets"
REFERENCED = "prefect.asset.referenced"
SUCCEEDED = "prefect.asset.materialization.succeeded"
FAILED = "prefect.asset.materialization.failed"

KEY_BYTES_MAX = 1_024
"""Size of an asset's key as UTF-8. What is named with a longer one is in the log, and not among the assets."""

ASSETS = Table(
    "assets",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("key", BYTEWISE, primary_key=True),
    Column("name", Text),
    Column("description", Text),
    Column("url", Text),
    Column("owners", Text),
    Column("first_position", BigInteger, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("materialized_position", BigInteger),
    Column("materialized", BigInteger),
    Column("status", BYTEWISE),
    Column("referenced", BigInteger, nullable=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
)

MATERIALIZATIONS = Table(
    "asset_materializations",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("asset", BYTEWISE, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("occurred", BigInteger, nullable=False),
    Column("status", BYTEWISE, nullable=False),
    Column("flow_run_id", BYTEWISE),
    Column("task_run_id", BYTEWISE),
    Column("materialized_by", Text),
)

EDGES = Table(
    "asset_edges",
    METADATA,
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("upstream", BYTEWISE, primary_key=True),
    Column("downstream", BYTEWISE, primary_key=True),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Index("ix_asset_edges_downstream", "log", "generation", "downstream", "upstream"),
)

Status = Literal["succeeded", "failed"]

LABELS = {
    "prefect.resource.name": "name",
    "prefect.asset.description": "description",
    "prefect.asset.url": "url",
    "prefect.asset.owners": "owners",
}
"""What an event may say of an asset. What it does not say stays what it was."""


class Asset(Struct, frozen=True):
    """One asset. The fields are the table's columns behind log and generation, in order; so in the two below."""

    key: str
    name: str | None
    description: str | None
    url: str | None
    owners: str | None
    """JSON text, as it was sent."""
    first_position: int
    first_seen: Micros
    last_position: int
    last_seen: Micros
    materialized_position: int | None
    """Where it was last materialized, or should have been; likewise for the two below."""
    materialized: Micros | None
    status: Status | None
    referenced: int
    """How many events there were of each of the three kinds."""
    succeeded: int
    failed: int


class Materialization(Struct, frozen=True):
    """One materialization of an asset. Its metadata are the body at its position."""

    asset: str
    position: int
    occurred: Micros
    status: Status
    flow_run_id: str | None
    task_run_id: str | None
    materialized_by: str | None


class Edge(Struct, frozen=True):
    """An asset was made from another: from the first materialization that said so up to the last."""

    upstream: str
    downstream: str
    first_position: int
    last_position: int


class AssetProjector:
    """Folds the events of assets into the three tables."""

    name = NAME
    version = 1
    tables = (ASSETS, MATERIALIZATIONS, EDGES)
    kinds = Kind(name=[REFERENCED, SUCCEEDED, FAILED])
    reads_bodies = False

    def apply(self, placed: RecordedEvent) -> Sequence[Change]:
        resource = placed.event.resource
        key = asset_key(resource)
        if key is None:
            return ()
        if placed.event.kind == REFERENCED:
            return (_asset(key, placed, lambda asset: referenced(asset, key, resource, placed)),)
        upstream = {found: labels for labels in _related(placed, "asset") if (found := asset_key(labels))}
        upstream.pop(key, None)  # nothing is made from itself
        return (
            _asset(key, placed, lambda asset: materialized(asset, key, resource, placed)),
            Change(MATERIALIZATIONS, (key, placed.position), lambda _: astuple(materialization(key, placed))),
            *(
                _asset(each, placed, partial(seen, key=each, labels=labels, placed=placed))
                for each, labels in upstream.items()
            ),
            *(_edge(each, key, placed) for each in upstream),
        )


ASSET_PROJECTOR = AssetProjector()


def seen(asset: Asset | None, key: str, labels: Labels, placed: RecordedEvent) -> Asset:
    """The asset after an event that names it."""
    position, moment = placed.position, placed.event.occurred
    said = {field: storable(labels[label]) for label, field in LABELS.items() if label in labels}
    return replace(asset or _new(key, position, moment), last_position=position, last_seen=moment, **said)


def referenced(asset: Asset | None, key: str, labels: Labels, placed: RecordedEvent) -> Asset:
    after = seen(asset, key, labels, placed)
    return replace(after, referenced=after.referenced + 1)


def materialized(asset: Asset | None, key: str, labels: Labels, placed: RecordedEvent) -> Asset:
    """The asset after it was materialized, or should have been."""
    after = seen(asset, key, labels, placed)
    status = _status(placed)
    return replace(
        after,
        materialized_position=placed.position,
        materialized=placed.event.occurred,
        status=status,
        succeeded=after.succeeded + (status == "succeeded"),
        failed=after.failed + (status == "failed"),
    )


def materialization(key: str, placed: RecordedEvent) -> Materialization:
    return Materialization(
        asset=key,
        position=placed.position,
        occurred=placed.event.occurred,
        status=_status(placed),
        flow_run_id=_related_id(placed, "flow-run", "prefect.flow-run."),
        task_run_id=_related_id(placed, "task-run", "prefect.task-run."),
        materialized_by=_related_id(placed, "asset-materialized-by"),
    )


def joined(edge: Edge | None, upstream: str, downstream: str, placed: RecordedEvent) -> Edge:
    first = placed.position if edge is None else edge.first_position
    return Edge(upstream, downstream, first, placed.position)


def _new(key: str, position: int, moment: Micros) -> Asset:
    """An asset of which nothing else is known yet."""
    return Asset(key, None, None, None, None, position, moment, position, moment, None, None, None, 0, 0, 0)


def asset_key(labels: Labels) -> str | None:
    """The key of the asset that a resource is, in the form in which it is stored; None: it is too long for one."""
    id = labels.get("prefect.resource.id", "")
    return storable(id) if 0 < len(id.encode()) <= KEY_BYTES_MAX else None


def _asset(key: str, placed: RecordedEvent, after: Callable[[Asset | None], Asset]) -> Change:
    def fold(row: Row | None) -> Row:
        asset = None if row is None else Asset(*row)
        if asset is not None and asset.last_position >= placed.position:
            return astuple(asset)  # it has seen this event
        return astuple(after(asset))

    return Change(ASSETS, (key,), fold)


def _edge(upstream: str, downstream: str, placed: RecordedEvent) -> Change:
    def fold(row: Row | None) -> Row:
        return astuple(joined(None if row is None else Edge(*row), upstream, downstream, placed))

    return Change(EDGES, (upstream, downstream), fold)


def _status(placed: RecordedEvent) -> Status:
    return "succeeded" if placed.event.kind == SUCCEEDED else "failed"


def _related(placed: RecordedEvent, role: str) -> list[Labels]:
    return [labels for labels in placed.event.related if labels.get("prefect.resource.role") == role]


def _related_id(placed: RecordedEvent, role: str, prefix: str = "") -> str | None:
    """The id of the first related resource in a role, if there is one."""
    found = _related(placed, role)
    return storable(found[0].get("prefect.resource.id", "").removeprefix(prefix)) if found else None
