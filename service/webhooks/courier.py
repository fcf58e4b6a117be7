"""The courier of one webhook in one process: leases its events, posts them, and says what came of it.

It holds a lease like any member. So of all processes only one posts an event at a time, and what a process that
died was posting goes out again when its lease has ended.
"""

import asyncio
import time

import httpx2
import structlog
from msgspec import Struct

from events.errors import StorageUnavailable
from events.feed import Feeds
from events.stores.sql import SqlStore
from events.subscriptions import registry
from events.subscriptions.errors import StaleTokens, SubscriptionDisabled, SubscriptionNotFound
from events.subscriptions.members import Leased, Members
from events.subscriptions.rules import SECOND
from events.subscriptions.subscription import Subscription
from service.subscriptions import StoredWebhook, stored_webhook
from service.webhooks.message import message, signed
from service.webhooks.posting import Posted, new_client, post

IDLE_S = 2.0
"""How often a courier without work looks for what other processes gave back."""
RETRY_S = 1.0
FAULT_S = 5.0

log_ = structlog.get_logger()


class Kit(Struct, frozen=True):
    """What all couriers of a process share."""

    store: SqlStore
    members: Members
    feeds: Feeds
    posts: asyncio.Semaphore
    """Held from the lease to the answer: so many posts are under way at once, at most."""
    member: str
    allow_private: bool


class SwitchedOff(Exception):
    """There is nothing to post for this webhook, or it leads elsewhere now."""


class Courier:
    """Works until its webhook is switched off, deleted, or leads elsewhere."""

    def __init__(self, kit: Kit, log: str, name: str) -> None:
        self._kit = kit
        self._log = log
        self._name = name
        self._feed = kit.feeds.of(log)
        self._url: str | None = None
        self._size = 1
        """Events in the next post. After a failure they go one by one, so that a bad one does not wear out others."""
        self.is_closing = False
        self.is_posting = False

    async def run(self) -> None:
        """Post what comes. Nothing that the storage or the receiver does ends this."""
        async with new_client() as client:
            while not self._is_over():
                try:
                    await self._step(client)
                except (SwitchedOff, SubscriptionNotFound, SubscriptionDisabled):
                    return
                except StorageUnavailable as error:
                    log_.warning("webhook waits for the storage", **self._facts, reason=str(error))
                    await asyncio.sleep(RETRY_S)
                except Exception:
                    log_.exception("webhook fault", **self._facts)
                    await asyncio.sleep(FAULT_S)

    async def _step(self, client: httpx2.AsyncClient) -> None:
        subscription = await registry.find(self._kit.store, self._log, self._name)
        webhook = self._same_webhook(subscription)
        pause_s = (subscription.paused_until - self._kit.store.clock()) / SECOND
        if pause_s > 0:
            await asyncio.sleep(min(pause_s, IDLE_S))
            return
        head = (await self._kit.store.head(self._log)).position
        async with self._kit.posts:
            is_busy = await self._deliver(client, subscription, webhook)
        if not is_busy:
            await self._rest(head)

    def _same_webhook(self, subscription: Subscription) -> StoredWebhook:
        """Raises SwitchedOff."""
        webhook = stored_webhook(subscription.terms.webhook)
        if webhook is None or subscription.disabled is not None or self._url not in (None, webhook.url):
            raise SwitchedOff
        self._url = webhook.url
        return webhook

    async def _deliver(self, client: httpx2.AsyncClient, subscription: Subscription, webhook: StoredWebhook) -> bool:
        """Post the next events, if there are any; tell whether there were."""
        started = time.monotonic()
        limit = min(self._size, webhook.batch_max)
        leased = await self._kit.members.fetch(self._log, self._name, self._kit.member, limit)
        if not leased:
            return False
        ends = started + subscription.terms.visibility / SECOND
        if time.monotonic() + webhook.timeout_s > ends:  # too late to be sure of an answer while they are ours
            await self._kit.members.give_back(self._log, self._name, _tokens(leased))
            return True
        self.is_posting = True
        try:
            posted = await self._post(client, webhook, leased)
            await self._conclude(webhook, leased, posted, ends)
        finally:
            self.is_posting = False
        return True

    async def _post(self, client: httpx2.AsyncClient, webhook: StoredWebhook, leased: list[Leased]) -> Posted:
        what = message(self._log, self._name, leased, is_batch=webhook.batch_max > 1)
        headers = signed(what, webhook.secret, int(time.time()))
        return await post(
            client,
            webhook.url,
            {**webhook.headers, **headers},
            what.body,
            timeout_s=webhook.timeout_s,
            allow_private=self._kit.allow_private,
        )

    async def _conclude(self, webhook: StoredWebhook, leased: list[Leased], posted: Posted, ends: float) -> None:
        """Write down what came of a post, and keep trying while the lease lasts: else it would go out again."""
        while True:
            try:
                await self._settle(webhook, leased, posted)
            except StaleTokens as error:
                log_.warning("webhook was too late", **self._facts, reason=str(error))
            except StorageUnavailable:
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(RETRY_S)
                continue
            return

    async def _settle(self, webhook: StoredWebhook, leased: list[Leased], posted: Posted) -> None:
        members, tokens = self._kit.members, _tokens(leased)
        if posted.error is None:
            await members.ack(self._log, self._name, tokens)
            self._size = min(len(leased) * 2, webhook.batch_max)
            return
        self._size = 1
        log_.info(
            "webhook failed", **self._facts, positions=[each.event.position for each in leased], reason=posted.error
        )
        if posted.is_gone:
            await members.give_back(self._log, self._name, tokens)
        else:
            await members.nack(self._log, self._name, tokens, error=posted.error)
        quiet_until = self._kit.store.clock() + int(posted.retry_after_s * SECOND) if posted.retry_after_s else 0
        off = await registry.strike(
            self._kit.store,
            self._log,
            self._name,
            failures_max=webhook.failures_max,
            paused_until=quiet_until,
            off=posted.error if posted.is_gone else None,
        )
        if off is not None:
            log_.warning("webhook is switched off", **self._facts, reason=off)

    async def _rest(self, head: int) -> None:
        """Return when the log has grown, when an event has waited long enough, or now and then."""
        due = await self._kit.members.due(self._log, self._name)
        left_s = IDLE_S if due is None else min(IDLE_S, max(0.0, (due - self._kit.store.clock()) / SECOND))
        deadline = time.monotonic() + left_s
        while (left_s := deadline - time.monotonic()) > 0 and not self._is_over():
            await self._feed.wait(head, left_s)
            if (await self._kit.store.head(self._log)).position > head:
                return

    def _is_over(self) -> bool:
        return self.is_closing or self._feed.is_stopped

    @property
    def _facts(self) -> dict[str, str]:
        return {"log": self._log, "subscription": self._name}


def _tokens(leased: list[Leased]) -> list[str]:
    return [each.delivery.token for each in leased]
