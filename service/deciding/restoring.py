"""Deciding about a restore: from a state of the past to the artifact that begins with its content, pure.

The new artifact is nobody's but its own: its runs are not those that wrote the old one. What it relates to says where
its content is from, so that whoever follows events can tell a restore from a new result.
"""

from collections.abc import Mapping

from msgspec import Struct

from events.absences import Reason
from events.event import Labels
from events.payload import decode_content
from projections.artifacts import Artifact
from service.deciding.commands import ContentGone, ErasureUnderWay, NewArtifact
from service.deciding.resources import related

RESTORED_FROM = "restored-from"
"""The role of the artifact that the content of a new one is from."""
POSITION_LABEL = "digsite.position"
"""Its label: the position of the event that brought about the state that was restored."""


class Kept(Struct, frozen=True):
    """What the log has of a state of the past."""

    state: Artifact
    bodies: Mapping[int, str]
    absent: Mapping[int, Reason]
    """Why bodies are not there any more, by their positions."""
    has_labels: bool
    is_erasing: bool
    """Whether something is being taken away from the log, which this may belong to."""


def restored(kept: Kept) -> NewArtifact:
    """Raises ContentGone, ErasureUnderWay."""
    state = kept.state
    positions = (state.data_position, state.description_position, state.metadata_position)
    gone = [kept.absent.get(each, Reason.ERASED) for each in positions if each not in kept.bodies]
    if gone or not kept.has_labels:
        raise ContentGone(state.id, state.position, gone[0] if gone else Reason.ERASED)
    if kept.is_erasing:
        raise ErasureUnderWay
    data, description, metadata = (decode_content(kept.bodies[each]) for each in positions)
    return NewArtifact(
        key=state.key,
        type=state.type,
        related=(restored_from(state),),
        data=bytes(data.data).decode(),
        description=bytes(description.description).decode(),
        metadata=bytes(metadata.metadata_).decode(),
    )


def restored_from(state: Artifact) -> Labels:
    return {**related(f"prefect.artifact.{state.id}", RESTORED_FROM), POSITION_LABEL: str(state.position)}
