"""What is to be asked of the upstream, by a clock that is set by hand."""

from projections.runs.observations import FLOW, FLOW_RUN
from service.upstream.wanted import AGAIN_AFTER_S, TRIES_MAX, WANTED_MAX, Wanted


def test_what_is_wanted_is_due_at_once_and_forgotten_when_it_is_found() -> None:
    wanted = Wanted()
    wanted.add(FLOW_RUN, "a", 7, as_of=100)
    assert (wanted.due(FLOW_RUN, 0.0), wanted.due(FLOW, 0.0)) == (["a"], [])
    wanted.asked(FLOW_RUN, ["a"], {"a": 100}, 0.0)
    assert len(wanted) == 0


def test_what_is_found_older_than_its_event_is_asked_for_again_later_and_later() -> None:
    wanted = Wanted()
    wanted.add(FLOW_RUN, "a", 7, as_of=100)
    wanted.asked(FLOW_RUN, ["a"], {"a": 99}, 0.0)
    assert wanted.due(FLOW_RUN, AGAIN_AFTER_S / 2) == []
    assert wanted.due(FLOW_RUN, AGAIN_AFTER_S) == ["a"]
    wanted.asked(FLOW_RUN, ["a"], {}, AGAIN_AFTER_S)
    assert wanted.due(FLOW_RUN, AGAIN_AFTER_S * 2.5) == []
    assert wanted.due(FLOW_RUN, AGAIN_AFTER_S * 3) == ["a"]


def test_what_is_not_there_is_given_up_in_the_end() -> None:
    wanted = Wanted()
    wanted.add(FLOW_RUN, "a", 7)
    for _ in range(TRIES_MAX):
        assert len(wanted) == 1
        wanted.asked(FLOW_RUN, ["a"], {}, 0.0)
    assert len(wanted) == 0


def test_a_later_event_asks_for_a_later_state_of_the_same() -> None:
    wanted = Wanted()
    wanted.add(FLOW_RUN, "a", 7, as_of=100)
    wanted.add(FLOW_RUN, "a", 8, as_of=200)
    wanted.asked(FLOW_RUN, ["a"], {"a": 100}, 0.0)
    assert (len(wanted), wanted.complete_to(9)) == (1, 6)


def test_all_is_done_up_to_what_still_waits() -> None:
    wanted = Wanted()
    assert wanted.complete_to(9) == 9
    wanted.add(FLOW_RUN, "a", 7)
    wanted.add(FLOW, "f", 5)
    assert wanted.complete_to(9) == 4


def test_there_is_room_for_so_many() -> None:
    wanted = Wanted()
    for number in range(WANTED_MAX):
        assert wanted.has_room
        wanted.add(FLOW_RUN, str(number), 1)
    assert not wanted.has_room
