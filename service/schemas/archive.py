"""The bodies of requests and answers about the archive: for validation, and for the docs."""

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.subscriptions import Body

URL_CHARACTERS_MAX = 2_000


class ArchiveAsked(Body):
    """Which bodies are to be archived, and where."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"to": "s3://bucket/digsite", "before": "9000"}]},
    )

    to: str = Field(
        min_length=1, max_length=URL_CHARACTERS_MAX, description="A URL that fsspec knows, or a path on the server."
    )
    before: str = Field(min_length=1, max_length=100, description="A position, or the time of recording. Exclusive.")


class StoredShown(BaseModel):
    """One file of the archive."""

    file: str
    first: int
    last: int
    bodies: int
    size_bytes: int
