"""A client of Redis as Digsite uses it: impatient, and silent about nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

ANSWER_TIMEOUT_S = 1.0
"""How long Redis may take to answer. It is asked nothing that takes long."""


class RedisSilent(Exception):
    def __init__(self) -> None:
        super().__init__(f"Redis has not answered for {ANSWER_TIMEOUT_S:g} s.")


def connect(url: str) -> Redis:
    """A client of the Redis at `url`. It connects when it is used, and leaves trying again to its user.

    Whoever uses it says `in_time`. With a timeout of its own the client waits by `asyncio.wait_for`, and so loses
    the cancellation of its user now and then (before Python 3.12).
    """
    return Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Raises RedisSilent when what is within takes too long."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            yield
    except TimeoutError:
        raise RedisSilent from None
