"""Reading assets: pages of the catalog and of materializations, and the lineage around an asset."""

from typing import TypeVar

from msgspec import Struct
from sqlalchemy import BindParameter, Select, Table, bindparam, select

from events.stores.sql import SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import Row, restored, storable
from projections.assets import ASSETS, EDGES, MATERIALIZATIONS, NAME, Asset, Edge, Materialization
from projections.checkpoints import is_served
from projections.rows import PLACE

LINEAGE_DEPTH_MAX = 20
"""How many steps of lineage one answer goes."""
LINEAGE_EDGES_MAX = 1_000
"""Edges in one direction of one answer."""

_BEYOND = "\U0010ffff"
"""Sorts behind all that a key may go on with."""

T = TypeVar("T", Asset, Materialization, Edge)


class Lineage(Struct, frozen=True):
    """The edges on one side of an asset, the nearest first, each with its distance in steps."""

    edges: tuple[tuple[int, Edge], ...]
    is_complete: bool
    """Whether nothing was left out because of the depth or the number of edges."""


async def list_assets(store: SqlStore, log: int, *, prefix: str, after: str, limit: int) -> list[Asset]:
    """Assets whose key starts with a text, by key in the order of its bytes. Raises StorageUnavailable."""
    stored = storable(prefix) or ""
    rows = await store.fetch(PAGE, log=log, prefix=stored, beyond=stored + _BEYOND, after=storable(after), limit=limit)
    return [_shown(Asset, row) for row in rows]


async def read_asset(store: SqlStore, log: int, key: str) -> Asset | None:
    rows = await store.fetch(ONE, log=log, key=storable(key))
    return _shown(Asset, rows[0]) if rows else None


async def list_materializations(
    store: SqlStore, log: int, key: str, *, before: int, limit: int
) -> list[Materialization]:
    """Materializations of an asset below a position, the newest first."""
    rows = await store.fetch(LATEST, log=log, asset=storable(key), before=before, limit=limit)
    return [_shown(Materialization, row) for row in rows]


async def upstream_of(store: SqlStore, log: int, key: str, *, depth: int) -> Lineage:
    """What an asset was made from, what that was made from, and so on."""
    return await _walk(store, log, key, depth, UPSTREAM, towards=0)


async def downstream_of(store: SqlStore, log: int, key: str, *, depth: int) -> Lineage:
    """What was made from an asset, what was made from that, and so on."""
    return await _walk(store, log, key, depth, DOWNSTREAM, towards=1)


async def _walk(store: SqlStore, log: int, key: str, depth: int, step: Statement, towards: int) -> Lineage:
    """Each asset is gone through once, so cycles end. `towards`: the edge's field that names the next asset."""
    edges: list[tuple[int, Edge]] = []
    passed = frontier = {storable(key) or ""}
    for distance in range(1, depth + 2):
        left = LINEAGE_EDGES_MAX - len(edges) if distance <= depth else 0
        rows = await store.fetch(step, log=log, keys=sorted(frontier), limit=left + 1)
        edges += [(distance, _shown(Edge, row)) for row in rows[:left]]
        if len(rows) > left:
            return Lineage(tuple(edges), is_complete=False)
        frontier = {row[towards] for row in rows} - passed
        passed = passed | frontier
    return Lineage(tuple(edges), is_complete=True)


def _shown(kind: type[T], row: Row) -> T:
    """A row as a value, its texts as they were before they were stored."""
    values: Row = tuple(restored(each) if isinstance(each, str) else each for each in row)
    return kind(*values)


def _served(table: Table) -> Select[Row]:
    """The rows that readers see, without log and generation."""
    return select(*list(table.columns)[PLACE:]).where(is_served(table, NAME))


_LIMIT: BindParameter[int] = bindparam("limit")

PAGE = Statement(
    _served(ASSETS)
    .where(ASSETS.c.key >= bindparam("prefix"), ASSETS.c.key < bindparam("beyond"), ASSETS.c.key > bindparam("after"))
    .order_by(ASSETS.c.key)
    .limit(_LIMIT),
    is_point_read=True,
)
ONE = Statement(_served(ASSETS).where(ASSETS.c.key == bindparam("key")), is_point_read=True)
LATEST = Statement(
    _served(MATERIALIZATIONS)
    .where(MATERIALIZATIONS.c.asset == bindparam("asset"), MATERIALIZATIONS.c.position < bindparam("before"))
    .order_by(MATERIALIZATIONS.c.position.desc())
    .limit(_LIMIT),
    is_point_read=True,
)
UPSTREAM = Statement(
    _served(EDGES).where(OneOf(EDGES.c.downstream, "keys")).order_by(EDGES.c.downstream, EDGES.c.upstream).limit(_LIMIT)
)
DOWNSTREAM = Statement(
    _served(EDGES).where(OneOf(EDGES.c.upstream, "keys")).order_by(EDGES.c.upstream, EDGES.c.downstream).limit(_LIMIT)
)
