"""The rules of deliveries, pure: which may be handed out now, and what becomes of those that fail.

A stream's events go out in order: behind one that is leased or waits, the rest of its stream waits. A parked one
is out of the way, so that one poison event does not stop all that ever happens to a thing.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from events.event import Micros
from events.subscriptions.subscription import Delivery, State

BACKOFF_FIRST_S = 1.0
"""How long a failed event waits before its second attempt, at most; then twice as long each time."""
BACKOFF_S_MAX = 3_600
"""The longest wait between two attempts."""
SECOND: Micros = 1_000_000


class Failure(Struct, frozen=True):
    """Why an attempt failed, and how long the event waits before the next."""

    error: str
    delay: Micros


def backoff(attempt: int, noise: float) -> Micros:
    """The wait after a failed attempt. `noise` from 0 to 1 takes up to half of it away: so failures spread out."""
    longest = min(BACKOFF_FIRST_S * 2 ** min(attempt - 1, 30), BACKOFF_S_MAX)
    return int(longest * (1 - noise / 2) * SECOND)


def offered(outstanding: Sequence[Delivery], now: Micros, limit: int) -> list[Delivery]:
    """What may be leased now: of each stream that nobody holds, from its first event on. `outstanding` is by position.

    A retry may stand before an event that is leased: so no lease at all may be on the stream.
    """
    blocked = {each.stream for each in outstanding if each.state is State.LEASED}
    found: list[Delivery] = []
    for each in outstanding:
        if len(found) == limit:
            break
        if each.stream in blocked:
            continue
        if each.until <= now:
            found.append(each)
        else:
            blocked.add(each.stream)
    return found


def expired(outstanding: Iterable[Delivery], now: Micros) -> dict[int, Failure]:
    """The leases that have ended without a word, by position. Their events may go out again at once."""
    return {
        each.position: Failure(f"The lease of member {each.member!r} ended without an answer.", 0)
        for each in outstanding
        if each.state is State.LEASED and each.until <= now
    }


def after_failures(
    outstanding: Iterable[Delivery], failures: Mapping[int, Failure], *, attempts_max: int, now: Micros
) -> list[Delivery]:
    """The deliveries that change when these leases fail. `outstanding` is by position.

    The later events of a stream are given back with the first that failed, whoever failed too: to hand them out
    before it would break the order. For them it was no attempt.
    """
    changed: list[Delivery] = []
    broken: set[tuple[str, str]] = set()
    for each in outstanding:
        if each.state is not State.LEASED:
            continue
        if each.stream in broken:
            changed.append(given_back(each))
        elif each.position in failures:
            failed = _failed(each, failures[each.position], attempts_max, now)
            changed.append(failed)
            if failed.state is State.WAITING:
                broken.add(each.stream)
    return changed


def given_back(delivery: Delivery) -> Delivery:
    """As before it was leased."""
    return replace(delivery, state=State.WAITING, attempt=delivery.attempt - 1, until=0, lease=None, member=None)


def changed_by(outstanding: Iterable[Delivery], changes: Iterable[Delivery]) -> list[Delivery]:
    """What is outstanding after these changes, by position."""
    by_position = {each.position: each for each in changes}
    after = (by_position.get(each.position, each) for each in outstanding)
    return [each for each in after if each.state is not State.PARKED]


def due(outstanding: Iterable[Delivery], now: Micros) -> Micros | None:
    """The next moment at which something may be had though nobody does anything; None: there is none."""
    return min((each.until for each in outstanding if each.until > now), default=None)


def _failed(each: Delivery, failure: Failure, attempts_max: int, now: Micros) -> Delivery:
    if each.attempt >= attempts_max:
        return replace(each, state=State.PARKED, until=now, lease=None, error=failure.error)
    return replace(each, state=State.WAITING, until=now + failure.delay, lease=None, member=None, error=failure.error)
