"""The targets of a replay: lines, a webhook, a stream in Redis. Each takes some events at once."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from events.published import Published
from service.mirror.mirrored_log import entry_id, fields
from service.redis_client import RedisSilent, in_time
from service.streams.session import positioned
from service.subscriptions import StoredWebhook
from service.webhooks.message import replayed, signed
from service.webhooks.posting import new_client, post

LINES_AT_ONCE = 500
ENTRIES_AT_ONCE = 100
TRIES_MAX = 5
"""How often a post is tried before the replay gives up. It goes on there when it is asked to."""
PAUSE_S = 1.0
"""After the first failure; twice as long after each further one."""


class TargetFailed(Exception):
    """The target did not take it. What came before, it has."""


class Target(Protocol):
    lot: int
    """How many events it takes at once, at most."""

    async def send(self, events: Sequence[Published]) -> None:
        """Raises TargetFailed, and what writing raises."""
        ...

    async def close(self) -> None: ...


class Lines:
    """NDJSON, as pages and streams tell of events."""

    lot = LINES_AT_ONCE

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    async def send(self, events: Sequence[Published]) -> None:
        self._write("".join(f"{positioned(event, event.json)}\n" for event in events))

    async def close(self) -> None: ...


class Webhook:
    """Posts as the server does for a named subscription, with the same signature. `name` is that subscription's."""

    def __init__(self, log: str, name: str, webhook: StoredWebhook) -> None:
        self.lot = webhook.batch_max
        self._log = log
        self._name = name
        self._webhook = webhook
        self._client = new_client()

    async def send(self, events: Sequence[Published]) -> None:
        webhook = self._webhook
        what = replayed(self._log, self._name, events, is_batch=webhook.batch_max > 1)
        for tried in range(1, TRIES_MAX + 1):
            headers = {**webhook.headers, **signed(what, webhook.secret, int(time.time()))}
            posted = await post(
                self._client, webhook.url, headers, what.body, timeout_s=webhook.timeout_s, allow_private=True
            )
            if posted.error is None:
                return
            if posted.is_gone or tried == TRIES_MAX:
                raise TargetFailed(f"{webhook.url}: {posted.error}")
            await asyncio.sleep(max(posted.retry_after_s, PAUSE_S * 2 ** (tried - 1)))

    async def close(self) -> None:
        await self._client.aclose()


class RedisStream:
    """A stream whose entry ids are positions, as the mirror's are: Redis refuses an entry that it has."""

    lot = ENTRIES_AT_ONCE

    def __init__(self, client: Redis, key: str) -> None:
        self._client = client
        self._key = key

    async def last(self) -> int:
        """The position of its last entry; 0 if it is empty. Raises TargetFailed."""
        try:
            async with in_time():
                facts: dict[str, Any] = await self._client.xinfo_stream(self._key)
        except ResponseError as error:
            if "no such key" in str(error):
                return 0
            raise TargetFailed(f"Redis: {error}") from error
        except (RedisError, RedisSilent, OSError) as error:
            raise TargetFailed(f"Redis: {error}") from error
        return int(bytes(facts["last-generated-id"]).partition(b"-")[0])

    async def send(self, events: Sequence[Published]) -> None:
        entries = self._client.pipeline(transaction=True)
        for event in events:
            names_and_values = [*fields(event), "replay", "1"]
            entries.execute_command("XADD", self._key, entry_id(event.position), *names_and_values)
        try:
            async with in_time():
                await entries.execute()
        except (RedisError, RedisSilent, OSError) as error:
            raise TargetFailed(f"Redis: {error}") from error

    async def close(self) -> None:
        await self._client.aclose()
