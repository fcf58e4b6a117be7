"""Wake-ups over a channel of Redis pub/sub."""

import secrets
from collections.abc import Callable, Collection

from redis.asyncio import Redis

from service.redis_client import ANSWER_TIMEOUT_S, RedisSilent, in_time

BEAT_S = 1.0
"""After so much silence Redis is asked whether it is still there."""


class RedisCarrier:
    """Each message is `{sender} {log}`: a sender passes over its own."""

    name = "redis"

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._channel = f"{prefix}:wakeups"
        self._sender = secrets.token_hex(8)

    async def listen(self, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        await self._client.connection_pool.disconnect()  # those from before an outage look alive, and are not
        async with self._client.pubsub() as pubsub:
            async with in_time():
                await pubsub.subscribe(self._channel)
            was_asked = False
            while True:
                message = await pubsub.get_message(timeout=ANSWER_TIMEOUT_S if was_asked else BEAT_S)
                if message is None:
                    if was_asked:
                        raise RedisSilent
                    async with in_time():
                        await pubsub.ping()
                elif message["type"] == "subscribe":
                    connected()
                elif message["type"] == "message":
                    self._hear(message["data"], heard)
                was_asked = message is None

    def _hear(self, data: bytes, heard: Callable[[str], None]) -> None:
        sender, _, log = data.decode(errors="replace").partition(" ")
        if sender != self._sender:
            heard(log)

    async def send(self, logs: Collection[str]) -> None:
        async with in_time(), self._client.pipeline(transaction=False) as pipeline:
            for log in logs:
                pipeline.publish(self._channel, f"{self._sender} {log}")
            await pipeline.execute()

    async def close(self) -> None:
        await self._client.aclose()
