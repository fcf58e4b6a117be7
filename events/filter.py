"""The event filter: what a reader may ask of events, in Prefect's form. What it means is in `matching`.

Every object refuses fields that it does not know. An absent part is no criterion.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

TEXT_MAX = 200
"""Characters of a text query, as in Prefect."""
CRITERIA_MAX = 1_000
"""Entries of any one list in a filter."""


def _in_utc(moment: datetime) -> datetime:
    """A moment without a zone is taken as UTC, as Prefect does."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("moments are within the years 1 to 9999 of UTC") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Texts = Annotated[list[str], Field(max_length=CRITERIA_MAX)]
Labelled = Annotated[
    dict[str, str | Texts],
    Field(
        max_length=CRITERIA_MAX,
        description="Label to value, or to values of which one must hold. `*` and `?` are wildcards, `!` negates.",
        examples=[{"prefect.resource.name": ["daily-*", "!daily-draft"]}],
    ),
]
"""All labels must hold. A label that a resource does not have never holds, not even negated."""


class Part(BaseModel):
    """A part of a filter; all that it asks must hold."""

    model_config = ConfigDict(extra="forbid")


class Occurred(Part):
    """When the event happened. Both ends belong to it."""

    since: Moment | SkipJsonSchema[None] = None
    until: Moment | SkipJsonSchema[None] = None

    @model_validator(mode="after")
    def _refuse_null(self) -> "Occurred":
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("since and until must be moments, if they are given")
        return self


class Kind(Part):
    """The event's name: one of the prefixes, none of the excluded."""

    prefix: Texts | None = Field(None, examples=[["prefect.artifact"]])
    exclude_prefix: Texts | None = None
    name: Texts | None = None
    exclude_name: Texts | None = None


class Resource(Part):
    """The resource that the event is about."""

    id: Texts | None = None
    id_prefix: Texts | None = None
    labels: Labelled | None = None
    distinct: bool = Field(False, description="Only the first event of each resource, in the order asked for.")


class Related(Part):
    """Some related resource for which all of this holds."""

    id: Texts | None = None
    role: Texts | None = None
    resources_in_roles: Annotated[list[tuple[str, str]], Field(max_length=CRITERIA_MAX)] | None = None
    labels: Labelled | None = None


class AnyResource(Part):
    """Some resource, the event's own or a related one, for which all of this holds."""

    id: Texts | None = None
    id_prefix: Texts | None = None
    labels: Labelled | None = None


class Actor(Part):
    """Who caused the event: one of the names, none of the excluded. Digsite's own addition."""

    name: Texts | None = Field(None, examples=[["nightly-etl"]])
    exclude_name: Texts | None = Field(None, examples=[["prefect:import"]])


class Key(Part):
    """The key of the artifact, or of the collection, that the event is about. Digsite's own addition."""

    name: Texts | None = Field(None, examples=[["daily-sales"]])


class Run(Part):
    """The run that wrote: a flow run or a task run. Digsite's own addition."""

    id: Texts | None = None


class Request(Part):
    """The request that brought the event. Digsite's own addition."""

    id: Texts | None = None


class Ids(Part):
    id: Annotated[list[str], Field(max_length=CRITERIA_MAX)] | None = None


class Text(Part):
    """A search in the event's name, its resources and its payload, without regard to case."""

    query: str = Field(
        max_length=TEXT_MAX,
        description='Words, of which one must occur. `-word` must not, `+word` must; `"some words"` stand together.',
        examples=["rows -draft"],
    )


class EventFilter(Part):
    """Which events a reader asks for. Without any part: all."""

    occurred: Occurred | None = None
    event: Kind | None = None
    resource: Resource | None = None
    related: Related | Annotated[list[Related], Field(max_length=CRITERIA_MAX)] | None = None
    any_resource: AnyResource | Annotated[list[AnyResource], Field(max_length=CRITERIA_MAX)] | None = None
    actor: Actor | None = None
    key: Key | None = None
    run: Run | None = None
    request: Request | None = None
    id: Ids | None = None
    text: Text | None = None
    order: Literal["ASC", "DESC"] = "DESC"
