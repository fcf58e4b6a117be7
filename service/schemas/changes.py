"""The answers about what changed, for the docs."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from service.schemas.diffs import (
    DescriptionDiff,
    ImageDiff,
    LinkDiff,
    MetadataDiff,
    NumberDiff,
    TableDiff,
    TextDiff,
    TreeDiff,
)

_MOMENT = "2026-11-21T08:54:05.770641Z"
_SIDE: JsonDict = {
    "id": "01a1fd50-2e9a-7c1d-8f0e-5b7c3a4d9e21",
    "key": "daily-report",
    "type": "table",
    "created": _MOMENT,
    "updated": _MOMENT,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
_TABLE: JsonDict = {
    "key": ["id"],
    "key_is": "found",
    "key_candidates": ["id"],
    "columns": ["id", "name", "score"],
    "duplicates": 0,
    "rows_before": 120,
    "rows_after": 120,
    "columns_before": 3,
    "columns_after": 3,
    "added_columns": 0,
    "removed_columns": 0,
    "added": 0,
    "removed": 0,
    "changed": 1,
    "changed_cells": 1,
    "moved": 0,
    "equal": 119,
    "is_fine": True,
    "changes": {
        "added_columns": [],
        "removed_columns": [],
        "added": [],
        "removed": [],
        "changed": [
            {
                "before_row": 7,
                "after_row": 7,
                "key": {"id": 8},
                "cells": [{"column": "score", "before": 5, "after": 6}],
                "values": None,
            }
        ],
        "moved": [],
        "equal": [],
    },
    "left_out": {},
}
_DIFF: JsonDict = {
    "from": _SIDE,
    "to": {**_SIDE, "id": "01a1fd51-7b2c-7d3e-9a1f-6c8d4b5e0f32"},
    "compared_as": "table",
    "note": None,
    "is_equal": False,
    "summary": "1 row changed of 120",
    "diff": _TABLE,
    "description": None,
    "metadata_": None,
}
_STATE: JsonDict = {
    "position": 12,
    "artifact_id": _SIDE["id"],
    "number": 7,
    "version": 1,
    "recorded": _MOMENT,
    "type": "markdown",
    "actor": "nightly",
    "client": "prefect/3.8.8 (API 0.8.4)",
    "request_id": "01a1fd50-2e99-7a3b-b2c1-4d5e6f708192",
    "flow_run_id": "01a1fd4f-9c11-7d52-a0b1-2c3d4e5f6071",
    "task_run_id": "01a1fd4f-a3c8-7b63-91c2-3d4e5f607182",
    "or_before": False,
}
_BLAME: JsonDict = {
    "key": "daily-report",
    "artifact_id": _SIDE["id"],
    "type": "markdown",
    "unit": "line",
    "count": 34,
    "offset": 0,
    "columns": None,
    "found": [{"line": 1, "state": 0, "text": "# Report"}],
    "states": [_STATE],
    "went_back": {"states": 3, "position": 4, "is_complete": True, "stopped_by": None, "absent": 0},
}


class DiffSide(BaseModel):
    """One of the two artifacts that are compared."""

    id: str
    key: str | None
    type: str | None
    created: datetime
    updated: datetime
    sha256: str = Field(description="Of its data, as it was sent.")


class Diff(BaseModel):
    """What changed between two artifacts."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DIFF]}, populate_by_name=True)

    from_: DiffSide = Field(alias="from")
    to: DiffSide
    compared_as: Literal["table", "text", "link", "image", "number", "json"]
    note: str | None = Field(description="Why they are not compared as what their types say.")
    is_equal: bool = Field(description="Whether the data says the same, whatever its form.")
    summary: str = Field(description="What changed, in one line.")
    diff: TableDiff | TextDiff | TreeDiff | LinkDiff | ImageDiff | NumberDiff = Field(
        description="Counts of all changes; `changes`, the first of each sort; `left_out`, how many more there are."
    )
    description: DescriptionDiff | None = Field(description="What changed in the description, as in a text.")
    metadata_: MetadataDiff | None = Field(description="What changed in the metadata, as in any JSON.")


class Begun(DiffSide):
    """One of two artifacts that could be compared."""

    as_of: int | None = Field(description="The position as of which it was read; null: now.")
    beginning: str = Field(description="The first characters of its data: of a text as it reads, of all else as JSON.")
    characters: int = Field(description="Of its data in all.")


class Sides(BaseModel):
    """Two artifacts that could be compared."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Begun = Field(alias="from")
    to: Begun


class BlamedState(BaseModel):
    """The event that brought a state of a key, and who caused it."""

    position: int
    artifact_id: str
    number: int | None = Field(description="Of the artifact among the versions of its key: 1 is the first.")
    version: int = Field(description="Of the artifact: 1 is its creation.")
    recorded: datetime
    type: str | None
    actor: str
    client: str
    request_id: str
    flow_run_id: str | None
    task_run_id: str | None
    or_before: bool = Field(description="Whether it may have been so before, where the answer does not go back to.")


class Found(BaseModel):
    """A line, the cells of a row, or the value as a whole, and which of `states` last changed it."""

    line: int | None = Field(None, description="From 1.")
    row: int | None = Field(None, description="From 0.")
    state: int | None = None
    states: list[int] | None = Field(None, description="Of a row, one for each of `columns`.")
    text: str | None = Field(None, description="The beginning of the line, or of the value.")
    cells: list[Any] | None = Field(None, description="Of a row the beginnings of its cells.")
    before: list[Any] | None = Field(None, description="What each cell was before it was last changed; null: nothing.")


class WentBack(BaseModel):
    """How far the answer goes back."""

    states: int
    position: int
    is_complete: bool
    stopped_by: str | None = Field(description="The limit that was met before all was found.")
    absent: int = Field(description="States that were passed over, because their data is there no more.")


class Blame(BaseModel):
    """Who last changed each line or cell of what a key says."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BLAME]})

    key: str
    artifact_id: str
    type: str | None
    unit: Literal["line", "row", "value"]
    count: int = Field(description="Lines or rows in all.")
    offset: int
    columns: list[str] | None
    found: list[Found]
    states: list[BlamedState]
    went_back: WentBack
