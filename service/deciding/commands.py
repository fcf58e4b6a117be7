"""The commands: what can be asked of the log, and why it may be refused.

CommandRefused
├── ArtifactNotFound
├── CollectionNotFound
├── PolicyNotFound
├── TooManyPolicies
├── VersionMismatch          If-Match names another version
├── IdempotencyConflict      the Idempotency-Key stands for another request
├── TooManyVersions          more versions than one transaction may delete
├── KeyExists                an API key of this name is there, or was
└── KeyNotFound              there is no such API key that could be revoked
"""

from typing import TypeAlias

from msgspec import Struct

from events.event import Event, Labels, Micros, Origin
from service.keys import ApiKey

POLICIES_MAX = 100
"""Retention policies of one log."""
DELETE_VERSIONS_MAX = 10_000
"""How many versions of a key one command deletes."""


def content(data: str | None, description: str | None, metadata: str | None) -> str:
    """The body of an artifact's event: the fields that are given, each as JSON text."""
    named = (("data", data), ("description", description), ("metadata_", metadata))
    return "{" + ",".join(f'"{name}":{text}' for name, text in named if text is not None) + "}"


class NewArtifact(Struct, frozen=True, kw_only=True):
    """What an artifact begins with. Content is JSON text, kept as it was sent."""

    key: str | None = None
    type: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    related: tuple[Labels, ...] = ()
    """What is known of the runs; without that, they are related by their ids."""
    data: str = "null"
    description: str = "null"
    metadata: str = "null"

    @property
    def content(self) -> str:
        return content(self.data, self.description, self.metadata)


class CreateArtifacts(Struct, frozen=True, kw_only=True):
    """Create artifacts in one transaction. Sent again under its key, it answers as it did at first."""

    items: tuple[NewArtifact, ...]
    origin: Origin = Origin()
    idempotency_key: str | None = None


class UpdateArtifact(Struct, frozen=True, kw_only=True):
    """Change an artifact in place: the fields named, as JSON text."""

    id: str
    data: str | None = None
    description: str | None = None
    metadata: str | None = None
    expected_version: int | None = None
    origin: Origin = Origin()

    @property
    def content(self) -> str:
        return content(self.data, self.description, self.metadata)


class DeleteArtifact(Struct, frozen=True, kw_only=True):
    id: str
    expected_version: int | None = None
    origin: Origin = Origin()


class RestoreArtifact(Struct, frozen=True, kw_only=True):
    """Publish what an artifact was in a state of the past once more, as a new one."""

    position: int
    """Of the event that brought about the state."""
    origin: Origin
    idempotency_key: str | None = None


class DeleteCollection(Struct, frozen=True, kw_only=True):
    """Delete a key with all its versions."""

    key: str
    origin: Origin = Origin()


class PinArtifact(Struct, frozen=True, kw_only=True):
    """Keep an artifact from retention. Pinned already, it stays so."""

    id: str
    origin: Origin = Origin()


class UnpinArtifact(Struct, frozen=True, kw_only=True):
    """Leave an artifact to retention again."""

    id: str
    origin: Origin = Origin()


class PutPolicy(Struct, frozen=True, kw_only=True):
    """Set a retention policy; what it says is JSON text."""

    name: str
    content: str
    origin: Origin = Origin()


class RemovePolicy(Struct, frozen=True, kw_only=True):
    """Remove a retention policy. What it would let go stays."""

    name: str
    origin: Origin = Origin()


class RecordEvents(Struct, frozen=True, kw_only=True):
    """Record events from outside, each once. The origin is that of the request, for all of them."""

    events: tuple[Event, ...]
    origin: Origin = Origin()
    is_own: bool = False
    """Whether the service itself states them: then they may be of a reserved kind."""


class ImportedStep(Struct, frozen=True, kw_only=True):
    """One event in the history of an artifact that is moved over: its creation, or a change of it.

    Content is JSON text. None: nothing was said of the field; in a creation, it is not known any more.
    """

    event_id: str
    occurred: Micros
    updated: Micros
    """The artifact's, after this step."""
    data: str | None = None
    description: str | None = None
    metadata: str | None = None
    related: tuple[Labels, ...] | None = None
    """As the event had it there; None: nobody knows any more."""
    announced_id: str | None = None
    """The id of the event by which the collection followed, if it is known; and when that occurred."""
    announced: Micros | None = None


class ImportedArtifact(Struct, frozen=True, kw_only=True):
    """An artifact of a Prefect server, with the steps that are brought."""

    id: str
    key: str | None = None
    type: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    created: Micros
    since: Micros | None = None
    """When it was last updated as this log has it; None: it is new, and its first step is its creation."""
    steps: tuple[ImportedStep, ...]


class ImportedCollection(Struct, frozen=True, kw_only=True):
    """What the Prefect server says of a key."""

    key: str
    id: str
    latest_id: str
    created: Micros
    updated: Micros


class ImportArtifacts(Struct, frozen=True, kw_only=True):
    """Bring artifacts as history, each once. What was changed or deleted here since is left as it is."""

    artifacts: tuple[ImportedArtifact, ...]
    collections: tuple[ImportedCollection, ...] = ()
    origin: Origin


class CreateKey(Struct, frozen=True, kw_only=True):
    """Make an API key. Its name is used once."""

    key: ApiKey
    origin: Origin

    @property
    def name(self) -> str:
        return self.key.name


class RevokeKey(Struct, frozen=True, kw_only=True):
    """Let an API key open nothing any more."""

    name: str
    origin: Origin


Command: TypeAlias = (
    CreateArtifacts
    | UpdateArtifact
    | DeleteArtifact
    | DeleteCollection
    | RestoreArtifact
    | PinArtifact
    | UnpinArtifact
    | PutPolicy
    | RemovePolicy
    | RecordEvents
    | ImportArtifacts
    | CreateKey
    | RevokeKey
)


class CommandRefused(Exception):
    """The command cannot be carried out. Nothing was recorded."""


class ArtifactNotFound(CommandRefused):
    def __init__(self, artifact_id: str) -> None:
        super().__init__(f"There is no artifact {artifact_id}.")
        self.artifact_id = artifact_id


class PolicyNotFound(CommandRefused):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no retention policy {name!r}.")
        self.name = name


class TooManyPolicies(CommandRefused):
    """A log has as many retention policies as it may have."""

    def __init__(self, policies_max: int) -> None:
        super().__init__(f"This log has {policies_max} retention policies already. Remove one that is not needed.")
        self.policies_max = policies_max


class CollectionNotFound(CommandRefused):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no artifact with the key {key!r}.")
        self.key = key


class VersionMismatch(CommandRefused):
    def __init__(self, artifact_id: str, expected: int, actual: int) -> None:
        super().__init__(
            f"Artifact {artifact_id} is at version {actual}, not {expected}: it was changed meanwhile. "
            "Read it again, then decide."
        )
        self.artifact_id, self.expected, self.actual = artifact_id, expected, actual


class IdempotencyConflict(CommandRefused):
    def __init__(self, idempotency_key: str, position: int) -> None:
        super().__init__(
            f"The Idempotency-Key {idempotency_key!r} was used for another request, recorded at position "
            f"{position}. Use a new key for a new request."
        )
        self.idempotency_key, self.position = idempotency_key, position


class TooManyVersions(CommandRefused):
    def __init__(self, key: str, limit: int) -> None:
        super().__init__(
            f"The key {key!r} has more than {limit} versions, the most that one request deletes. "
            "Delete older versions by id first."
        )
        self.key, self.limit = key, limit


class ContentGone(CommandRefused):
    """What is to be restored is there no more."""

    def __init__(self, artifact_id: str, position: int, reason: str) -> None:
        super().__init__(
            f"The content that artifact {artifact_id} had as of position {position} is there no more ({reason}). "
            "Its history says which other states it had."
        )
        self.artifact_id, self.position, self.reason = artifact_id, position, str(reason)


class ErasureUnderWay(CommandRefused):
    """What is read from the past now might be gone a moment later."""

    def __init__(self) -> None:
        super().__init__(
            "Something is being erased from this log, and what is restored might belong to it. "
            "GET /erasures says how far that is; then try again."
        )


class KeyExists(CommandRefused):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is or was an API key named {name!r}; a name is used once. Choose another.")
        self.name = name


class KeyNotFound(CommandRefused):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no API key named {name!r} that could be revoked.")
        self.name = name
