"""The bodies of the event routes, as Prefect defines them: for validation with its messages, and for the docs."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel
from pydantic.config import JsonDict

from events.filter import EventFilter, Moment
from events.matching import ID, ROLE
from events.stores.tables import storable
from service.buckets import TimeUnit
from service.page_token import EVENTS_PAGE_MAX
from service.settings import Settings

EVENT_NAME_MAX = 1_024
"""Characters of an event's name."""
LABELS_MAX = 500
"""Labels of one resource."""
RELATED_MAX = 100
"""Related resources of an event."""
RESOURCE_ID_BYTES_MAX = 2_000
"""Bytes of the id of the resource that an event is about: it stands in an index."""

_EVENT: JsonDict = {
    "occurred": "2026-11-21T08:54:05.770641Z",
    "event": "ship.sailed",
    "resource": {"prefect.resource.id": "ship.aurora", "prefect.resource.name": "Aurora"},
    "related": [{"prefect.resource.id": "port.kiel", "prefect.resource.role": "port"}],
    "payload": {"knots": 12.0},
    "id": "01a1fd50-2e9a-7f13-a4d5-6e7f80910213",
    "follows": None,
}


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    if len(labels) > LABELS_MAX:
        raise ValueError(f"The maximum number of labels per resource is {LABELS_MAX}")
    _check_present(labels, ID, "Resources")
    return labels


def _check_role(labels: dict[str, str]) -> dict[str, str]:
    _check_present(labels, ROLE, "Related Resources")
    return labels


def _check_present(labels: dict[str, str], label: str, whose: str) -> None:
    if label not in labels:
        raise ValueError(f"{whose} must include the {label} label")
    if not labels[label]:
        raise ValueError(f"The {label} label must be non-empty")


def _check_length(labels: dict[str, str]) -> dict[str, str]:
    if len((storable(labels[ID]) or "").encode()) > RESOURCE_ID_BYTES_MAX:
        raise ValueError(f"The {ID} label of an event's resource must have at most {RESOURCE_ID_BYTES_MAX} bytes")
    return labels


def _documented(*required: str) -> Any:
    """What the document says of labels: those that must be there, and how many there may be."""
    properties: JsonDict = {label: {"type": "string", "minLength": 1} for label in required}
    schema: JsonDict = {"required": list(required), "maxProperties": LABELS_MAX, "properties": properties}
    return Field(json_schema_extra=schema)


Labels = Annotated[dict[str, str], AfterValidator(_check_labels)]
Resource = Annotated[Labels, AfterValidator(_check_length), _documented(ID)]
Related = Annotated[Labels, AfterValidator(_check_role), _documented(ID, ROLE)]


class OutsideEvent(BaseModel):
    """An event as clients send it. Fields that are not known are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT]})

    occurred: Moment
    event: str = Field(max_length=EVENT_NAME_MAX, description="What happened.")
    resource: Resource
    related: list[Related] = Field([], max_length=RELATED_MAX)
    payload: dict[str, Any] = {}
    id: UUID
    follows: UUID | None = None


class OutsideEvents(RootModel[list[OutsideEvent]]):
    """Events to record together."""

    model_config = ConfigDict(json_schema_extra={"maxItems": Settings.model_fields["max_events"].default})


class ReceivedEvent(BaseModel):
    """An event as it is in the log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EVENT, "received": "2026-11-21T08:54:05.771002Z"}]})

    occurred: datetime
    event: str
    resource: dict[str, str]
    related: list[dict[str, str]]
    payload: dict[str, Any]
    id: UUID
    follows: UUID | None
    received: datetime


class EventSearch(BaseModel):
    """Which events to show, and how many at most on a page."""

    filter: EventFilter | None = None
    limit: int | None = Field(
        EVENTS_PAGE_MAX, ge=0, le=EVENTS_PAGE_MAX, description="How many events at most; null stands for the default."
    )


class EventCounting(BaseModel):
    """Which events to count; by time, in spans of so many units."""

    filter: EventFilter
    time_unit: TimeUnit = TimeUnit.DAY
    time_interval: float = Field(1.0, ge=0.01, allow_inf_nan=False)


class EventPage(BaseModel):
    """A page of events. The last page has no `next_page`."""

    events: list[ReceivedEvent]
    total: int = Field(description="How many there are on all pages; later pages show the same.")
    next_page: str | None = Field(description="Where the next page is.")


class EventCount(BaseModel):
    """How many events there are of a kind, of a resource, or in a span of time."""

    value: str
    label: str
    count: int
    start_time: datetime
    end_time: datetime
