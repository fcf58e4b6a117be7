"""A client of Redis as Digsite uses it: impatient, and silent about nothing."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

ANSWER_TIMEOUT_S = 1.0
"""How long Redis may take to answer. It is asked nothing that takes long."""


def connect(url: str) -> Redis:
    """A client of the Redis at `url`. It connects when it is used, and leaves trying again to its user."""
    return Redis.from_url(
        url,
        socket_timeout=ANSWER_TIMEOUT_S,
        socket_connect_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
