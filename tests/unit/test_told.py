"""What the upstream was told of: when it is asked for it, told again, and when an event is given up."""

import pytest

from events.published import Published
from service.upstream import told as rules
from service.upstream.told import AGAIN_AFTER_S, DUE_AFTER_S, Told
from tests.unit.publishing import published


def some(*positions: int) -> list[Published]:
    return [published(each, id=str(each)) for each in positions]


@pytest.fixture
def told() -> Told:
    told = Told()
    told.add(some(5, 6, 7), 0)
    return told


def test_it_is_asked_when_it_should_be_on_the_disk(told: Told) -> None:
    told.add(some(8), 1)
    assert told.due(DUE_AFTER_S) == ["5", "6", "7"]


def test_the_first_that_waits_holds_the_checkpoint(told: Told) -> None:
    told.forget(["5", "7"])
    assert told.complete_to(9) == 5


def test_when_nothing_waits_all_is_complete(told: Told) -> None:
    told.forget(["5", "6", "7"])
    assert told.complete_to(9) == 9


def test_one_that_is_told_again_holds_the_checkpoint_where_it_did(told: Told) -> None:
    told.forget(["5"])
    told.add(some(5), 1)
    assert told.complete_to(9) == 4


def test_what_is_missing_for_long_is_told_again_in_the_order_of_the_log(told: Told) -> None:
    again, lost = told.overdue(["7", "5"], AGAIN_AFTER_S[0])
    assert [event.position for event in again] == [5, 7]
    assert not lost


def test_what_is_missing_for_a_while_is_not_told_again_yet(told: Told) -> None:
    assert told.overdue(["5"], AGAIN_AFTER_S[0] - 1) == ([], [])


def test_what_is_missing_after_the_last_time_is_given_up(told: Told) -> None:
    now_s = 0.0
    for wait_s in AGAIN_AFTER_S[:-1]:
        now_s += wait_s
        assert [event.id for event in told.overdue(["5"], now_s)[0]] == ["5"]
        told.add(some(5), now_s)
    again, lost = told.overdue(["5"], now_s + AGAIN_AFTER_S[-1])
    assert (list(again), [event.id for event in lost]) == ([], ["5"])


def test_it_has_room_for_so_many_and_for_so_much(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "TOLD_EVENTS_MAX", 3)
    assert not told.has_room
    told.forget(["6"])
    assert told.has_room
    monkeypatch.setattr(rules, "TOLD_BYTES_MAX", 1)
    assert not told.has_room
