"""The answers about assets and projections, for the docs."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

Status = Literal["succeeded", "failed"]

_MOMENT = "2026-11-21T08:54:05.770641Z"
_LAST: JsonDict = {"position": 12, "occurred": _MOMENT, "status": "succeeded"}
_MATERIALIZATION: JsonDict = {
    **_LAST,
    "flow_run_id": "01a1fd4f-9c11-7d52-a0b1-2c3d4e5f6071",
    "task_run_id": "01a1fd4f-a3c8-7b63-91c2-3d4e5f607182",
    "materialized_by": "dbt",
    "metadata": {"rows": 1200},
}
_ASSET: JsonDict = {
    "key": "s3://lake/daily/report.parquet",
    "name": "Daily report",
    "description": "What was sold each day",
    "url": "https://lake.example/daily/report",
    "owners": ["data@example.com"],
    "first_position": 3,
    "first_seen": _MOMENT,
    "last_position": 12,
    "last_seen": _MOMENT,
    "last_materialization": _LAST,
    "referenced": 1,
    "succeeded": 2,
    "failed": 0,
}
_EDGE: JsonDict = {
    "upstream": "s3://lake/raw/orders",
    "downstream": "s3://lake/daily/report.parquet",
    "distance": 1,
    "first_position": 3,
    "last_position": 12,
}
_PROJECTION: JsonDict = {
    "log": "default",
    "projection": "assets",
    "generation": 1,
    "version": 1,
    "position": 1200,
    "head": 1204,
    "lag": 4,
    "serving": True,
    "owner": "file",
    "error": None,
}


class LastMaterialization(BaseModel):
    """When and where an asset was last materialized, or should have been."""

    position: int
    occurred: datetime
    status: Status


class Asset(BaseModel):
    """An asset, as the events that name it have left it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASSET]})

    key: str
    name: str | None
    description: str | None
    url: str | None
    owners: list[Any] = Field(description="As they were sent.")
    first_position: int
    first_seen: datetime
    last_position: int
    last_seen: datetime
    last_materialization: LastMaterialization | None
    referenced: int = Field(description="How many events referred to it.")
    succeeded: int = Field(description="How many materializations succeeded.")
    failed: int


class Materialization(LastMaterialization):
    """One materialization of an asset."""

    flow_run_id: str | None
    task_run_id: str | None
    materialized_by: str | None
    metadata: Any = Field(description="As the pipeline sent it.")


class AssetWithMaterializations(Asset):
    """An asset with a page of its materializations, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_ASSET, "materializations": [_MATERIALIZATION]}]})

    materializations: list[Materialization]


class Edge(BaseModel):
    """`downstream` was made from `upstream`; `distance` steps from the asset that was asked for."""

    upstream: str
    downstream: str
    distance: int
    first_position: int
    last_position: int


class Lineage(BaseModel):
    """What an asset was made from, and what was made from it, the nearest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"key": _ASSET["key"], "upstream": [_EDGE], "downstream": [], "is_complete": True}]
        }
    )

    key: str
    upstream: list[Edge]
    downstream: list[Edge]
    is_complete: bool = Field(description="Whether nothing was left out because of the depth or the number of edges.")


class Projection(BaseModel):
    """How far one generation of a catch-up projection has come."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROJECTION]})

    log: str
    projection: str
    generation: int
    version: int
    position: int
    head: int
    lag: int = Field(description="Events of the log that it has not folded yet.")
    serving: bool
    owner: str
    error: str | None
