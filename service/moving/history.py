"""The history of an artifact: from what it is now, and what events are still there, to its steps, pure.

Prefect overwrites, and forgets its events after a week. What nobody knows any more is left null, never guessed. But
folding the steps always gives what the artifact is now.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from events.event import Micros
from events.ids import derived_id
from service.deciding.commands import ImportedStep
from service.moving.prefect import CREATED, FIELDS, LATEST, UPDATED, PrefectArtifact, PrefectEvent
from service.moving.sameness import same

STEPS_MAX = 1_000
"""Changes of one artifact that are brought one by one: the newest. What came of those before comes with the last."""
STEPS_BYTES_MAX = 16 * 1024 * 1024
"""What these say, together."""
ANNOUNCED_WITHIN = 60 * 1_000_000
"""How long after its creation an artifact is shown as the latest of its key, at most, in microseconds."""

Fields = dict[str, str]
"""Some of an artifact's content: JSON text by field."""


class _Payload(Struct):
    data: Raw | UnsetType = UNSET
    description: Raw | UnsetType = UNSET
    metadata: Raw | UnsetType = msgspec.field(default=UNSET, name="metadata_")


_decode = msgspec.json.Decoder(_Payload).decode


def first_steps(artifact: PrefectArtifact, events: Iterable[PrefectEvent]) -> tuple[ImportedStep, ...]:
    """The steps of an artifact that was never brought before: its creation, then its changes."""
    events = in_order(events)
    creation = next((event for event in events if event.kind == CREATED), None)
    announcement = _announcement(artifact, events)
    changes = [event for event in events if event.kind == UPDATED]
    now, told = content_of(artifact), [said(event) for event in changes]
    has_gap = artifact.updated > max((event.occurred for event in changes), default=artifact.created)
    unknown = set(FIELDS) if has_gap else {name for fields in told for name in fields}
    first = {name: text for name, text in now.items() if name not in unknown} | _said_first(creation, announcement)
    kept = _newest(changes)
    before = _folded([dict.fromkeys(FIELDS, "null"), first, *map(said, kept)])
    missing = {name: text for name, text in now.items() if not same(text, before[name])}
    begun = ImportedStep(
        event_id=derived_id("creation", artifact.id) if creation is None else creation.id,
        occurred=artifact.created if creation is None else creation.occurred,
        updated=artifact.created,
        related=None if creation is None else creation.related,
        announced_id=None if announcement is None else announcement.id,
        announced=None if announcement is None else announcement.occurred,
    )
    closing = [_closing(artifact, missing)] if missing or has_gap else []
    return (replace(begun, **first), *_dated([*map(_change, kept), *closing], artifact.created, artifact.updated))


def later_steps(artifact: PrefectArtifact, events: Iterable[PrefectEvent], since: Micros) -> tuple[ImportedStep, ...]:
    """The steps of an artifact that was brought before, when it had last been updated at `since`.

    The last one says all that it is now: so a change in between, of which no event is left, is not missed.
    """
    changes = [event for event in in_order(events) if event.kind == UPDATED and event.occurred > since]
    closing = _closing(artifact, content_of(artifact))
    return _dated([*map(_change, _newest(changes)), closing], since, artifact.updated)


def content_of(artifact: PrefectArtifact) -> Fields:
    return {"data": artifact.data, "description": artifact.description, "metadata": artifact.metadata}


def in_order(events: Iterable[PrefectEvent]) -> list[PrefectEvent]:
    return sorted(events, key=lambda event: (event.occurred, event.id))


def said(event: PrefectEvent) -> Fields:
    """What a payload says of an artifact's content."""
    payload = _decode(event.payload)
    named = {"data": payload.data, "description": payload.description, "metadata": payload.metadata}
    return {name: bytes(text).decode() for name, text in named.items() if not isinstance(text, UnsetType)}


def _newest(changes: Sequence[PrefectEvent]) -> list[PrefectEvent]:
    """Those that are brought one by one."""
    kept: list[PrefectEvent] = []
    size_bytes = 0
    for event in reversed(changes[-STEPS_MAX:]):
        size_bytes += len(event.payload)
        if size_bytes > STEPS_BYTES_MAX:
            break
        kept.insert(0, event)
    return kept


def _announcement(artifact: PrefectArtifact, events: Sequence[PrefectEvent]) -> PrefectEvent | None:
    """The event by which the artifact became the latest of its key.

    A later one that shows it, because those after it were deleted, shows what it had become by then.
    """
    shown = (event for event in events if event.kind in LATEST)
    return next((event for event in shown if event.occurred - artifact.created <= ANNOUNCED_WITHIN), None)


def _said_first(creation: PrefectEvent | None, announcement: PrefectEvent | None) -> Fields:
    """What the events of the creation say of the content at that time."""
    found: Fields = {}
    for event in (creation, announcement):
        found |= {} if event is None else said(event)
    return found


def _folded(steps: Iterable[Fields]) -> Fields:
    found: Fields = {}
    for step in steps:
        found |= step
    return found


def _change(event: PrefectEvent) -> ImportedStep:
    step = ImportedStep(event_id=event.id, occurred=event.occurred, updated=event.occurred, related=event.related)
    return replace(step, **said(event))


def _closing(artifact: PrefectArtifact, fields: Fields) -> ImportedStep:
    """A change of which there is no event: only what came of it is known."""
    id = derived_id(f"change at {artifact.updated}", artifact.id)
    return replace(ImportedStep(event_id=id, occurred=artifact.updated, updated=artifact.updated), **fields)


def _dated(steps: Sequence[ImportedStep], since: Micros, updated: Micros) -> tuple[ImportedStep, ...]:
    """The changes with the artifact's `updated` after each: none goes back, and the last is what it is now.

    An event occurs at the client, a moment after the change that it tells of.
    """
    found = []
    for step in steps:
        since = updated if step is steps[-1] else min(max(step.occurred, since), updated)
        found.append(replace(step, updated=since))
    return tuple(found)
