"""The labels that events carry: whom they are about, and who else is concerned. Shapes as Prefect documents them."""

from events.event import Labels, Outcome


def artifact_resource(artifact_id: str, key: str | None) -> Labels:
    return _named(f"prefect.artifact.{artifact_id}", key)


def collection_resource(collection_id: str, key: str | None) -> Labels:
    return _named(f"prefect.artifact-collection.{collection_id}", key)


def related(resource_id: str, role: str) -> Labels:
    return {"prefect.resource.id": resource_id, "prefect.resource.role": role}


def runs(outcome: Outcome) -> tuple[Labels, ...]:
    """The runs that wrote the artifact."""
    found = []
    if outcome.flow_run_id:
        found.append(related(f"prefect.flow-run.{outcome.flow_run_id}", "flow-run"))
    if outcome.task_run_id:
        found.append(related(f"prefect.task-run.{outcome.task_run_id}", "task-run"))
    return tuple(found)


def _named(resource_id: str, key: str | None) -> Labels:
    labels = {"prefect.resource.id": resource_id}
    if key:
        labels["prefect.resource.name"] = key
    return labels
