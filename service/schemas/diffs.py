"""What changed, by what the contents are, for the docs. Counts are of all changes; of these the first are shown."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class LeftOut(BaseModel):
    left_out: dict[str, int] = Field(description="How many more changes there are of each sort than are shown.")


class AddedOrRemovedColumn(BaseModel):
    name: str
    values: list[Any] = Field(description="From the top.")


class RowShown(BaseModel):
    row: int = Field(description="From 0.")
    values: dict[str, Any]


class ChangedCell(BaseModel):
    column: str
    before: Any
    after: Any


class ChangedRow(BaseModel):
    before_row: int
    after_row: int
    key: dict[str, Any]
    cells: list[ChangedCell]
    values: dict[str, Any] | None = Field(description="All that the row holds now, if equal rows are asked for.")


class MovedRow(BaseModel):
    before_row: int
    after_row: int


class TableChanges(BaseModel):
    added_columns: list[AddedOrRemovedColumn]
    removed_columns: list[AddedOrRemovedColumn]
    added: list[RowShown]
    removed: list[RowShown]
    changed: list[ChangedRow]
    moved: list[MovedRow]
    equal: list[RowShown]


class TableDiff(LeftOut):
    key: list[str] = Field(description="What rows were matched by; empty: by their order.")
    key_is: Literal["given", "found", "none"]
    key_candidates: list[str] = Field(description="Columns that tell the rows of both apart, the best first.")
    columns: list[str] = Field(description="Of the table after, then those that only the one before has.")
    duplicates: int
    rows_before: int
    rows_after: int
    columns_before: int
    columns_after: int
    added_columns: int
    removed_columns: int
    added: int
    removed: int
    changed: int
    changed_cells: int
    moved: int
    equal: int
    is_fine: bool = Field(description="Whether no row counts as removed and added that only stayed.")
    changes: TableChanges


class Part(BaseModel):
    is_in: Literal["both", "before", "after"]
    text: str


class Hunk(BaseModel):
    before_line: int = Field(description="From 1.")
    after_line: int
    removed: list[str] = Field(description="Lines, each with its end.")
    added: list[str]
    words: list[Part] | None
    equal_above: list[str]
    equal_below: list[str]


class Hunks(BaseModel):
    hunks: list[Hunk]


class TextDiff(LeftOut):
    lines_before: int
    lines_after: int
    added: int
    removed: int
    hunks: int
    is_fine: bool = Field(description="Whether no line counts as removed and added that only stayed.")
    changes: Hunks


class PathChange(BaseModel):
    """A value that came, went, or became another. A path is a JSON Pointer."""

    kind: Literal["added", "removed", "changed"]
    before_path: str | None = Field(None, description="Absent of what was added.")
    after_path: str | None = Field(None, description="Absent of what was removed.")
    before: Any = None
    after: Any = None


class Paths(BaseModel):
    paths: list[PathChange]


class TreeDiff(LeftOut):
    added: int
    removed: int
    changed: int
    changes: Paths


class LinkSide(BaseModel):
    url: str
    text: str


class LinkDiff(BaseModel):
    before: LinkSide
    after: LinkSide
    url_changed: bool
    text_changed: bool


class ImageSide(BaseModel):
    url: str = Field(description="Its beginning, if the image is in it.")
    sha256: str | None = Field(description="Of what the image holds. None: only its URL is known here.")
    size_bytes: int | None


class ImageDiff(BaseModel):
    before: ImageSide
    after: ImageSide
    url_changed: bool
    content_changed: bool | None


class NumberDiff(BaseModel):
    before: float
    after: float
    delta: float
    unit: str = Field(description="`%` for a progress, else nothing.")


class DescriptionDiff(TextDiff):
    summary: str


class MetadataDiff(TreeDiff):
    summary: str
