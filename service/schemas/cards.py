"""The bodies of answers that lists on the page are made of."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field


class ProgressPreview(BaseModel):
    kind: Literal["progress"]
    value: float


class TextPreview(BaseModel):
    kind: Literal["text"]
    line: str = Field(description="What the text begins with, without Markdown's marks.")


class TablePreview(BaseModel):
    kind: Literal["table"]
    rows: int
    columns: int
    names: list[str] = Field(description="Of the first columns.")


class LinkPreview(BaseModel):
    kind: Literal["link"]
    href: str
    text: str
    host: str


class ImagePreview(BaseModel):
    kind: Literal["image"]
    src: str = Field(description="An address in the web, or a small image as a `data:` URL.")


class JsonPreview(BaseModel):
    kind: Literal["json"]
    line: str


class NothingPreview(BaseModel):
    """It was published without data."""

    kind: Literal["nothing"]


class LargePreview(BaseModel):
    """It was not looked into."""

    kind: Literal["large"]
    bytes: int


class AbsentPreview(BaseModel):
    """Its data is there no more."""

    kind: Literal["absent"]
    reason: str = Field(description="`erased`, `retired`, or `archived`: it can be read, but not in a list.")


Preview = Annotated[
    ProgressPreview
    | TextPreview
    | TablePreview
    | LinkPreview
    | ImagePreview
    | JsonPreview
    | NothingPreview
    | LargePreview
    | AbsentPreview,
    Field(discriminator="kind"),
]


class Card(BaseModel):
    """The latest artifact of a key, or an artifact without one, as a row of a list shows it."""

    key: str | None
    artifact_id: UUID
    type: str | None
    shown_as: str = Field(description="`markdown`, `table`, `link`, `progress`, `image`, `text`, `number` or `json`.")
    description: str | None = Field(description="Its first line.")
    preview: Preview
    versions: int = Field(description="Artifacts that the key has had, those that were deleted, too.")
    number: int = Field(description="Which of these this is, from 1.")
    created: datetime
    updated: datetime
    position: int = Field(description="Where it was last changed.")
    actor: str | None = Field(description="Who did that.")
    flow_run_id: UUID | None
    flow_run_name: str | None
    flow_name: str | None
    task_run_id: UUID | None
    task_run_name: str | None
    data_bytes: int | None = Field(description="Size of the data; null: it is there no more.")


class Counts(BaseModel):
    """Of all, whatever is asked for."""

    keys: int = Field(description="Keys; of artifacts without one: these artifacts.")
    running: int = Field(description="Progress below 100 that was updated within a day.")
    changed_last_hour: int


class Named(BaseModel):
    name: str
    count: int


class Without(BaseModel):
    """How many cards there would be without one of the filters that are given."""

    q: int | None = None
    type: int | None = None
    flow: int | None = None
    writer: int | None = None
    updated: int | None = None


class CardPage(BaseModel):
    position: int = Field(description="Where the log was when this was read.")
    total: int = Field(description="Cards that are asked for.")
    counts: Counts
    types: dict[str, int] = Field(description="How many of each type, by all filters but that of the type.")
    flows: list[Named] = Field(description="How many of each flow, likewise; the most first.")
    writers: list[Named] = Field(description="How many by each actor, likewise.")
    without: Without = Field(description="Empty, unless nothing is found.")
    cards: list[Card]


class TrendPoint(BaseModel):
    position: int
    recorded: datetime
    value: float


class Trend(BaseModel):
    """How the number of a key went, and what its last change was."""

    key: str
    measure: Literal["value", "rows", "bytes"] | None = Field(description="null: its content is there no more.")
    points: list[TrendPoint] = Field(description="Of the last states, the oldest first.")
    summary: str | None = Field(description="The last change in words; of a first state, how much there is.")
