"""Artifacts as JSON text, put together from a row and the bodies that it points at. Content goes out as it came in."""

from collections.abc import Mapping, Sequence

from msgspec import Raw

from events.clock import as_text
from events.event import Micros, RecordedEvent
from events.payload import ERASED, decode_content
from events.upcasters import upcast
from projections.artifacts import Artifact
from projections.collections import Collection
from projections.pins import Pin
from service.json_text import quoted


def positions_of(rows: Sequence[Artifact | Collection]) -> set[int]:
    """The positions of the bodies that these rows point at."""
    found: set[int] = set()
    for row in rows:
        found.update((row.data_position, row.description_position, row.metadata_position))
    return found


def artifact(row: Artifact, bodies: Mapping[int, str]) -> str:
    return _object(f'"id":"{row.id}",', f'"key":{quoted(row.key)},', row, bodies)


def collection(row: Collection, bodies: Mapping[int, str]) -> str:
    return _object(f'"id":"{row.id}","key":{quoted(row.key)},"latest_id":"{row.latest_id}",', "", row, bodies)


def latest(row: Collection, bodies: Mapping[int, str]) -> str:
    """The latest artifact of a key. As in Prefect, its `id` is the collection's."""
    return _object(f'"id":"{row.id}",', f'"key":{quoted(row.key)},', row, bodies)


def pin(row: Pin) -> str:
    return (
        f'{{"id":"{row.id}","key":{quoted(row.key)},"type":{quoted(row.type)},'
        f'"pinned":"{as_text(row.recorded)}","position":{row.position}}}'
    )


def created(placed: RecordedEvent) -> str:
    """An artifact as it was when it was created."""
    outcome = placed.event.outcome
    event = placed.event
    content = decode_content(upcast(event.kind, event.schema_version, event.content or ERASED))
    return _joined(
        f'"id":"{placed.stream.id}",',
        outcome.created or 0,
        outcome.updated or 0,
        f'"key":{quoted(outcome.key)},',
        outcome.type,
        (content.description, content.data, content.metadata_),
        outcome.flow_run_id,
        outcome.task_run_id,
    )


def array(items: Sequence[str]) -> str:
    return f"[{','.join(items)}]"


def _object(first: str, key: str, row: Artifact | Collection, bodies: Mapping[int, str]) -> str:
    of_data = decode_content(bodies.get(row.data_position, ERASED))
    of_description = of_metadata = of_data
    if row.description_position != row.data_position:
        of_description = decode_content(bodies.get(row.description_position, ERASED))
    if row.metadata_position != row.data_position:
        of_metadata = decode_content(bodies.get(row.metadata_position, ERASED))
    return _joined(
        first,
        row.created,
        row.updated,
        key,
        row.type,
        (of_description.description, of_data.data, of_metadata.metadata_),
        row.flow_run_id,
        row.task_run_id,
    )


def _joined(
    first: str,
    created: Micros,
    updated: Micros,
    key: str,
    type: str | None,
    content: tuple[Raw, Raw, Raw],
    flow_run_id: str | None,
    task_run_id: str | None,
) -> str:
    """The object, its fields in Prefect's order."""
    description, data, metadata = (bytes(each).decode() for each in content)
    return (
        f'{{{first}"created":"{as_text(created)}","updated":"{as_text(updated)}",{key}"type":{quoted(type)},'
        f'"description":{description},"data":{data},"metadata_":{metadata},'
        f'"flow_run_id":{quoted(flow_run_id)},"task_run_id":{quoted(task_run_id)}}}'
    )
