"""Deciding about events from outside: which of them are news, and where they stand, pure."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from events.catalog import is_reserved
from events.event import Event, Outcome
from events.streams import StreamId, stream_of_outside
from projections.runs.observations import FLOW_RUN, TASK_RUN
from projections.runs.values import resource_id
from service.deciding.commands import RecordEvents
from service.deciding.place import Draft


def streams(events: Iterable[Event]) -> list[StreamId]:
    """The streams of these events, each once."""
    return list(dict.fromkeys(map(stream_of, events)))


def stream_of(event: Event) -> StreamId:
    return stream_of_outside(event.resource["prefect.resource.id"])


def news_of(command: RecordEvents) -> list[Event]:
    """The events that are no echoes. An echo tells of a fact that the log itself has stated: it is accepted, and not
    recorded again."""
    return [event for event in command.events if command.is_own or not is_reserved(event.kind)]


def record(command: RecordEvents, recorded: Iterable[str], versions: Mapping[StreamId, int]) -> list[Draft]:
    """The events that are news, in order. Of an id the first event wins, whatever the others hold.

    `recorded` are those ids that the log has; `versions` are where the streams stand.
    """
    known, now_at = set(recorded), dict(versions)
    drafts = []
    for event in news_of(command):
        if event.id in known:
            continue
        known.add(event.id)
        stream = stream_of(event)
        now_at[stream] += 1
        drafts.append(Draft(stream, now_at[stream], replace(event, origin=command.origin, outcome=_of_runs(event))))
    return drafts


def _of_runs(event: Event) -> Outcome:
    """The runs that an event came from: they are its own resource, or related to it."""
    resources = (event.resource, *event.related)
    flow_run_id, task_run_id = (
        next((id for labels in resources if (id := resource_id(labels, prefix))), None)
        for prefix in (FLOW_RUN.prefix, TASK_RUN.prefix)
    )
    return Outcome(flow_run_id=flow_run_id, task_run_id=task_run_id)
