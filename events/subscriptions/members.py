"""What members do: fetch events under a lease, then ack, nack, extend or give back.

Any number of them, in any number of processes: each step is one transaction that holds the subscription's row.
Times are those of each process's clock. If two disagree, a lease may seem to end early by as much to the other:
then an event goes out a second time, and what the first member answers is refused.
"""

import random
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from events.event import Micros
from events.filter import EventFilter
from events.matching import Matcher
from events.published import Published
from events.reading import Span, publish, read_span
from events.stores.sql import Fetch, SqlStore
from events.stores.tables import storable
from events.subscriptions import rules, tables
from events.subscriptions.errors import StaleTokens
from events.subscriptions.registry import PARKED_MAX, check_enabled, find, locked, switch
from events.subscriptions.rules import Failure
from events.subscriptions.subscription import Delivery, State, Subscription

FETCH_MAX = 100
"""Events in one fetch."""
OUTSTANDING_MAX = 1_000
"""Deliveries of one subscription that are leased or wait. What follows in the log waits there."""
AHEAD_EVENTS_MAX = 200
"""Events that one step of scanning looks at."""
AHEAD_STEPS_MAX = 20
"""Steps of scanning before a fetch answers, though nothing has matched."""
REMEMBER_S = 1.0
"""How long a scan that found nothing is kept in memory only: an idle subscription writes no more often."""
ERROR_MAX = 500
"""Characters of an error that are kept."""

_TOKEN = re.compile(r"([1-9][0-9]{0,17})\.[0-9a-f]{32}")


class Leased(Struct, frozen=True):
    """An event in the hands of a member, until it is settled or the lease ends."""

    delivery: Delivery
    event: Published


class Members:
    """Named subscriptions, as their members see them. All methods raise SubscriptionNotFound, StorageUnavailable."""

    def __init__(self, store: SqlStore, noise: Callable[[], float] = random.random) -> None:
        self._store = store
        self._noise = noise
        self._scanned: dict[tuple[int, str, Micros], tuple[int, float]] = {}

    async def fetch(self, log: str, name: str, member: str, limit: int) -> list[Leased]:
        """The next events, at most `limit`, leased to a member; none if there are none just now.

        Raises SubscriptionDisabled.
        """
        subscription = await find(self._store, log, name)
        check_enabled(subscription)
        outstanding = await self._outstanding(subscription)
        now = self._store.clock()
        is_due = bool(rules.expired(outstanding, now))
        ready = len(rules.offered(outstanding, now, limit))
        span = None
        if ready < limit and not is_due:
            span = await self._ahead(log, subscription, OUTSTANDING_MAX - len(outstanding))
        if not ready and not is_due and span is None:
            return []
        leased = await self._lease(subscription, span, member, limit)
        return await self._with_events(log, subscription, leased, span)

    async def due(self, log: str, name: str) -> Micros | None:
        """When something may come to be had though no event is appended; None: never."""
        return rules.due(await self._outstanding(await find(self._store, log, name)), self._store.clock())

    async def ack(self, log: str, name: str, tokens: Sequence[str]) -> None:
        """These events are done. Raises StaleTokens."""
        number = await self._store.log_number(log)

        async def work(fetch: Fetch) -> None:
            subscription = await locked(fetch, number, name)
            held = await _held(fetch, subscription, tokens)
            await fetch(tables.SETTLE, of_log=number, of_name=name, positions=[each.position for each in held])
            if subscription.failures:
                await switch(fetch, number, name, reason=subscription.disabled)

        await self._store.beside(work)

    async def nack(
        self, log: str, name: str, tokens: Sequence[str], *, error: str = "", delay: Micros | None = None
    ) -> None:
        """These events failed: each waits (by default longer after each attempt), or is parked. Raises StaleTokens."""
        number = await self._store.log_number(log)
        now, noise = self._store.clock(), self._noise()

        async def work(fetch: Fetch) -> None:
            subscription = await locked(fetch, number, name)
            failures = {
                each.position: Failure(
                    error[:ERROR_MAX], rules.backoff(each.attempt, noise) if delay is None else delay
                )
                for each in await _held(fetch, subscription, tokens)
            }
            await _fail(fetch, subscription, await _outstanding(fetch, subscription), failures, now)

        await self._store.beside(work)

    async def extend(self, log: str, name: str, tokens: Sequence[str], by: Micros | None = None) -> Micros:
        """Hold these leases for longer from now on, by default as long as a new one; answer until when.

        Raises StaleTokens.
        """
        number = await self._store.log_number(log)
        now = self._store.clock()

        async def work(fetch: Fetch) -> Micros:
            subscription = await locked(fetch, number, name)
            positions = [each.position for each in await _held(fetch, subscription, tokens)]
            ends = now + (subscription.terms.visibility if by is None else by)
            await fetch(tables.EXTEND, of_log=number, of_name=name, positions=positions, ends=ends)
            return ends

        return await self._store.beside(work)

    async def give_back(self, log: str, name: str, tokens: Iterable[str], *, lost: str | None = None) -> None:
        """End these leases, as far as they still hold: for their events it was no attempt.

        `lost` says why a member can go on no more; then the first counts as failed, since it was probably at that.
        """
        number = await self._store.log_number(log)
        given = frozenset(tokens)
        now = self._store.clock()

        async def work(fetch: Fetch) -> None:
            subscription = await locked(fetch, number, name)
            held = [each for each in await _outstanding(fetch, subscription) if _is_held(each, given)]
            changes = {each.position: rules.given_back(each) for each in held}
            if lost is not None and held:
                failed = {held[0].position: Failure(lost, 0)}
                max_ = subscription.terms.attempts_max
                after = rules.after_failures(held, failed, attempts_max=max_, now=now)
                changes.update((each.position, each) for each in after)
            await _write(fetch, subscription, changes.values())

        await self._store.beside(work)

    async def _outstanding(self, subscription: Subscription) -> list[Delivery]:
        return await _outstanding(self._store.fetch, subscription)

    async def _ahead(self, log: str, subscription: Subscription, room: int) -> Span | None:
        """What matches beyond what was scanned, as far as there is room; None if nothing has to be written yet."""
        key = (subscription.log, subscription.name, subscription.begun)
        after, written_at = self._scanned.get(key, (0, time.monotonic()))
        after = max(after, subscription.scanned)
        span = await self._scan(log, subscription, after) if room > 0 else Span(after, after, after)
        if span.to == after:
            is_news = subscription.scanned < after and time.monotonic() - written_at >= REMEMBER_S
            return self._wrote(key, span) if is_news else None
        if span.events or time.monotonic() - written_at >= REMEMBER_S:
            return self._wrote(key, _first_of(span, room))
        self._scanned[key] = (span.to, written_at)
        return None

    def _wrote(self, key: tuple[int, str, Micros], span: Span) -> Span:
        self._scanned[key] = (span.after, time.monotonic())
        return span

    async def _scan(self, log: str, subscription: Subscription, after: int) -> Span:
        matcher = matcher_of(subscription.terms.filter)
        span = Span(after, after, after)
        for _ in range(AHEAD_STEPS_MAX):
            span = await read_span(self._store, log, after=span.to, matcher=matcher, limit=AHEAD_EVENTS_MAX)
            if span.events or span.is_at_head:
                break
        return Span(after, span.to, span.head, span.events)

    async def _lease(self, subscription: Subscription, span: Span | None, member: str, limit: int) -> list[Delivery]:
        lease, now = secrets.token_hex(16), self._store.clock()
        which = {"of_log": subscription.log, "of_name": subscription.name}

        async def work(fetch: Fetch) -> list[Delivery]:
            current = await locked(fetch, subscription.log, subscription.name)
            check_enabled(current)
            if span is not None and current.begun == subscription.begun and current.scanned <= span.after:
                positions = [event.position for event in span.events]
                if positions:
                    await fetch(tables.HAND_IN, **which, positions=positions)
                await fetch(tables.SCANNED, **which, to=span.to)
            outstanding = await _outstanding(fetch, current)
            outstanding = await _fail(fetch, current, outstanding, rules.expired(outstanding, now), now)
            offered = rules.offered(outstanding, now, limit)
            ends = now + current.terms.visibility
            positions = [each.position for each in offered]
            if positions:
                await fetch(tables.LEASE, **which, positions=positions, ends=ends, new_lease=lease, new_member=member)
            return [
                replace(each, state=State.LEASED, attempt=each.attempt + 1, until=ends, lease=lease, member=member)
                for each in offered
            ]

        return await self._store.beside(work)

    async def _with_events(
        self, log: str, subscription: Subscription, leased: list[Delivery], span: Span | None
    ) -> list[Leased]:
        """The events of these deliveries, as many as one answer holds; the rest is given back."""
        known = {event.position: event for event in span.events} if span is not None else {}
        missing = [each.position for each in leased if each.position not in known]
        if missing:
            headers = await self._store.fetch(tables.HEADERS_AT, of_log=subscription.log, positions=missing)
            known.update((event.position, event) for event in await publish(self._store, subscription.log, headers))
        rest = [each.token for each in leased if each.position not in known]
        if rest:
            await self.give_back(log, subscription.name, rest)
        return [Leased(each, known[each.position]) for each in leased if each.position in known]


@lru_cache(maxsize=1024)
def matcher_of(filter: str) -> Matcher:
    return Matcher(EventFilter.model_validate_json(filter))


def _first_of(span: Span, room: int) -> Span:
    """The beginning of a span, with no more events than there is room for."""
    if len(span.events) <= room:
        return span
    events = span.events[:room]
    return Span(span.after, events[-1].position, span.head, events)


async def _outstanding(fetch: Fetch, subscription: Subscription) -> list[Delivery]:
    rows = await fetch(tables.OUTSTANDING, of_log=subscription.log, of_name=subscription.name)
    return [Delivery.from_row(row) for row in rows]


async def _held(fetch: Fetch, subscription: Subscription, tokens: Sequence[str]) -> list[Delivery]:
    """The deliveries that these tokens hold, by position. Raises StaleTokens."""
    positions = [int(found[1]) for found in map(_TOKEN.fullmatch, tokens) if found]
    rows = await fetch(tables.AT, of_log=subscription.log, of_name=subscription.name, positions=positions)
    held = {each.token: each for each in map(Delivery.from_row, rows) if each.state is State.LEASED}
    stale = [token for token in tokens if token not in held]
    if stale:
        raise StaleTokens(stale)
    wanted = frozenset(tokens)
    return [each for token, each in held.items() if token in wanted]


def _is_held(each: Delivery, tokens: frozenset[str]) -> bool:
    return each.state is State.LEASED and each.token in tokens


async def _fail(
    fetch: Fetch,
    subscription: Subscription,
    outstanding: Sequence[Delivery],
    failures: "dict[int, Failure]",
    now: Micros,
) -> list[Delivery]:
    """Write what becomes of these failures; answer with what is outstanding then."""
    attempts_max = subscription.terms.attempts_max
    changes = rules.after_failures(outstanding, failures, attempts_max=attempts_max, now=now)
    await _write(fetch, subscription, changes)
    return rules.changed_by(outstanding, changes)


async def _write(fetch: Fetch, subscription: Subscription, changes: Iterable[Delivery]) -> None:
    which = {"of_log": subscription.log, "of_name": subscription.name}
    is_parking = False
    for each in changes:
        is_parking = is_parking or each.state is State.PARKED
        await fetch(
            tables.CHANGE,
            **which,
            at=each.position,
            new_state=each.state.value,
            new_attempt=each.attempt,
            new_until=each.until,
            new_lease=each.lease,
            new_member=each.member,
            new_error=storable(each.error),
        )
    if is_parking:
        [(_, _, parked)] = await fetch(tables.STANDING, **which)
        if parked >= PARKED_MAX:
            reason = f"{parked} of its events are parked, which is the limit."
            await switch(fetch, subscription.log, subscription.name, failed=subscription.failures, reason=reason)
