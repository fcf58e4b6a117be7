"""What is parked: looked at, tried again, discarded. And any event delivered again."""

from msgspec import Struct

from events.published import Published
from events.reading import publish
from events.stores.sql import Fetch, SqlStore
from events.subscriptions import tables
from events.subscriptions.errors import NotDelivered, NotParked
from events.subscriptions.registry import find, locked
from events.subscriptions.subscription import Delivery, State, Subscription

PARKED_PAGE_MAX = 100
"""Parked events in one page."""


class Parked(Struct, frozen=True):
    """An event that was set aside after its last attempt."""

    delivery: Delivery
    event: Published


async def parked(store: SqlStore, log: str, name: str, *, after: int = 0, limit: int = PARKED_PAGE_MAX) -> list[Parked]:
    """A page of what is parked above a position; shorter if the events are large. Raises SubscriptionNotFound."""
    subscription = await find(store, log, name)
    rows = await store.fetch(
        tables.PARKED, of_log=subscription.log, of_name=name, after=after, limit=min(limit, PARKED_PAGE_MAX)
    )
    found = [Delivery.from_row(row) for row in rows]
    positions = [each.position for each in found]
    headers = await store.fetch(tables.HEADERS_AT, of_log=subscription.log, positions=positions)
    events = await publish(store, subscription.log, headers)
    return [Parked(each, event) for each, event in zip(found, events, strict=False)]


async def retry(store: SqlStore, log: str, name: str, position: int) -> None:
    """Deliver a parked event anew. Until it is settled, the later events of its stream wait.

    Raises NotParked, SubscriptionNotFound.
    """
    number = await store.log_number(log)

    async def work(fetch: Fetch) -> None:
        await _parked(fetch, await locked(fetch, number, name), position)
        await _again(fetch, number, name, position)

    await store.beside(work)


async def discard(store: SqlStore, log: str, name: str, position: int) -> None:
    """Give a parked event up. Raises NotParked, SubscriptionNotFound."""
    number = await store.log_number(log)

    async def work(fetch: Fetch) -> None:
        await _parked(fetch, await locked(fetch, number, name), position)
        await fetch(tables.SETTLE, of_log=number, of_name=name, positions=[position])

    await store.beside(work)


async def replay(store: SqlStore, log: str, name: str, position: int) -> None:
    """Deliver any event again that was scanned, whether it matches or not. One that is outstanding stays so.

    Raises NotDelivered, SubscriptionNotFound.
    """
    number = await store.log_number(log)

    async def work(fetch: Fetch) -> None:
        subscription = await locked(fetch, number, name)
        if not 0 < position <= subscription.scanned:
            raise NotDelivered(name, position)
        rows = await fetch(tables.DELIVERY, of_log=number, of_name=name, at=position)
        if not rows:
            await fetch(tables.HAND_IN, of_log=number, of_name=name, positions=[position])
        elif Delivery.from_row(rows[0]).state is State.PARKED:
            await _again(fetch, number, name, position)

    await store.beside(work)


async def _parked(fetch: Fetch, subscription: Subscription, position: int) -> Delivery:
    rows = await fetch(tables.DELIVERY, of_log=subscription.log, of_name=subscription.name, at=position)
    found = [each for each in map(Delivery.from_row, rows) if each.state is State.PARKED]
    if not found:
        raise NotParked(subscription.name, position)
    return found[0]


async def _again(fetch: Fetch, log: int, name: str, position: int) -> None:
    """As on the first day."""
    await fetch(tables.SETTLE, of_log=log, of_name=name, positions=[position])
    await fetch(tables.HAND_IN, of_log=log, of_name=name, positions=[position])
