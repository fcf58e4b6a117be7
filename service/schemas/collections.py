"""The bodies of answers about a key: its facts, and a number that it had, write by write."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

_ID = "01a1fd50-2e9a-7c1d-8f0e-5b7c3a4d9e21"
_MOMENT = "2026-11-21T08:54:05.770641Z"
_FACTS: JsonDict = {
    "key": "stock",
    "versions": 2,
    "latest_id": _ID,
    "deleted": None,
    "created": _MOMENT,
    "updated": _MOMENT,
    "position": 6,
    "type": "table",
    "shown_as": "table",
    "previous_key": "scores",
    "next_key": None,
}
_SERIES: JsonDict = {
    "key": "stock",
    "measure": "rows",
    "measures": ["rows", "columns", "bytes"],
    "points": [
        {
            "position": 5,
            "artifact_id": _ID,
            "number": 2,
            "recorded": _MOMENT,
            "value": 12.0,
            "actor": "nightly",
            "flow_run_id": None,
            "flow_run_name": None,
            "task_run_id": None,
            "task_run_name": None,
        }
    ],
    "left_out": {"older": False, "large": 0, "absent": 0},
}


class Deletion(BaseModel):
    """The event by which a key went with its last version."""

    position: int
    kind: str
    actor: str
    recorded: datetime


class CollectionFacts(BaseModel):
    """A key, without its content; a deleted one as it was last."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FACTS]})

    key: str
    versions: int = Field(description="How many it ever had, those that were deleted too: the number of the last.")
    latest_id: UUID
    deleted: Deletion | None
    created: datetime = Field(description="When the oldest of its versions was created.")
    updated: datetime
    position: int = Field(description="Where it was last changed. As of there, also a deleted one is there.")
    type: str | None
    shown_as: str = Field(
        description="One of `markdown`, `table`, `link`, `progress`, `image`, `text`, `number`, `json`."
    )
    previous_key: str | None = Field(description="The key before it by the alphabet.")
    next_key: str | None


class Point(BaseModel):
    """What a write made of the number."""

    position: int
    artifact_id: UUID
    number: int = Field(description="Of the version that was written.")
    recorded: datetime
    value: float | None = Field(description="null: it had none, or was not read.")
    actor: str
    flow_run_id: UUID | None
    flow_run_name: str | None
    task_run_id: UUID | None
    task_run_name: str | None


class LeftOut(BaseModel):
    """What the points do not say."""

    older: bool = Field(description="There are older writes.")
    large: int = Field(description="Bodies that were not read, since they are large, alone or together.")
    absent: int = Field(description="Bodies that were erased or let go, or are in an archive.")


class Series(BaseModel):
    """A number that a key had, write by write, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SERIES]})

    key: str
    measure: str
    measures: list[str] = Field(description="What else can be measured of it.")
    points: list[Point]
    left_out: LeftOut
