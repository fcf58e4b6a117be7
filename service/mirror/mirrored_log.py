"""A log's copy in Redis: a stream whose entry ids are positions, appended to by any number of processes.

Redis takes a batch only behind the entry that it continues. So whoever appends, and whatever is killed when, the
copy has each event once, in order, without a gap.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis

from events.published import Published
from service.redis_client import in_time

EMPTY = "0-0"
"""Where a stream stands that has never had an entry."""

APPEND = """
local function place()
  if redis.call('EXISTS', KEYS[1]) == 0 then return '0-0' end
  local facts = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then return facts[i + 1] end
  end
end

local expected, anew, length, fields = ARGV[1], ARGV[2] == '1', ARGV[3], tonumber(ARGV[4])
local stands = place()
if stands ~= expected then return stands end
if anew and stands ~= '0-0' then redis.call('RENAME', KEYS[1], KEYS[2]) end
for first = 5, #ARGV, fields + 1 do
  redis.call('XADD', KEYS[1], unpack(ARGV, first, first + fields))
end
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', length)
return place()
"""
"""Appends a batch if the stream stands where it is expected to, and answers with where it stands then."""

NOWHERE = "-"
"""What no stream stands at: whoever expects it is told where it is."""


def entry_id(position: int) -> str:
    return f"{position}-0"


def fields(event: Published) -> list[str]:
    """An entry, as its field names and values in turn. `json` is the public event; the others save parsing it."""
    return [
        *("position", str(event.position)),
        *("id", event.id),
        *("event", event.kind),
        *("resource", event.resource.get("prefect.resource.id", "")),
        *("json", event.json),
    ]


FIELDS = 10
"""How many names and values an entry has."""


class Newest(Struct, frozen=True):
    """The newest entry that is still there."""

    position: int
    id: str


class MirroredLog:
    """Every method raises RedisError, OSError, RedisSilent."""

    def __init__(self, client: Redis, prefix: str, log: str, length: int) -> None:
        self._client = client
        self._append = client.register_script(APPEND)
        self._length = length
        self.key = f"{prefix}:log:{log}"
        self.key_aside = f"{prefix}:aside:{log}"

    async def place(self) -> str:
        """The id of the last entry that it was given; `EMPTY` if there was none."""
        return await self.append(NOWHERE, ())

    async def append(self, expected: str, events: Sequence[Published], *, anew: bool = False) -> str:
        """Append if the stream stands where it is expected to. Answers with where it stands now.

        `anew`: what it has is no copy of this log, and is put aside.
        """
        entries = [value for event in events for value in (entry_id(event.position), *fields(event))]
        values: list[str | int] = [expected, int(anew), self._length, FIELDS, *entries]
        async with in_time():
            stands: bytes = await self._append(keys=[self.key, self.key_aside], args=values)
        return stands.decode()

    async def newest(self) -> Newest | None:
        async with in_time():
            entries: Any = await self._client.xrevrange(self.key, count=1)
        return next((_newest(entry, values) for entry, values in entries), None)


def _newest(entry: bytes, values: dict[bytes, bytes]) -> Newest:
    return Newest(int(entry.partition(b"-")[0]), values.get(b"id", b"").decode(errors="replace"))
