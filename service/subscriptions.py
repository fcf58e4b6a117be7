"""Named subscriptions, as the API offers them: over the core's rules, with waiting and without secrets."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from events.clock import as_text
from events.event import Micros
from events.feed import Feeds
from events.stores.sql import SqlStore
from events.subscriptions import parking, registry
from events.subscriptions.errors import SubscriptionNotFound
from events.subscriptions.members import Leased, Members
from events.subscriptions.parking import Parked
from events.subscriptions.rules import SECOND
from events.subscriptions.subscription import Standing, Terms
from service.schemas.subscriptions import SubscriptionPut, Webhook, filter_text
from service.streams.starting import starting_cursor

LOOK_S = 0.25
"""How often one who waits looks for what others gave back."""

IsWanted = Callable[[], Awaitable[bool]]


class StoredWebhook(Struct, frozen=True):
    """The settings of a webhook, with their secrets."""

    url: str
    secret: str | None
    headers: dict[str, str]
    batch_max: int
    timeout_s: float
    failures_max: int


class Subscriptions:
    """The named subscriptions of all logs."""

    def __init__(self, store: SqlStore, feeds: Feeds) -> None:
        self._store = store
        self._feeds = feeds
        self.members = Members(store)
        self.changed = asyncio.Event()
        """Set when one was made or switched on in this process."""

    def now(self) -> Micros:
        """The clock that leases go by in this process."""
        return self._store.clock()

    def is_stopped(self, log: str) -> bool:
        """Whether the server is stopping: nothing is waited for any more."""
        return self._feeds.of(log).is_stopped

    async def put(self, log: str, name: str, asked: SubscriptionPut, *, reset: bool) -> bool:
        """Make or change one; tell whether it begins now.

        Raises SubscriptionDiffers, TooManySubscriptions, InvalidStart, CannotResume.
        """
        try:
            before = (await registry.find(self._store, log, name)).terms
        except SubscriptionNotFound:
            before = None
        terms = _terms(asked, before)
        after = 0  # where one that is there already began means nothing any more
        if before is None or reset:
            after = (await starting_cursor(self._store, log, terms.start)).position
        is_new = await registry.put(self._store, log, name, terms, after=after, reset=reset)
        self.changed.set()
        return is_new

    async def shown(self, log: str, name: str) -> dict[str, object]:
        """Raises SubscriptionNotFound."""
        return shown(await registry.standing(self._store, log, name))

    async def all_shown(self, log: str) -> list[dict[str, object]]:
        return [shown(each) for each in await registry.standings(self._store, log)]

    async def fetch(
        self, log: str, name: str, member: str, limit: int, wait_s: float, is_wanted: IsWanted
    ) -> list[Leased]:
        """The next events; waits for one if there are none. Whoever has gone meanwhile is handed nothing.

        Raises SubscriptionNotFound, SubscriptionDisabled.
        """
        deadline = time.monotonic() + wait_s
        feed = self._feeds.of(log)
        while await is_wanted():
            head = (await self._store.head(log)).position
            leased = await self.members.fetch(log, name, member, limit)
            left = deadline - time.monotonic()
            if leased or left <= 0 or feed.is_stopped:
                return leased
            due = await self.members.due(log, name)
            if due is not None:
                left = min(left, max(0.0, (due - self._store.clock()) / SECOND))
            await feed.wait(head, min(left, LOOK_S))
        return []

    async def remove(self, log: str, name: str) -> None:
        await registry.remove(self._store, log, name)

    async def enable(self, log: str, name: str) -> None:
        await registry.enable(self._store, log, name)
        self.changed.set()

    async def parked(self, log: str, name: str, after: int) -> list[Parked]:
        return await parking.parked(self._store, log, name, after=after)

    async def retry(self, log: str, name: str, position: int) -> None:
        await parking.retry(self._store, log, name, position)

    async def discard(self, log: str, name: str, position: int) -> None:
        await parking.discard(self._store, log, name, position)

    async def replay(self, log: str, name: str, position: int) -> None:
        await parking.replay(self._store, log, name, position)


def _terms(asked: SubscriptionPut, before: Terms | None) -> Terms:
    return Terms(
        filter=filter_text(asked.filter),
        start=str(asked.start),
        visibility=int(asked.lease_s * SECOND),
        attempts_max=asked.attempts_max,
        webhook=None if asked.webhook is None else _webhook(asked.webhook, None if before is None else before.webhook),
    )


def _webhook(asked: Webhook, before: str | None) -> str:
    """The settings as they are stored. Whoever reads them and puts them back does not lose the secrets."""
    stored = msgspec.convert(asked.model_dump(), StoredWebhook)
    old = stored_webhook(before)
    if old is not None and old.url == stored.url:
        kept = {name: getattr(old, name) for name in ("secret", "headers") if name not in asked.model_fields_set}
        stored = msgspec.structs.replace(stored, **kept)
    return msgspec.json.encode(stored).decode()


def stored_webhook(text: str | None) -> StoredWebhook | None:
    return None if text is None else msgspec.json.decode(text, type=StoredWebhook)


def shown(standing: Standing) -> dict[str, object]:
    """A subscription without its secrets."""
    subscription, terms = standing.subscription, standing.subscription.terms
    return {
        "name": subscription.name,
        "filter": msgspec.json.decode(terms.filter),
        "start": terms.start,
        "visibility_s": terms.visibility / SECOND,
        "attempts_max": terms.attempts_max,
        "webhook": _webhook_shown(stored_webhook(terms.webhook)),
        "begun": as_text(subscription.begun),
        "checkpoint": standing.checkpoint,
        "head": standing.head,
        "lag": standing.lag,
        "outstanding": standing.outstanding,
        "parked": standing.parked,
        "failures": subscription.failures,
        "paused_until": _moment(subscription.paused_until),
        "disabled": subscription.disabled,
    }


def _webhook_shown(webhook: StoredWebhook | None) -> dict[str, object] | None:
    if webhook is None:
        return None
    return {
        "url": webhook.url,
        "is_signed": webhook.secret is not None,
        "headers": sorted(webhook.headers),
        "batch_max": webhook.batch_max,
        "timeout_s": webhook.timeout_s,
        "failures_max": webhook.failures_max,
    }


def _moment(moment: Micros) -> str | None:
    return as_text(moment) if moment else None


def delivery_json(leased: Leased) -> str:
    """A leased event, as its member sees it."""
    delivery = leased.delivery
    return (
        f'{{"token":"{delivery.token}","position":{delivery.position},"attempt":{delivery.attempt},'
        f'"until":"{as_text(delivery.until)}","event":{leased.event.json}}}'
    )
