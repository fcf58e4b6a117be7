"""Which events from outside are news, and where they stand: pure."""

from events.event import Event, Origin
from events.streams import StreamId
from events.testing import an_event
from service.deciding import outside
from service.deciding.commands import RecordEvents
from service.deciding.place import Draft

SHIP, PORT = StreamId("resource", "ship"), StreamId("resource", "port")


def about(resource_id: str, id: str, **facts: str) -> Event:
    return an_event(id=id, resource={"prefect.resource.id": resource_id}, **{"kind": "sailed", **facts})


def record(*events: Event, recorded: tuple[str, ...] = ()) -> list[Draft]:
    command = RecordEvents(events=events, origin=Origin(actor="ann"))
    return outside.record(command, recorded, {SHIP: 4, PORT: 0})


def test_an_event_stands_next_in_the_stream_of_its_resource() -> None:
    drafts = record(about("ship", "a"), about("port", "b"), about("ship", "c"))
    assert [(draft.stream, draft.version) for draft in drafts] == [(SHIP, 5), (PORT, 1), (SHIP, 6)]


def test_an_event_is_kept_as_it_was_sent_with_where_it_came_from() -> None:
    sent = about("ship", "a", content='{"knots": 1.0}', follows="b")
    [draft] = record(sent)
    assert draft.event.origin == Origin(actor="ann")
    assert (draft.event.content, draft.event.follows) == (sent.content, sent.follows)


def test_an_id_that_is_recorded_is_not_recorded_again() -> None:
    assert record(about("ship", "a"), recorded=("a",)) == []


def test_of_an_id_that_comes_twice_the_first_wins() -> None:
    [draft] = record(about("ship", "a", content="1"), about("port", "a", content="2"))
    assert (draft.stream, draft.event.content) == (SHIP, "1")


def test_echoes_of_what_the_log_states_itself_are_not_recorded() -> None:
    echoes = [about("ship", kind, kind=f"prefect.{kind}") for kind in ("artifact.created", "artifact-collection.x")]
    assert record(*echoes) == []


def test_a_kind_that_only_resembles_the_reserved_ones_is_news() -> None:
    assert len(record(about("ship", "a", kind="prefect.artifacts"), about("ship", "b", kind="prefect.asset.x"))) == 2


def test_what_only_the_service_states_is_news_from_itself_alone() -> None:
    observed = about("ship", "a", kind="digsite.flow-run.observed")
    assert record(observed) == []
    assert len(outside.record(RecordEvents(events=(observed,), is_own=True), (), {SHIP: 4})) == 1
