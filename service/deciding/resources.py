"""The labels that events carry: whom they are about, and who else is concerned. Shapes as Prefect documents them."""

from collections.abc import Sequence

from msgspec import Struct

from events.event import Labels, Outcome

RELATED_RESOURCES_MAX = 100
"""Related resources of an event, as in Prefect. Tags beyond that are left out."""


class Thing(Struct, frozen=True):
    """A run, or something that it belongs to."""

    role: str
    """What it is, as in the ids of resources: `flow-run`, `work-pool`, ..."""
    id: str
    name: str | None = None
    tags: tuple[str, ...] = ()


def artifact_resource(artifact_id: str, key: str | None) -> Labels:
    return _named({"prefect.resource.id": f"prefect.artifact.{artifact_id}"}, key)


def collection_resource(collection_id: str, key: str | None) -> Labels:
    return _named({"prefect.resource.id": f"prefect.artifact-collection.{collection_id}"}, key)


def related(resource_id: str, role: str) -> Labels:
    return {"prefect.resource.id": resource_id, "prefect.resource.role": role}


def runs(outcome: Outcome) -> tuple[Labels, ...]:
    """The runs that wrote the artifact, by their ids alone."""
    ids = (("flow-run", outcome.flow_run_id), ("task-run", outcome.task_run_id))
    return related_to([Thing(role, id) for role, id in ids if id])


def related_to(things: Sequence[Thing]) -> tuple[Labels, ...]:
    """Things as related resources, then all their tags."""
    tags = sorted({tag for thing in things for tag in thing.tags})
    found = [_named(related(f"prefect.{thing.role}.{thing.id}", thing.role), thing.name) for thing in things]
    found += [related(f"prefect.tag.{tag}", "tag") for tag in tags]
    return tuple(found[:RELATED_RESOURCES_MAX])


def _named(labels: Labels, name: str | None) -> Labels:
    return labels | {"prefect.resource.name": name} if name else labels
