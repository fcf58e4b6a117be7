"""The named subscriptions of a log: make, look at, switch, delete."""

from events.event import Micros
from events.stores.sql import HEAD_OF, Fetch, SqlStore, Transaction
from events.stores.tables import Row
from events.subscriptions import tables
from events.subscriptions.errors import (
    SubscriptionDiffers,
    SubscriptionDisabled,
    SubscriptionNotFound,
    TooManySubscriptions,
)
from events.subscriptions.subscription import Standing, Subscription, Terms

SUBSCRIPTIONS_MAX = 1_000
"""Named subscriptions of one log."""
PARKED_MAX = 10_000
"""Parked deliveries of one subscription. With as many it is switched off: something is wrong with all of them."""


async def put(store: SqlStore, log: str, name: str, terms: Terms, *, after: int, reset: bool = False) -> bool:
    """Make a subscription that begins after a position, or change one; tell whether it begins there.

    Raises SubscriptionDiffers if there is one with another filter or start, unless it is `reset`;
    TooManySubscriptions.
    """
    number = await _made(store, log)

    async def work(fetch: Fetch) -> bool:
        found = await fetch(tables.LOCK, of_log=number, of_name=name)
        if found and not reset:
            if not Subscription.from_row(found[0]).terms.is_same_cursor(terms):
                raise SubscriptionDiffers(name)
            await _change(fetch, number, name, terms)
            return False
        if not found and len(await fetch(tables.NAMES_IN, of_log=number)) >= SUBSCRIPTIONS_MAX:
            raise TooManySubscriptions(SUBSCRIPTIONS_MAX)
        await _forget(fetch, number, name)
        await fetch(tables.ADD, **_new(number, name, terms, after, store.clock()).columns())
        return True

    return await store.beside(work, locked_log=log)  # or two could make it at once


async def find(store: SqlStore, log: str, name: str) -> Subscription:
    """Raises SubscriptionNotFound."""
    rows = await store.fetch(tables.FIND, of_log=await store.log_number(log), of_name=name)
    return _first(rows, name)


async def standing(store: SqlStore, log: str, name: str) -> Standing:
    """Raises SubscriptionNotFound."""
    subscription = await find(store, log, name)
    [row] = await store.fetch(tables.STANDING, of_log=subscription.log, of_name=name)
    return _standing(subscription, row, (await store.head(log)).position)


async def standings(store: SqlStore, log: str) -> list[Standing]:
    """Those of all subscriptions of a log, by name."""
    number = await store.log_number(log)
    rows = await store.fetch(tables.ALL_IN, of_log=number)
    counts = {row[0]: row[1:] for row in await store.fetch(tables.STANDINGS, of_log=number)}
    head = (await store.head(log)).position
    found = [Subscription.from_row(row) for row in rows]
    return [_standing(each, counts.get(each.name, (None, 0, 0)), head) for each in found]


async def with_webhook(store: SqlStore) -> list[tuple[str, str]]:
    """Log and name of all subscriptions that are to be posted, and are switched on."""
    return [(log, name) for log, name in await store.fetch(tables.WITH_WEBHOOK)]


async def remove(store: SqlStore, log: str, name: str) -> None:
    """Delete a subscription with all that it owes. Raises SubscriptionNotFound."""
    number = await store.log_number(log)

    async def work(fetch: Fetch) -> None:
        await locked(fetch, number, name)
        await _forget(fetch, number, name)

    await store.beside(work)


async def enable(store: SqlStore, log: str, name: str) -> None:
    """Switch a subscription on, its failures forgotten. Raises SubscriptionNotFound."""
    number = await store.log_number(log)

    async def work(fetch: Fetch) -> None:
        await locked(fetch, number, name)
        await switch(fetch, number, name)

    await store.beside(work)


async def strike(
    store: SqlStore, log: str, name: str, *, failures_max: int, paused_until: Micros = 0, off: str | None = None
) -> str | None:
    """Count a failed post, and tell why the subscription is off, if it is: `off`, or too many failures in a row.

    Raises SubscriptionNotFound.
    """
    number = await store.log_number(log)

    async def work(fetch: Fetch) -> str | None:
        before = await locked(fetch, number, name)
        failures = before.failures + 1
        reason = before.disabled or off
        if reason is None and failures >= failures_max:
            reason = f"{failures} posts in a row have failed."
        await switch(fetch, number, name, failed=failures, quiet_until=paused_until, reason=reason)
        return reason

    return await store.beside(work)


async def locked(fetch: Fetch, log: int, name: str) -> Subscription:
    """The subscription, its row locked until the transaction ends. Raises SubscriptionNotFound."""
    return _first(await fetch(tables.LOCK, of_log=log, of_name=name), name)


async def switch(
    fetch: Fetch, log: int, name: str, *, failed: int = 0, quiet_until: Micros = 0, reason: str | None = None
) -> None:
    await fetch(tables.SWITCH, of_log=log, of_name=name, failed=failed, quiet_until=quiet_until, reason=reason)


def check_enabled(subscription: Subscription) -> None:
    """Raises SubscriptionDisabled."""
    if subscription.disabled is not None:
        raise SubscriptionDisabled(subscription.name, subscription.disabled)


def _first(rows: list[Row], name: str) -> Subscription:
    if not rows:
        raise SubscriptionNotFound(name)
    return Subscription.from_row(rows[0])


def _standing(subscription: Subscription, counts: Row, head: int) -> Standing:
    first, outstanding, parked = counts
    checkpoint = subscription.scanned if first is None else min(first - 1, subscription.scanned)
    return Standing(subscription, max(head, checkpoint), checkpoint, outstanding, parked)


def _new(log: int, name: str, terms: Terms, after: int, begun: Micros) -> Subscription:
    return Subscription(
        log=log, name=name, terms=terms, scanned=after, begun=begun, failures=0, paused_until=0, disabled=None
    )


async def _change(fetch: Fetch, log: int, name: str, terms: Terms) -> None:
    await fetch(
        tables.PUT_WAY,
        of_log=log,
        of_name=name,
        new_visibility=terms.visibility,
        new_attempts_max=terms.attempts_max,
        new_webhook=terms.webhook,
    )


async def _forget(fetch: Fetch, log: int, name: str) -> None:
    await fetch(tables.FORGET, of_log=log, of_name=name)
    await fetch(tables.REMOVE, of_log=log, of_name=name)


async def _made(store: SqlStore, log: str) -> int:
    """The number of the log. One that was never written to begins to be."""

    async def nothing(_: Transaction) -> None: ...

    if not await store.fetch(HEAD_OF, name=log):
        await store.transact(log, nothing)
    return await store.log_number(log)
