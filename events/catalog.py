"""The catalog: the kinds of event that the service states, with the version of their stored form.

Three namespaces are reserved for it. What clients send in them is an echo of facts that the log holds already, or
would be taken for one.
"""

from msgspec import Struct

ERASURE_REQUESTED, ERASURE_BEGUN, ERASURE_COMPLETED = (
    f"digsite.erasure.{what}" for what in ("requested", "begun", "completed")
)

FAULT_FOUND = "digsite.log.fault-found"

RESERVED = ("prefect.artifact.", "prefect.artifact-collection.", "digsite.")


class Kind(Struct, frozen=True):
    """A kind of event, and the version in which it is stored today."""

    name: str
    meaning: str
    schema_version: int = 1
    payload: tuple[str, ...] = ()
    """The fields of its payload, in Prefect's order; none: its payload is its body as it is."""
    is_shared: bool = False
    """Others point at its bodies and read them by their position alone. So their form may grow, and nothing else."""


_OF_ARTIFACT = ("key", "type", "description")
_OF_COLLECTION = ("key", "type", "data", "description")

KINDS = (
    Kind(
        "prefect.artifact.created",
        "An artifact was created. Its body holds data, description and metadata.",
        payload=_OF_ARTIFACT,
        is_shared=True,
    ),
    Kind(
        "prefect.artifact.updated",
        "An artifact was changed in place. Its body holds the fields that were sent.",
        is_shared=True,
    ),
    Kind("prefect.artifact.deleted", "An artifact was deleted. No body.", payload=_OF_ARTIFACT),
    Kind("prefect.artifact-collection.created", "The first artifact of a key was created.", payload=_OF_COLLECTION),
    Kind(
        "prefect.artifact-collection.updated",
        "A key's latest artifact is another, or was changed.",
        payload=_OF_COLLECTION,
    ),
    Kind("prefect.artifact-collection.deleted", "The last artifact of a key was deleted.", payload=_OF_COLLECTION),
    Kind("digsite.artifact.pinned", "An artifact was pinned: no retention policy touches it. No body."),
    Kind("digsite.artifact.unpinned", "An artifact was let go again. No body."),
    Kind("digsite.retention.set", "A retention policy was set. Its body is the policy."),
    Kind("digsite.retention.removed", "A retention policy was removed. No body."),
    Kind("digsite.retention.applied", "A step of a retention policy was carried out. Its body has counts alone."),
    Kind("digsite.api-key.created", "An API key was made. Its body says for what; the key is nowhere."),
    Kind("digsite.api-key.revoked", "An API key was revoked. No body."),
    Kind(FAULT_FOUND, "The inspector found something that is not what it must be. Its body says where, and what."),
    Kind("digsite.archive.stored", "Bodies were moved to a file of the archive. Its body says which, and where."),
    Kind("digsite.archive.restored", "Bodies were brought back from a file of the archive. Its body says which."),
    Kind("digsite.flow-run.observed", "What the upstream knows of a flow run, as it was at a moment.", 2),
    Kind("digsite.task-run.observed", "What the upstream knows of a task run, as it was at a moment.", 2),
    Kind("digsite.flow.observed", "What the upstream knows of a flow, as it was at a moment.", 2),
    Kind("digsite.deployment.observed", "What the upstream knows of a deployment, as it was at a moment.", 2),
    Kind(ERASURE_REQUESTED, "Content is to go: which, by ids and positions alone, and why."),
    Kind(ERASURE_BEGUN, "What lived of it is deleted: from here on content is taken away. No body."),
    Kind(ERASURE_COMPLETED, "It is gone: how much of it, and where it was."),
)

CATALOG = {kind.name: kind for kind in KINDS}


def is_reserved(kind: str) -> bool:
    """Whether only the service itself may state events of this kind."""
    return kind.startswith(RESERVED)
