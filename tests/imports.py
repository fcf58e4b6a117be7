"""Artifacts as they are brought from a Prefect server, for tests that have none: what matters is stated."""

from uuid import uuid4

from service.deciding.commands import ImportArtifacts, ImportedArtifact, ImportedCollection, ImportedStep
from service.handler import Answer
from service.moving.history import first_steps, later_steps
from service.moving.prefect import PrefectArtifact
from service.parts import Parts
from service.provenance import from_import

SECOND = 1_000_000
LONG_AGO = 1_500_000_000 * SECOND


def an_artifact(key: str | None = None, at: int = 0, *, updated: int | None = None, **facts: str) -> PrefectArtifact:
    """Created `at` seconds after a moment long ago; `updated` likewise."""
    created = LONG_AGO + at * SECOND
    moment = created if updated is None else LONG_AGO + updated * SECOND
    return PrefectArtifact(**{"id": str(uuid4()), "key": key, "created": created, "updated": moment} | facts)  # type: ignore[arg-type]


def a_collection(latest: PrefectArtifact, **facts: object) -> ImportedCollection:
    given = {"key": latest.key, "id": str(uuid4()), "latest_id": latest.id, "created": latest.created}
    return ImportedCollection(**{**given, "updated": latest.updated, **facts})  # type: ignore[arg-type]


def brought(artifact: PrefectArtifact, since: int | None = None) -> ImportedArtifact:
    steps: tuple[ImportedStep, ...]
    steps = first_steps(artifact, []) if since is None else later_steps(artifact, [], since)
    return ImportedArtifact(
        id=artifact.id,
        key=artifact.key,
        type=artifact.type,
        flow_run_id=artifact.flow_run_id,
        task_run_id=artifact.task_run_id,
        created=artifact.created,
        since=since,
        steps=steps,
    )


async def bring(parts: Parts, *artifacts: PrefectArtifact, theirs: ImportedCollection | None = None) -> Answer:
    """Bring artifacts that are new."""
    command = ImportArtifacts(
        artifacts=tuple(brought(each) for each in artifacts),
        collections=() if theirs is None else (theirs,),
        origin=from_import(),
    )
    return await parts.writer.submit("default", command)
