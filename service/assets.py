"""Assets: what the API tells of them, from the projection that follows the log. Answers are JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import asdict

from events.clock import as_text
from events.stores.sql import SqlStore
from projections.asset_reader import (
    Lineage,
    downstream_of,
    list_assets,
    list_materializations,
    read_asset,
    upstream_of,
)
from projections.assets import NAME, Asset, Materialization
from projections.runner import Runner
from service.artifacts import InvalidLimit
from service.read import Read
from service.settings import Settings

MATERIALIZATIONS_SHOWN = 10
"""Materializations of an asset in one answer, unless more are asked for: each brings its metadata."""

_encode = msgspec.json.Encoder().encode


class AssetNotFound(Exception):
    """No event of the log names such an asset."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no asset {key!r}. Its key goes into the path percent-encoded, slashes too.")
        self.key = key


class Assets:
    """The queries of the API. All raise ProjectionBehind, if what is served does not reach `wanted` in time."""

    def __init__(self, store: SqlStore, runner: Runner, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._settings = settings

    async def list(self, log: str, *, prefix: str, after: str, limit: int | None, wanted: int) -> Read:
        """A page of assets by key. Raises InvalidLimit."""
        limit = self._limit(limit, self._settings.max_page)
        number, position = await self._reached(log, wanted)
        assets = await list_assets(self._store, number, prefix=prefix, after=after, limit=limit)
        return _read([shown(each) for each in assets], position)

    async def read(self, log: str, key: str, *, before: int, limit: int | None, wanted: int) -> Read:
        """One asset with a page of its materializations. Raises AssetNotFound, InvalidLimit."""
        limit = self._limit(limit, min(MATERIALIZATIONS_SHOWN, self._settings.max_page))
        number, position = await self._reached(log, wanted)
        asset = await read_asset(self._store, number, key)
        if asset is None:
            raise AssetNotFound(key)
        page = await list_materializations(self._store, number, key, before=before, limit=limit)
        metadata = await self._store.bodies(log, [each.position for each in page])
        return _read(shown(asset) | {"materializations": [materialization(each, metadata) for each in page]}, position)

    async def lineage(self, log: str, key: str, *, depth: int, wanted: int) -> Read:
        """What an asset was made from, and what was made from it. Raises AssetNotFound."""
        number, position = await self._reached(log, wanted)
        if await read_asset(self._store, number, key) is None:
            raise AssetNotFound(key)
        upstream = await upstream_of(self._store, number, key, depth=depth)
        downstream = await downstream_of(self._store, number, key, depth=depth)
        is_complete = upstream.is_complete and downstream.is_complete
        sides = {"upstream": edges(upstream), "downstream": edges(downstream)}
        return _read({"key": key, **sides, "is_complete": is_complete}, position)

    async def _reached(self, log: str, wanted: int) -> tuple[int, int]:
        """The log's number, and the position that the projection serves, before what is read next."""
        position = await self._runner.wait_for(log, NAME, wanted, self._settings.wait_timeout_s)
        return await self._store.log_number(log), position

    def _limit(self, limit: int | None, default: int) -> int:
        limit = default if limit is None else limit
        if not 0 <= limit <= self._settings.max_page:
            raise InvalidLimit(limit, self._settings.max_page)
        return limit


def shown(asset: Asset) -> dict[str, Any]:
    last = asset.materialized_position and {
        "position": asset.materialized_position,
        "occurred": as_text(asset.materialized or 0),
        "status": asset.status,
    }
    return {
        "key": asset.key,
        "name": asset.name,
        "description": asset.description,
        "url": asset.url,
        "owners": owners(asset.owners),
        "first_position": asset.first_position,
        "first_seen": as_text(asset.first_seen),
        "last_position": asset.last_position,
        "last_seen": as_text(asset.last_seen),
        "last_materialization": last,
        "referenced": asset.referenced,
        "succeeded": asset.succeeded,
        "failed": asset.failed,
    }


def owners(text: str | None) -> list[Any]:
    """The list that the label holds as JSON; if it holds something else, that alone."""
    if text is None:
        return []
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        found = text
    return found if isinstance(found, list) else [found]


def materialization(each: Materialization, metadata: Mapping[int, str]) -> dict[str, Any]:
    """One materialization. Its metadata go out as they came in."""
    return {
        "position": each.position,
        "occurred": as_text(each.occurred),
        "status": each.status,
        "flow_run_id": each.flow_run_id,
        "task_run_id": each.task_run_id,
        "materialized_by": each.materialized_by,
        "metadata": Raw(metadata.get(each.position, "{}").encode()),
    }


def edges(side: Lineage) -> list[dict[str, Any]]:
    return [{**asdict(edge), "distance": distance} for distance, edge in side.edges]


def _read(answer: Any, position: int) -> Read:
    return Read(_encode(answer).decode(), position)
