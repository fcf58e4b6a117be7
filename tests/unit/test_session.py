"""The session of one reader of the stream: what it is told of the spans that it is given."""

import json
from typing import Any

import pytest

from events.cursor import Cursor
from events.reading import Span
from events.store import Head
from service.streams.session import SILENT_POSITIONS_MAX, Session, invalid_frame, refused_frame
from service.streams.starting import AheadOfHead, OtherEpoch
from tests.unit.publishing import published, shown, span


def session(after: int = 0, **options: Any) -> Session:
    return Session(Cursor("default", after), **options)


def live_session(after: int = 0, **options: Any) -> Session:
    """One whose reader was told that it has caught up."""
    reader = session(after, **options)
    assert types(told(reader, span(after, after))) == ["caught_up"]
    return reader


def told(reader: Session, *spans: Span, is_live: bool = True) -> list[dict[str, Any]]:
    """The frames that these spans make."""
    return [json.loads(frame) for each in spans for frame in reader.receive(each, is_live=is_live)]


def types(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


def ranges(frames: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(frame["from"], frame["to"]) for frame in frames if frame["type"] == "events"]


# events


def test_a_frame_has_what_the_span_has() -> None:
    [frame, _] = told(session(), span(0, 3, 1, 3))
    cursor = Cursor("default", 3).encode()
    assert list(frame) == ["type", "from", "to", "head", "cursor", "events"]
    assert {**frame, "events": None} == {
        "type": "events",
        "from": 0,
        "to": 3,
        "head": 3,
        "cursor": cursor,
        "events": None,
    }
    assert [each["position"] for each in frame["events"]] == [1, 3]
    assert list(frame["events"][0]["event"])[:3] == ["occurred", "event", "resource"]


def test_a_frame_begins_where_the_one_before_ended() -> None:
    frames = told(session(), span(0, 2, 1, 2, head=5), span(2, 4, 4, head=5), span(4, 5, 5))
    assert ranges(frames) == [(0, 2), (2, 4), (4, 5)]


def test_what_the_filter_left_out_is_covered_by_the_next_frame() -> None:
    frames = told(live_session(), span(0, 3), span(3, 7), span(7, 9, 8))
    assert ranges(frames) == [(0, 9)]


def test_a_heartbeat_moves_on_where_the_next_frame_begins() -> None:
    frames = told(live_session(), span(0, 3), span(3, 3), span(3, 5, 4))
    assert types(frames) == ["heartbeat", "events"]
    assert ranges(frames) == [(3, 5)]


def test_a_session_that_begins_in_the_middle_says_so() -> None:
    assert ranges(told(session(after=10), span(10, 12, 11))) == [(10, 12)]


def test_the_cursor_is_that_of_what_was_told_with_its_log_and_epoch() -> None:
    reader = Session(Cursor("acme/research", 4, epoch=3))
    assert reader.cursor == Cursor("acme/research", 4, 3)
    [frame, _] = told(reader, span(4, 6, 5))
    assert Cursor.decode(frame["cursor"]) == reader.cursor == Cursor("acme/research", 6, 3)


def test_what_is_passed_over_in_silence_does_not_move_the_cursor() -> None:
    reader = live_session()
    assert told(reader, span(0, 3)) == []
    assert reader.cursor.position == 0


# caught up


def test_a_reader_is_told_once_that_it_has_caught_up() -> None:
    assert types(told(session(), span(0, 2, 1), span(2, 3, 3), span(3, 4, 4))) == [
        "events",
        "caught_up",
        "events",
        "events",
    ]


def test_whoever_begins_at_the_head_has_caught_up_at_once() -> None:
    [frame] = told(session(after=7), span(7, 7))
    assert frame == {"type": "caught_up", "to": 7, "head": 7, "cursor": Cursor("default", 7).encode()}


def test_a_page_that_reaches_the_head_has_caught_up() -> None:
    assert types(told(session(), span(0, 2, 1), is_live=False)) == ["events", "caught_up"]


def test_a_page_that_does_not_is_events_alone() -> None:
    assert types(told(session(), span(0, 2, 1, head=3), is_live=False)) == ["events"]


def test_a_reader_that_falls_behind_the_ring_is_told_again_when_it_has_caught_up() -> None:
    reader = live_session()
    assert types(told(reader, span(0, 50, 1, head=100), is_live=False)) == ["events"]
    assert types(told(reader, span(50, 100, 99), is_live=True)) == ["events", "caught_up"]


def test_a_reader_a_little_behind_within_the_ring_has_not_fallen_behind() -> None:
    frames = told(live_session(), span(0, 50, 1, head=100), span(50, 100, 99))
    assert types(frames) == ["events", "events"]


# heartbeats


def test_a_beat_without_news_is_a_heartbeat() -> None:
    [frame] = told(live_session(after=4), span(4, 4))
    assert frame == {"type": "heartbeat", "to": 4, "head": 4, "cursor": Cursor("default", 4).encode()}


@pytest.mark.parametrize("is_live", [True, False])
def test_a_reader_whose_filter_leaves_out_very_much_hears_how_far_it_is(is_live: bool) -> None:
    reader = live_session()
    far = SILENT_POSITIONS_MAX
    assert told(reader, span(0, far - 1, head=2 * far), is_live=is_live) == []
    [frame] = told(reader, span(far - 1, far, head=2 * far), is_live=is_live)
    assert (frame["type"], frame["to"], frame["head"]) == ("heartbeat", far, 2 * far)


# frames that are shared


def test_readers_who_were_told_as_much_share_one_text() -> None:
    shared = span(0, 2, 1, 2)
    [first], [second] = (live_session().receive(shared, is_live=True) for _ in "ab")
    assert first is second


def test_a_reader_who_was_told_less_has_a_text_of_its_own() -> None:
    later, earlier = live_session(after=5), live_session()
    told(earlier, span(0, 5))
    shared = span(5, 6, 6)
    assert ranges(told(later, shared)) == [(5, 6)]
    assert ranges(told(earlier, shared)) == [(0, 6)]


def test_a_reader_by_reference_is_not_given_the_text_of_others() -> None:
    event = published(1, {1: shown('{"n":1}')})
    shared = Span(0, 1, 1, (event,))
    [[inline], [named]] = [told(live_session(by_reference=by_reference), shared) for by_reference in (False, True)]
    assert inline["events"][0]["event"]["payload"] == {"n": 1}
    assert named["events"][0]["event"]["payload"] == {
        "digsite.body": {"position": 1, "size_bytes": 7, "path": "/log/1/body"}
    }


# refusals


def test_a_refusal_says_why_and_what_to_do() -> None:
    frame = json.loads(refused_frame(AheadOfHead(9, Head(log="default", epoch=1, position=3, recorded=0, hash=b""))))
    assert (frame["type"], frame["reason"]) == ("refused", "ahead_of_head")
    assert (frame["position"], frame["head"], frame["epoch"]) == (9, 3, 1)
    assert frame["detail"].endswith("Begin again from `start`, or from `head` to see only what is new.")


def test_a_cursor_of_before_a_restore_is_told_to_begin_again() -> None:
    restored = Head(log="default", epoch=2, position=3, recorded=0, hash=b"")
    frame = json.loads(refused_frame(OtherEpoch(Cursor("default", 2, 1), restored)))
    assert (frame["reason"], frame["epoch"]) == ("other_epoch", 2)
    assert "Begin again from `start`" in frame["detail"]


def test_what_was_wrong_is_quoted() -> None:
    assert json.loads(invalid_frame('no "such" thing')) == {
        "type": "refused",
        "reason": "invalid",
        "detail": 'no "such" thing',
    }
