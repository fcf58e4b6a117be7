"""The rules of deliveries: given these, those may be handed out, and these fail like that."""

import pytest

from events.subscriptions.rules import (
    BACKOFF_S_MAX,
    SECOND,
    Failure,
    after_failures,
    backoff,
    due,
    expired,
    given_back,
    offered,
)
from events.subscriptions.subscription import Delivery, State

NOW = 1_000 * SECOND
LATER = NOW + 1
NO = Failure("no", 5 * SECOND)


def waiting(position: int, stream: str = "a", until: int = 0, attempt: int = 0) -> Delivery:
    return Delivery(position=position, stream=("thing", stream), until=until, attempt=attempt)


def leased(position: int, stream: str = "a", until: int = LATER, attempt: int = 1) -> Delivery:
    return Delivery(
        position=position,
        stream=("thing", stream),
        state=State.LEASED,
        attempt=attempt,
        until=until,
        lease="l",
        member="ann",
    )


def positions(deliveries: list[Delivery]) -> list[int]:
    return [each.position for each in deliveries]


@pytest.mark.parametrize(
    ("outstanding", "may_go"),
    [
        ([], []),
        ([waiting(1), waiting(2, "b"), waiting(3)], [1, 2, 3]),
        ([leased(1), waiting(2), waiting(3, "b")], [3]),
        ([waiting(1, until=LATER), waiting(2), waiting(3, "b")], [3]),
        ([waiting(1), waiting(2, until=LATER), waiting(3)], [1]),
        ([waiting(1), leased(2), waiting(3, "b")], [3]),  # a retry stands before what another member holds
        ([waiting(1, until=NOW)], [1]),
    ],
)
def test_a_stream_goes_out_in_order_and_to_one_at_a_time(outstanding: list[Delivery], may_go: list[int]) -> None:
    assert positions(offered(outstanding, NOW, 10)) == may_go


def test_no_more_are_offered_than_are_asked_for() -> None:
    assert positions(offered([waiting(1), waiting(2), waiting(3)], NOW, 2)) == [1, 2]


def test_a_lease_has_ended_when_its_time_has_come_and_not_before() -> None:
    assert list(expired([leased(1), leased(2, until=NOW), waiting(3)], NOW)) == [2]


def test_a_failed_event_waits() -> None:
    [failed] = after_failures([leased(1)], {1: NO}, attempts_max=2, now=NOW)
    assert (failed.state, failed.until, failed.error, failed.attempt) == (State.WAITING, NOW + 5 * SECOND, "no", 1)


def test_a_failed_event_is_parked_after_its_last_attempt() -> None:
    [failed] = after_failures([leased(1, attempt=2)], {1: NO}, attempts_max=2, now=NOW)
    assert (failed.state, failed.until, failed.error, failed.attempt) == (State.PARKED, NOW, "no", 2)


def test_with_the_first_that_fails_the_rest_of_its_stream_is_given_back_untried() -> None:
    changed = after_failures([leased(1), leased(2), leased(3, "b")], {1: NO, 2: NO}, attempts_max=2, now=NOW)
    assert [(each.position, each.state, each.attempt) for each in changed] == [
        (1, State.WAITING, 1),
        (2, State.WAITING, 0),
    ]


def test_those_before_the_one_that_fails_stay_where_they_are() -> None:
    assert positions(after_failures([leased(1), leased(2)], {2: NO}, attempts_max=2, now=NOW)) == [2]


def test_a_parked_event_keeps_nobody_waiting() -> None:
    changed = after_failures([leased(1, attempt=2), leased(2)], {1: NO}, attempts_max=2, now=NOW)
    assert positions(changed) == [1]


def test_what_is_given_back_is_as_it_was() -> None:
    assert given_back(leased(1, attempt=3)) == waiting(1, attempt=2)


def test_the_wait_doubles_with_each_attempt_up_to_a_limit() -> None:
    assert [backoff(attempt, 0) // SECOND for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert backoff(100, 0) == BACKOFF_S_MAX * SECOND


def test_noise_spreads_the_waits_over_their_later_half() -> None:
    assert (backoff(3, 1), backoff(3, 0.5)) == (2 * SECOND, 3 * SECOND)


def test_the_next_moment_is_when_a_wait_or_a_lease_ends() -> None:
    assert due([waiting(1), waiting(2, until=NOW + 9), leased(3, until=NOW + 5)], NOW) == NOW + 5
    assert due([waiting(1)], NOW) is None
