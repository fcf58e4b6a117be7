"""The body of `POST /imports`: what `import-prefect` asks the running server to take into the log."""

from typing import Annotated

import msgspec
from msgspec import Raw
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from service import json_text
from service.schemas.artifacts import KEY
from service.schemas.events import RELATED_MAX, OutsideEvent, Related
from service.settings import Settings

IMPORT_ARTIFACTS_MAX = 500
"""Artifacts, or collections, or events, in one request."""
IMPORT_STEPS_MAX = 1_010
"""Steps of one artifact: its creation, its changes, and what closes them."""

_DEPTH_MAX = 900
_LONGEST = 2_048
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first microsecond of the year 1, and the last of 9999."""

_ID = "01a1fd50-2e9a-7c1d-8f0e-5b7c3a4d9e21"
_MOMENT = 1_795_251_245_770_641
_STEP: JsonDict = {
    "event_id": "01a1fd50-2e9a-7f13-a4d5-6e7f80910213",
    "occurred": _MOMENT,
    "updated": _MOMENT,
    "data": '"# Report"',
    "description": "null",
    "metadata": "null",
}
_ARTIFACT: JsonDict = {"id": _ID, "key": "daily-report", "type": "markdown", "created": _MOMENT, "steps": [_STEP]}


def _check_json(text: str) -> str:
    try:
        msgspec.json.decode(text, type=Raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise ValueError("Input should be JSON, as text") from None
    if json_text.half_pair(text) is not None:
        raise ValueError("Half of a surrogate pair, which no UTF-8 can carry")
    if json_text.with_nulls(text) != text:
        raise ValueError("A number that no double can be")
    if not json_text.depth_is_within(text, _DEPTH_MAX):
        raise ValueError(f"Arrays and objects may nest at most {_DEPTH_MAX} deep")
    return text


def _check_text(text: str) -> str:
    return _check_as(text, str | None, "a string or null")


def _check_metadata(text: str) -> str:
    return _check_as(text, dict[str, str] | None, "an object of strings, or null")


def _check_as(text: str, form: object, name: str) -> str:
    try:
        msgspec.json.decode(text, type=form)
    except msgspec.DecodeError:
        raise ValueError(f"Input should be {name}, as JSON text") from None
    return text


Id = Annotated[str, Field(pattern=_UUID)]
Moment = Annotated[int, Field(strict=True, ge=_FIRST, le=_LAST, description="Microseconds since 1970, UTC.")]
Key = Annotated[str, Field(pattern=f"^{KEY.pattern}$", max_length=_LONGEST)]
Json = Annotated[str, AfterValidator(_check_json), Field(description="JSON, as text.")]
JsonString = Annotated[Json, AfterValidator(_check_text)]
JsonObject = Annotated[Json, AfterValidator(_check_metadata)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepTaken(Strict):
    """An event in the history of an artifact: first its creation, then its changes."""

    event_id: Id
    occurred: Moment
    updated: Moment
    data: Json | None = None
    description: JsonString | None = None
    metadata: JsonObject | None = None
    related: Annotated[list[Related], Field(max_length=RELATED_MAX)] | None = None
    announced_id: Id | None = None
    announced: Moment | None = None


class ArtifactTaken(Strict):
    """An artifact with the steps that are brought. `since`: when it was last updated as the log has it."""

    id: Id
    key: Key | None = None
    type: Annotated[str, Field(max_length=_LONGEST)] | None = None
    flow_run_id: Id | None = None
    task_run_id: Id | None = None
    created: Moment
    since: Moment | None = None
    steps: Annotated[list[StepTaken], Field(min_length=1, max_length=IMPORT_STEPS_MAX)]


class CollectionTaken(Strict):
    """What the Prefect server shows of a key."""

    key: Key
    id: Id
    latest_id: Id
    created: Moment
    updated: Moment


class ImportPage(Strict):
    """Artifacts with their histories, and events in Prefect's form."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"artifacts": [_ARTIFACT]}]})

    artifacts: Annotated[list[ArtifactTaken], Field(max_length=IMPORT_ARTIFACTS_MAX)] = []
    collections: Annotated[list[CollectionTaken], Field(max_length=IMPORT_ARTIFACTS_MAX)] = []
    events: Annotated[list[OutsideEvent], Field(max_length=Settings.model_fields["max_events"].default)] = []


class Imported(BaseModel):
    """How many events were recorded: none of what the log had already."""

    recorded: int
