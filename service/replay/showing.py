"""What a replay opens, and what it shows on the terminal: a bar while it runs, and how to go on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from msgspec import Struct
from rich.console import Console

from events.filter import EventFilter
from events.matching import Matcher
from events.stores import open_reader, open_store
from events.stores.sql import SqlStore
from events.subscriptions import registry
from projections import INLINE
from service.migrations import check_revision, migrate
from service.moving.showing import bars_on
from service.redis_client import connect
from service.replay.database import copy_log
from service.replay.pace import speed_of
from service.replay.replay import Asked, replay
from service.replay.targets import Lines, RedisStream, Target, Webhook
from service.schemas.subscriptions import check_url
from service.settings import Settings
from service.subscriptions import StoredWebhook, stored_webhook

NAME = "replay"
"""By this name posts are sent that are no named subscription's."""
POST_TIMEOUT_S = 15.0


class Wanted(Struct, frozen=True, kw_only=True):
    """What was said on the command line. At most one of the targets is named; without one it is the standard output."""

    log: str
    first: int | None
    upto: int | None
    filter: EventFilter | None
    speed: str
    webhook: str | None
    secret: str | None
    redis: str | None
    database: str | None


class InvalidReplay(Exception):
    """What was asked for cannot be replayed."""


class Progressed:
    """How far a replay has come: all before `next` was sent."""

    def __init__(self) -> None:
        self.next = 1
        self.events = 0
        self.knows_itself = False
        """Whether the target itself says how far it has come."""

    @property
    def advice(self) -> str:
        how = "the same command" if self.knows_itself else f"the same command with --from {self.next}"
        return f"Stopped before position {self.next}: {how} goes on there."


def show_replay(
    settings: Settings, wanted: Wanted, write: Callable[[str], object], errors: Console, done: Progressed
) -> None:
    """Replay, and keep `done` up to date.

    Raises InvalidReplay, InvalidSpeed, TargetFailed, SubscriptionNotFound, LogNotEmpty, OtherRelease, EventLogError.
    """
    if sum(each is not None for each in (wanted.webhook, wanted.redis, wanted.database)) > 1:
        raise InvalidReplay("A replay has one target: name --webhook, --redis or --database, not several.")
    asyncio.run(_Replay(settings, wanted, write, errors, done).run())


class _Replay:
    def __init__(
        self, settings: Settings, wanted: Wanted, write: Callable[[str], object], errors: Console, done: Progressed
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._write = write
        self._errors = errors
        self._done = done

    async def run(self) -> None:
        speed_of(self._wanted.speed)
        store = open_reader(self._settings.database)
        try:
            await store.open()
            await check_revision(store)
            await self._replay(store)
        finally:
            await store.close()

    async def _replay(self, store: SqlStore) -> None:
        wanted, done = self._wanted, self._done
        head = (await store.head(wanted.log)).position
        upto = head if wanted.upto is None else wanted.upto
        first = done.next = wanted.first or 1
        if upto > head or first > upto + 1:
            raise InvalidReplay(f"The log {wanted.log!r} has no positions {first} to {upto}: it ends at {head}.")
        with bars_on(self._errors) as bars:
            task = bars.add_task("positions", total=upto, completed=first - 1)

            def report(position: int, events: int) -> None:
                done.next, done.events = position + 1, done.events + events
                bars.update(task, completed=position)

            if wanted.database is not None:
                done.knows_itself = True
                await self._into_database(store, upto, report)
                return
            async with self._target(store, first, upto) as (target, begin):
                matcher = Matcher(wanted.filter or EventFilter())
                speed = speed_of(wanted.speed)
                asked = Asked(log=wanted.log, first=begin, upto=upto, matcher=matcher, speed=speed)
                await replay(store, asked, target, report)

    async def _into_database(self, store: SqlStore, upto: int, report: Callable[[int, int], None]) -> None:
        wanted, url = self._wanted, self._wanted.database or ""
        if wanted.first not in (None, 1) or wanted.filter is not None or speed_of(wanted.speed) is not None:
            raise InvalidReplay(
                "A log begins at position 1 and has no gaps: with --database, say neither --from, --filter nor --speed."
            )
        if url == self._settings.database:
            raise InvalidReplay("This is the database that is read. Name another with --database.")
        target = open_store(url, INLINE)
        try:
            await target.open()
            await migrate(target, url)
            await copy_log(store, target, wanted.log, upto, report)
        finally:
            await target.close()

    @asynccontextmanager
    async def _target(self, store: SqlStore, first: int, upto: int) -> AsyncIterator[tuple[Target, int]]:
        """The target, and the position at which to begin: what it is known to have is not sent again."""
        target = await self._opened_target(store)
        try:
            if isinstance(target, RedisStream):
                first = max(first, await target.last() + 1)
                if first > upto:
                    raise InvalidReplay(f"{self._wanted.redis!r} has entries up to position {first - 1} already.")
            yield target, first
        finally:
            await target.close()

    async def _opened_target(self, store: SqlStore) -> Target:
        if self._wanted.webhook is not None:
            return await self._webhook(store, self._wanted.webhook)
        return Lines(self._write) if self._wanted.redis is None else self._stream(self._wanted.redis)

    async def _webhook(self, store: SqlStore, named: str) -> Webhook:
        """The webhook at a URL, or that of a named subscription, with its headers and its secret."""
        log = self._wanted.log
        if "://" not in named:
            subscription = await registry.find(store, log, named)
            stored = stored_webhook(subscription.terms.webhook)
            if stored is None:
                raise InvalidReplay(f"The named subscription {named!r} has no webhook.")
            return Webhook(log, named, stored)
        try:
            check_url(named)
        except ValueError as error:
            raise InvalidReplay(f"{named!r} cannot be posted to: {error}.") from error
        return Webhook(log, NAME, StoredWebhook(named, self._wanted.secret, {}, 1, POST_TIMEOUT_S, 1))

    def _stream(self, key: str) -> RedisStream:
        settings = self._settings
        if not settings.redis_url:
            raise InvalidReplay("There is no Redis: set DIGSITE_REDIS_URL.")
        if key.startswith(f"{settings.redis_prefix}:"):
            raise InvalidReplay(f"What begins with {settings.redis_prefix!r} is the server's own. Choose another name.")
        return RedisStream(connect(settings.redis_url), key)
