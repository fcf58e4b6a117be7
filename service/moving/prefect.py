"""What a Prefect server holds, as it is read there: artifacts, collections, events. Content is JSON text."""

import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct

from events.clock import as_text
from events.event import Labels, Micros

FIELDS = ("data", "description", "metadata")
"""The content of an artifact."""
CREATED = "prefect.artifact.created"
UPDATED = "prefect.artifact.updated"
LATEST = ("prefect.artifact-collection.created", "prefect.artifact-collection.updated")
"""Kinds of event that show a key's latest artifact."""

ARTIFACT = "prefect.artifact."
"""How an artifact is named as a resource: this, then its id."""
ASSETS = "prefect.asset."
"""How the kinds of the events of assets begin."""

_ID, _ROLE = "prefect.resource.id", "prefect.resource.role"
_encode = msgspec.json.Encoder().encode
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


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

    @property
    def named(self) -> str:
        """How a reader is told of it."""
        return self.id if self.key is None else f"{self.id} ({self.key})"


class PrefectCollection(Struct, frozen=True):
    """A key as it is now: what it shows of its latest artifact, with the collection's own id and times."""

    shown: PrefectArtifact
    latest_id: str


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
            return next((labels.get(_ID, "").removeprefix(ARTIFACT) for labels in latest), None)
        return self.resource.get(_ID, "").removeprefix(ARTIFACT)

    @property
    def json(self) -> str:
        """In Prefect's form."""
        shown = _Event(
            self.id,
            as_text(self.occurred),
            self.kind,
            self.resource,
            self.related,
            Raw(self.payload.encode()),
            self.follows,
        )
        return _encode(shown).decode()


class _Event(Struct):
    id: str
    occurred: str
    event: str
    resource: Labels
    related: tuple[Labels, ...]
    payload: Raw
    follows: str | None


def artifact_ids(resource_ids: Iterable[str]) -> list[str]:
    """The ids of those resources that are artifacts, each once."""
    ids = (each.removeprefix(ARTIFACT) for each in resource_ids if each.startswith(ARTIFACT))
    return list(dict.fromkeys(id for id in ids if _UUID.fullmatch(id)))
