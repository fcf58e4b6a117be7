"""The bodies of answers that prove something. Hashes and salts are in hexadecimal."""

from pydantic import BaseModel, Field


class AbsentShown(BaseModel):
    """Why something is not there, and the position of the event that says so. Empty: nothing says it."""

    reason: str | None = None
    cause: int | None = None


class KeptShown(BaseModel):
    """Labels or a body: SHA-256 over salt and content is the commitment."""

    commitment: str
    salt: str | None
    content: str | None = Field(description="To the letter. Null: see `path`, or `absent`.")
    path: str | None = Field(description="Where a large body is.")
    absent: AbsentShown | None


class EventProofShown(BaseModel):
    """What shows that an event is in the tree of a size."""

    log: str
    position: int
    tree_size: int = Field(description="The tree size of the checkpoint that it is shown to be in.")
    header: str = Field(description="The JSON text that the chain covers, to the letter.")
    hash_before: str
    hash: str = Field(description="SHA-256 over `hash_before` and `header`.")
    labels: KeptShown
    body: KeptShown | None = Field(description="Null: the event never had one.")
    inclusion: list[str] = Field(description="RFC 9162's inclusion proof; the leaf is the event's `hash`.")


class ConsistencyShown(BaseModel):
    """What shows that the tree of a size begins with one of an older size."""

    log: str
    from_: int = Field(alias="from")
    to: int
    consistency: list[str] = Field(description="RFC 9162's consistency proof.")
