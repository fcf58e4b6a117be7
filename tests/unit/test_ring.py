"""The ring: the newest events, within its bounds."""

import pytest

from events import ring
from events.published import Published
from events.ring import Ring
from tests.unit.publishing import published, shown


def events(first: int, last: int) -> list[Published]:
    return [published(position) for position in range(first, last + 1)]


def positions(ring: Ring, after: int, limit: int = 1_000) -> list[int] | None:
    found = ring.since(after, limit)
    return None if found is None else [event.position for event in found]


@pytest.fixture
def ring_of_six() -> Ring:
    """It has the positions 5 to 10."""
    made = Ring(after=4)
    made.push(events(5, 8))
    made.push(events(9, 10))
    return made


@pytest.mark.parametrize(("after", "found"), [(4, [5, 6, 7, 8, 9, 10]), (7, [8, 9, 10]), (9, [10]), (10, [])])
def test_it_has_what_comes_after_a_position(ring_of_six: Ring, after: int, found: list[int]) -> None:
    assert positions(ring_of_six, after) == found


def test_it_gives_as_much_as_is_asked_for(ring_of_six: Ring) -> None:
    assert positions(ring_of_six, 4, 2) == [5, 6]


@pytest.mark.parametrize("after", [0, 3, 11])
def test_it_does_not_answer_for_what_is_gone_or_not_there_yet(ring_of_six: Ring, after: int) -> None:
    assert positions(ring_of_six, after) is None


def test_an_empty_one_is_at_the_head() -> None:
    empty = Ring(after=7)
    assert (empty.head, positions(empty, 7), positions(empty, 6)) == (7, [], None)
    empty.push([])
    assert empty.head == 7


def test_a_hole_is_not_taken(ring_of_six: Ring) -> None:
    with pytest.raises(AssertionError):
        ring_of_six.push(events(12, 12))


def test_the_oldest_make_room(ring_of_six: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "RING_EVENTS_MAX", 8)
    ring_of_six.push(events(11, 13))
    assert (ring_of_six.after, ring_of_six.head) == (7, 13)
    assert positions(ring_of_six, 6) is None
    assert positions(ring_of_six, 7) == [8, 9, 10, 11, 12, 13]


def test_it_keeps_within_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    large = [published(position, {position: shown('"' + "x" * 10_000 + '"')}) for position in range(1, 101)]
    monkeypatch.setattr(ring, "RING_BYTES_MAX", sum(event.size_bytes for event in large[:10]))
    made = Ring(after=0)
    for event in large:
        made.push([event])
        assert sum(each.size_bytes for each in made.since(made.after, 1_000) or ()) <= ring.RING_BYTES_MAX
    assert made.head == 100
    assert made.head - made.after >= 7


def test_one_event_above_all_bounds_is_let_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "RING_BYTES_MAX", 10)
    made = Ring(after=0)
    made.push(events(1, 1))
    assert (made.after, made.head, positions(made, 0)) == (1, 1, None)
