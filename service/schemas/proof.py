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


class FaultShown(BaseModel):
    """Something that is not as it must be."""

    log: str
    position: int
    wrong: str
    detail: str
    read_model: str | None
    row: str | None


class InspectionShown(BaseModel):
    """A round of the inspector through a log."""

    began: str
    ended: str | None = Field(description="Null: it has found faults, and goes on.")
    position: int = Field(description="How far the log was looked through.")
    faults: int
    first_fault: FaultShown | None


class VerificationShown(BaseModel):
    """How far the inspector is, and what its last round has found."""

    log: str
    rate: int = Field(description="Events that it verifies in a second; 0: it is off in this process.")
    position: int = Field(description="How far the present round is; 0: it has not begun.")
    head: int
    last: InspectionShown | None = Field(description="Null: there was none yet.")
