"""The outcome of leaving things as they are: what a read model's row shows, as an event carries it."""

from events.event import Outcome
from projections.artifacts import Artifact
from projections.collections import Collection


def outcome_of(row: Artifact | Collection) -> Outcome:
    """The state of an artifact, or of a collection's latest one. A decision replaces what it changes."""
    return Outcome(
        key=row.key,
        type=row.type,
        flow_run_id=row.flow_run_id,
        task_run_id=row.task_run_id,
        created=row.created,
        updated=row.updated,
        created_position=row.created_position if isinstance(row, Artifact) else None,
        data_position=row.data_position,
        description_position=row.description_position,
        metadata_position=row.metadata_position,
    )
