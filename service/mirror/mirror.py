"""The mirror: follows a log, and keeps its copy in Redis complete.

    place ─► follow ─► append ─► append ─► ...
      ▲                  │ the copy stands elsewhere: another mirror was faster (stand by), or Redis lost some
      └──────────────────┤
                         │ Redis or the database is away: wait
                         ▼

Any number of processes mirror at the same time. One of them is ahead, the others look now and then.
"""

import asyncio
from contextlib import suppress

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from events.catalog import ERASURE_COMPLETED
from events.errors import StorageUnavailable
from events.feed import PAGE_BYTES_MAX, About, Feed, Feeds, FeedStopped, Follower
from events.reading import read_event, read_span
from events.stores.sql import SqlStore
from service.erasing.stated import completed_last
from service.mirror.mirrored_log import EMPTY, MirroredLog, entry_id
from service.outage import Outage
from service.redis_client import RedisSilent, connect
from service.settings import Settings

STAND_BY_S = 0.25
"""How long a mirror leaves the work to one that was faster."""
DISCOVERY_S = 1.0
"""How often it is looked for new logs."""

log_ = structlog.get_logger()


class Place(Struct, frozen=True):
    """Where the copy stands, and after which position of the log it goes on."""

    stands: str
    after: int
    anew: bool = False


class Mirror:
    """Mirrors one log until cancelled."""

    def __init__(self, store: SqlStore, feed: Feed, copy: MirroredLog, length: int) -> None:
        self._store = store
        self._feed = feed
        self._copy = copy
        self._length = length
        self.name = f"mirror/{feed.log}"
        self.outage = Outage(self.name)

    async def run(self) -> None:
        with self._feed.follow(0, about=About(kind="mirror")) as follower:
            while True:
                try:
                    await self._copy_on(follower, await self._place())
                except FeedStopped:
                    return
                except Exception as error:
                    await asyncio.sleep(self.outage.begin(error))

    async def is_clean(self, position: int) -> bool:
        """Whether the copy was cleaned of all erasures that were completed up to a position."""
        with suppress(RedisError, OSError, RedisSilent):
            return await self._copy.clean_to() >= position
        return False

    async def _copy_on(self, follower: Follower, place: Place) -> None:
        """Copy what comes, until the copy is found to stand elsewhere."""
        self.outage.end()
        follower.position = place.after
        while True:
            span = await follower.next()
            if span.events:
                stands = await self._copy.append(place.stands, span.events, anew=place.anew)
                expected = entry_id(span.to)
                place = Place(expected, span.to)
            else:
                stands, expected = await self._copy.place(), place.stands
            if stands != expected or any(event.kind == ERASURE_COMPLETED for event in span.events):
                break
        await asyncio.sleep(STAND_BY_S)

    async def _place(self) -> Place:
        stands = await self._copy.place()
        head = (await self._store.head(self._feed.log)).position
        erased = await completed_last(self._store, await self._store.log_number(self._feed.log))
        if stands != EMPTY and await self._is_copy(stands, head):
            if await self._copy.clean_to() < erased <= _position(stands):
                await self._write_anew(erased)
                return await self._place()
            return Place(stands, _position(stands))
        if stands != EMPTY:
            log_.error("mirror puts aside what is no copy of its log", key=self._copy.key, stands=stands, head=head)
        await self._copy.say_clean(erased)
        return Place(stands, max(0, head - self._length), anew=True)

    async def _write_anew(self, erased: int) -> None:
        """Something was erased: fill a stream from the log as it is now, and let it take the place of the copy.

        An entry that is deleted from a stream stays in the memory of Redis, and in its files.
        """
        fresh = self._copy.beside()
        stands, after = EMPTY, max(0, await self._copy.oldest() - 1)
        while not await fresh.take_place_of(self._copy, erased):
            left = _position(await self._copy.place()) - after
            if left < 0 or await self._copy.clean_to() >= erased:
                return  # the copy was lost, or another was faster
            if not left:
                continue  # it has grown by these just now
            span = await read_span(self._store, self._feed.log, after=after, limit=left, bytes_max=PAGE_BYTES_MAX)
            if await fresh.append(stands, span.events) != entry_id(span.to):
                return  # what was filled has expired
            await fresh.keep()
            stands, after = entry_id(span.to), span.to

    async def _is_copy(self, stands: str, head: int) -> bool:
        """Whether the copy ends with an event that the log has at that position.

        It does not after the database was restored from a backup, or if something else writes to the stream.
        """
        if stands != entry_id(_position(stands)) or _position(stands) > head:
            return False
        newest = await self._copy.newest()
        if newest is None:
            return True
        event = await read_event(self._store, self._feed.log, newest.position)
        return event is not None and event.id == newest.id


def _position(stands: str) -> int:
    return int(stands.partition("-")[0])


class Mirrors:
    """The mirrors of all logs; without the setting there are none."""

    def __init__(self, store: SqlStore, feeds: Feeds, settings: Settings) -> None:
        self._store = store
        self._feeds = feeds
        self._settings = settings
        self._client = connect(settings.redis_url) if settings.redis_mirror else None
        self._mirrors: dict[str, Mirror] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def outages(self) -> dict[str, str]:
        """The mirrors that cannot go on, by name, and why."""
        mirrors = self._mirrors.values()
        return {each.name: each.outage.reason for each in mirrors if each.outage.reason is not None}

    async def is_clean(self, log: str, position: int) -> bool:
        """Whether no mirror of this server holds any more what was erased up to a position."""
        mirror = self._mirrors.get(log)
        return self._client is None or (mirror is not None and await mirror.is_clean(position))

    def start(self) -> None:
        if self._client is not None:
            self._tasks.append(asyncio.create_task(self._discover(self._client), name="mirrors"))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _discover(self, client: Redis) -> None:
        """Start a mirror for each log that comes into being."""
        while True:
            with suppress(StorageUnavailable):  # whoever needs the storage more says so
                for log in await self._store.logs():
                    if log not in self._mirrors:
                        self._start(client, log)
            await asyncio.sleep(DISCOVERY_S)

    def _start(self, client: Redis, log: str) -> None:
        length = self._settings.redis_mirror_length
        copy = MirroredLog(client, self._settings.redis_prefix, log, length)
        mirror = self._mirrors[log] = Mirror(self._store, self._feeds.of(log), copy, length)
        self._tasks.append(asyncio.create_task(mirror.run(), name=mirror.name))
