"""Who follows the log over a socket of this process, and how far behind each is: for those who look after it."""

from datetime import UTC, datetime

from msgspec.structs import asdict
from pydantic import BaseModel

from events.feed import Follower


class FollowerShown(BaseModel):
    """A live subscriber."""

    number: int
    log: str
    kind: str
    actor: str
    address: str
    client: str
    filter: str
    """The filter as JSON, without what it does not ask."""
    since: datetime
    position: int
    lag: int
    """How many positions it is behind the end of the log."""


def shown(follower: Follower) -> FollowerShown:
    return FollowerShown(
        number=follower.number,
        log=follower.log,
        filter=follower.matcher.key,
        since=datetime.fromtimestamp(follower.since / 1_000_000, UTC),
        position=follower.position,
        lag=follower.lag,
        **asdict(follower.about),
    )
