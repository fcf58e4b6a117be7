"""The public form of an event: every kind, whatever its size, and what stands for what is not shown."""

import json
from typing import Any

import pytest

from events.catalog import KINDS
from events.payload import INLINE_BYTES_MAX, Body, body_positions
from events.published import PUBLISHED_BYTES_MAX, Published
from tests.unit.publishing import header, published, shown

CONTENT = '{"data":[1.0,"\\u00fc"],"description":"why","metadata_":{"a":"b"}}'
FRAME_BYTES_MAX = 1024 * 1024
"""What Prefect's client takes at once."""

CREATED, UPDATED, DELETED = (f"prefect.artifact.{each}" for each in ("created", "updated", "deleted"))
COLLECTIONS = [f"prefect.artifact-collection.{each}" for each in ("created", "updated", "deleted")]
ARTIFACT = {"key": "k", "type": "table", "data_position": 3, "description_position": 3}


def event_of(event: Published) -> dict[str, Any]:
    shown = json.loads(event.json)
    assert list(shown) == ["occurred", "event", "resource", "related", "payload", "id", "follows", "received"]
    return shown


def payload(kind: str, *bodies: tuple[int, Body], **facts: Any) -> Any:
    return event_of(published(9, dict(bodies), kind=kind, **facts))["payload"]


# every kind


@pytest.mark.parametrize("kind", [CREATED, DELETED])
def test_an_artifacts_event_tells_key_type_and_description(kind: str) -> None:
    told = payload(kind, (3, shown(CONTENT)), **ARTIFACT)
    assert list(told.items()) == [("key", "k"), ("type", "table"), ("description", "why")]


@pytest.mark.parametrize("kind", COLLECTIONS)
def test_a_collections_event_tells_the_data_too(kind: str) -> None:
    told = payload(kind, (3, shown(CONTENT)), **ARTIFACT)
    assert list(told.items()) == [("key", "k"), ("type", "table"), ("data", [1.0, "ü"]), ("description", "why")]


def test_an_updates_payload_is_the_body_that_was_sent() -> None:
    assert published(9, {9: shown('{"data":60.0}')}, kind=UPDATED).payload == '{"data":60.0}'


def test_data_and_description_may_stand_apart() -> None:
    facts = ARTIFACT | {"description_position": 5}
    told = payload(COLLECTIONS[1], (3, shown('{"data":1.0}')), (5, shown('{"description":"later"}')), **facts)
    assert (told["data"], told["description"]) == (1.0, "later")


def test_what_clients_send_leaves_as_it_came() -> None:
    content = '{"n": 1.0, "big": 1180591620717411303424, "s": "\\u00fc\\u0000"}'
    assert published(9, {9: shown(content)}, kind="prefect.asset.referenced").payload == content


def test_without_a_body_the_payload_of_a_clients_event_is_empty() -> None:
    assert payload("ship.sailed", commitment=None) == {}


@pytest.mark.parametrize("kind", [each.name for each in KINDS])
def test_every_kind_says_which_bodies_it_needs_and_uses_no_other(kind: str) -> None:
    row = header(9, kind=kind, **ARTIFACT)
    assert set(body_positions(row)) <= {3, 9}
    told = Published(row, {each: shown(CONTENT) for each in body_positions(row)})
    assert "why" in told.payload


@pytest.mark.parametrize("kind", [each.name for each in KINDS])
def test_a_body_that_is_gone_leaves_the_rest(kind: str) -> None:
    told = payload(kind, **ARTIFACT)
    gone = {"data": None, "description": None}
    facts = {"key": "k", "type": "table"}
    states = dict.fromkeys(COLLECTIONS, facts | gone) | dict.fromkeys((CREATED, DELETED), facts | {"description": None})
    assert told == states.get(kind, {})


def test_text_that_a_database_cannot_hold_is_shown_as_it_was() -> None:
    event = published(kind="a \0 and \x10", resource={"prefect.resource.id": "ü\0"})
    assert event.kind == "a \0 and \x10"
    assert (event_of(event)["event"], event_of(event)["resource"]) == ("a \0 and \x10", {"prefect.resource.id": "ü\0"})
    assert payload(DELETED, type="\0", key=None, description_position=1)["type"] == "\0"


def test_moments_and_ids_are_in_prefects_form() -> None:
    event = event_of(published(1, occurred=1_795_259_822_000_000, follows="0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"))
    assert (event["occurred"], event["received"]) == ("2026-11-21T11:17:02Z", "2026-11-21T11:17:02.000001Z")
    assert event["follows"] == "0199d5c4-1c2e-7a31-b0d2-6a7f4e1c9a55"


# what is too large


@pytest.mark.parametrize("kind", [UPDATED, "ship.sailed"])
def test_a_body_above_the_limit_is_named(kind: str) -> None:
    told = payload(kind, (9, Body(INLINE_BYTES_MAX + 1, None)))
    assert told == {"digsite.body": {"position": 9, "size_bytes": INLINE_BYTES_MAX + 1, "path": "/log/9/body"}}


def test_of_a_large_table_the_collections_event_says_where_it_is() -> None:
    told = payload(COLLECTIONS[0], (3, Body(5_000_000, None)), **ARTIFACT)
    reference = {"position": 3, "size_bytes": 5_000_000, "path": "/log/3/body"}
    assert told == {"key": "k", "type": "table", "digsite.body": reference}


def test_by_reference_bodies_are_named_whatever_their_size() -> None:
    event = published(9, {3: shown(CONTENT)}, kind=COLLECTIONS[0], **ARTIFACT)
    reference = {"position": 3, "size_bytes": len(CONTENT), "path": "/log/3/body"}
    assert json.loads(event.json_by_reference)["payload"] == {"key": "k", "type": "table", "digsite.body": reference}


def test_by_reference_an_event_without_a_body_names_none() -> None:
    assert json.loads(published(9, kind="ship.sailed").json_by_reference)["payload"] == {}


@pytest.mark.parametrize("letter", ["x", "ü", "€", "😀"])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_an_event_is_whole_up_to_the_limit_counted_in_bytes(letter: str, beyond: int) -> None:
    empty = len(published(1, {1: shown('{"a":""}')}, kind="ship.sailed").json.encode())
    room = PUBLISHED_BYTES_MAX - empty + beyond
    width = len(letter.encode())
    text = letter * (room // width) + "x" * (room % width)
    event = published(1, {1: shown(f'{{"a":"{text}"}}')}, kind="ship.sailed")
    assert len(event.whole_json.encode()) == PUBLISHED_BYTES_MAX + beyond
    assert ("digsite.body" in event.json) == (beyond > 0)
    assert len(event.json.encode()) <= PUBLISHED_BYTES_MAX


@pytest.mark.parametrize("letter", ["x", "😀", '"', "\0"])
def test_of_an_event_whose_labels_are_too_large_what_it_is_about_is_left(letter: str) -> None:
    labels = {"prefect.resource.id": "ship.one", "label": letter * 1_400_000}
    event = published(7, kind="ship.sailed", resource=labels, related=({"prefect.resource.role": "x"},))
    told = event_of(event)
    assert told["resource"] == {"prefect.resource.id": "ship.one"}
    assert told["related"] == []
    assert told["payload"] == {"digsite.event": {"position": 7, "path": "/log/7"}}
    assert event.json == event.json_by_reference
    assert json.loads(event.whole_json)["resource"] == labels


def test_a_frame_of_the_largest_event_is_within_what_clients_take() -> None:
    event = published(1, {1: shown('{"a":"' + "x" * (PUBLISHED_BYTES_MAX - 400) + '"}')}, kind="ship.sailed")
    assert len(event.json) > PUBLISHED_BYTES_MAX - 1_000
    assert len(f'{{"type":"event","event":{event.json}}}'.encode()) <= FRAME_BYTES_MAX


# text


def test_the_text_that_is_searched_is_what_a_reader_sees() -> None:
    event = published(1, {1: shown('{"a":"K\\u00d8GE \\"x\\""}')}, kind="Ship", resource={"prefect.resource.id": "One"})
    assert event.text == 'ship\none\n{"a":"køge \\"x\\""}'
