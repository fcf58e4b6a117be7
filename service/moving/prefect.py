"""What a Prefect server holds, as it is read there: artifacts, collections, events. Content is JSON text."""

from msgspec import Struct

from events.event import Labels, Micros

FIELDS = ("data", "description", "metadata")
"""The content of an artifact."""
CREATED = "prefect.artifact.created"
UPDATED = "prefect.artifact.updated"
LATEST = ("prefect.artifact-collection.created", "prefect.artifact-collection.updated")
"""Kinds of event that show a key's latest artifact."""

_ARTIFACT = "prefect.artifact."
_ID, _ROLE = "prefect.resource.id", "prefect.resource.role"


class PrefectArtifact(Struct, frozen=True, kw_only=True):
    """An artifact as it is now."""

    id: str
    key: str | None = None
    type: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    created: Micros
    updated: Micros
    data: str = "null"
    description: str = "null"
    metadata: str = "null"

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory."""
        return len(self.data) + len(self.description) + len(self.metadata)


class PrefectCollection(Struct, frozen=True, kw_only=True):
    """A key as it is now, without what it shows of its latest artifact."""

    id: str
    key: str
    latest_id: str
    created: Micros
    updated: Micros


class PrefectEvent(Struct, frozen=True, kw_only=True):
    """An event. `payload` is JSON text."""

    id: str
    kind: str
    occurred: Micros
    resource: Labels
    related: tuple[Labels, ...] = ()
    payload: str = "{}"
    follows: str | None = None

    @property
    def artifact_id(self) -> str | None:
        """The artifact that it is about, or shows as the latest of a key."""
        if self.kind in LATEST:
            latest = (labels for labels in self.related if labels.get(_ROLE) == "latest")
            return next((labels.get(_ID, "").removeprefix(_ARTIFACT) for labels in latest), None)
        return self.resource.get(_ID, "").removeprefix(_ARTIFACT)
