"""An application: what a survey has found goes, a step at a time, each step one transaction with its event.

Each step decides anew under the log's lock: what was pinned, changed or brought back since it was found stays. So a
step that never happened, because the process was killed, is found again by the next survey.
"""

from collections.abc import Sequence

from msgspec import Struct

from events.absences import Reason, remove_bodies
from events.event import Origin
from events.reading import SIZES
from events.stores.sql import Transaction
from projections.artifacts import ARTIFACTS, Artifact
from projections.collections import COLLECTIONS, Collection
from projections.pins import PINS
from projections.policies import POLICIES, PolicyRow
from service.deciding import retention
from service.deciding.commands import DeleteArtifact
from service.deciding.place import Place
from service.handler import handle
from service.provenance import RETENTION, from_service
from service.rendering import positions_of
from service.retention.survey import Leftover, Outlived, Share


class Gone(Struct, frozen=True):
    """What one step let go."""

    artifacts: int = 0
    bodies: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Gone") -> "Gone":
        return Gone(self.artifacts + other.artifacts, self.bodies + other.bodies, self.size_bytes + other.size_bytes)


async def delete(transaction: Transaction, found: Outlived) -> Gone:
    """Delete the artifacts that are still as they were found."""
    policy = await _policy(transaction, found.policy.name)
    ids = [artifact_id for artifact_id, _ in found.artifacts]
    await transaction.load(PINS, ids)
    origin = from_service(RETENTION)
    commands = [
        DeleteArtifact(id=artifact_id, expected_version=version, origin=origin)
        for artifact_id, version in found.artifacts
        if transaction.row(PINS, artifact_id) is None
    ]
    if policy is None or not commands:
        return Gone()
    answers = await handle(transaction, commands)
    gone = Gone(artifacts=sum(not isinstance(answer, Exception) for answer in answers))
    if gone.artifacts:
        _record(transaction, policy, gone, origin)
    return gone


async def retire(transaction: Transaction, found: Leftover) -> Gone:
    """Take the bodies away that nothing points at."""
    policy = await _policy(transaction, found.policy.name)
    await transaction.load(PINS, [share.artifact_id for share in found.shares])
    shares = [share for share in found.shares if transaction.row(PINS, share.artifact_id) is None]
    if policy is None or not shares:
        return Gone()
    free = {position for share in shares for position, _ in share.sizes} - await _pointed_at(transaction, shares)
    sizes: dict[int, int] = dict(await transaction.fetch(SIZES, positions=sorted(free)))
    if not sizes:
        return Gone()
    gone = Gone(bodies=len(sizes), size_bytes=sum(sizes.values()))
    cause = _record(transaction, policy, gone, from_service(RETENTION))
    await remove_bodies(transaction.fetch, transaction.log, sorted(sizes), Reason.RETIRED, cause)
    return gone


async def _policy(transaction: Transaction, name: str) -> PolicyRow | None:
    await transaction.load(POLICIES, [name])
    row = transaction.row(POLICIES, name)
    return None if row is None else PolicyRow.from_row(row)


async def _pointed_at(transaction: Transaction, shares: Sequence[Share]) -> set[int]:
    """The bodies that these artifacts, or the collections of their keys, show now."""
    identities = {
        ARTIFACTS: [share.artifact_id for share in shares],
        COLLECTIONS: [share.key for share in shares if share.key is not None],
    }
    rows: list[Artifact | Collection] = []
    for projector, names in identities.items():
        await transaction.load(projector, names)
        found = [transaction.row(projector, name) for name in set(names)]
        read = Artifact.from_row if projector is ARTIFACTS else Collection.from_row
        rows += [read(row) for row in found if row is not None]
    return positions_of(rows)


def _record(transaction: Transaction, policy: PolicyRow, gone: Gone, origin: Origin) -> int:
    """Record what was let go; answer with the event's position."""
    recording = transaction.recording
    place = Place(recording.next_position, recording.next_recorded)
    draft = retention.applied(policy, gone.artifacts, gone.bodies, gone.size_bytes, place, origin)
    return transaction.record(draft.stream, draft.version, draft.event).position
