"""The bodies of requests and answers about the archive: for validation, and for the docs."""

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.subscriptions import Body


class ArchiveAsked(Body):
    """Which bodies are to be archived. Where to is a setting of the server."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"before": "9000"}]},
    )

    before: str = Field(min_length=1, max_length=100, description="A position, or the time of recording. Exclusive.")


class StoredShown(BaseModel):
    """One file of the archive."""

    file: str
    first: int
    last: int
    bodies: int
    size_bytes: int
