"""A log's copy in Redis: a stream whose entry ids are positions, appended to by any number of processes.

Redis takes a batch only behind the entry that it continues. So whoever appends, and whatever is killed when, the
copy has each event once, in order, without a gap.
"""

import secrets
from collections.abc import Sequence
from copy import copy
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis

from events.published import Published
from service.redis_client import in_time

EMPTY = "0-0"
"""Where a stream stands that has never had an entry."""

PLACE = """
local function fact(facts, name)
  for i = 1, #facts, 2 do
    if facts[i] == name then return facts[i + 1] end
  end
end

local function place(key)
  if redis.call('EXISTS', key) == 0 then return '0-0' end
  return fact(redis.call('XINFO', 'STREAM', key), 'last-generated-id')
end
"""

APPEND = (
    PLACE
    + """
local expected, anew, length, fields = ARGV[1], ARGV[2] == '1', ARGV[3], tonumber(ARGV[4])
local stands = place(KEYS[1])
if stands ~= expected then return stands end
if anew and stands ~= '0-0' then redis.call('RENAME', KEYS[1], KEYS[2]) end
for first = 5, #ARGV, fields + 1 do
  redis.call('XADD', KEYS[1], unpack(ARGV, first, first + fields))
end
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', length)
return place(KEYS[1])
"""
)
"""Appends a batch if the stream stands where it is expected to, and answers with where it stands then."""

REPLACE = (
    PLACE
    + """
local stream, fresh, marker, aside = unpack(KEYS)
if place(stream) ~= place(fresh) then return 0 end
for _, group in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local name = fact(group, 'name')
  local read = fact(group, 'entries-read')
  local begun = {'XGROUP', 'CREATE', fresh, name, fact(group, 'last-delivered-id')}
  if read then begun[6], begun[7] = 'ENTRIESREAD', read end
  redis.call(unpack(begun))
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', stream, name)) do
    redis.call('XGROUP', 'CREATECONSUMER', fresh, name, fact(consumer, 'name'))
  end
  for _, each in ipairs(redis.call('XPENDING', stream, name, '-', '+', ARGV[2])) do
    local id, consumer, idle, count = unpack(each)
    redis.call('XCLAIM', fresh, name, consumer, 0, id, 'IDLE', idle, 'RETRYCOUNT', count, 'FORCE', 'JUSTID')
  end
end
redis.call('RENAME', fresh, stream)
redis.call('PERSIST', stream)
redis.call('DEL', aside)
redis.call('SET', marker, ARGV[1])
return 1
"""
)
"""Puts a stream with the same entries in the place of another, with its groups and what these have not acknowledged."""

FRESH_S = 60
"""How long what was begun beside a stream is kept, if nobody goes on with it."""
PENDING_MAX = 100_000
"""Entries of a group that are not acknowledged yet, and stay so when its stream is written anew."""
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
        self._replace = client.register_script(REPLACE)
        self.key = f"{prefix}:log:{log}"
        self.key_aside = f"{prefix}:aside:{log}"
        self.key_fresh = f"{prefix}:fresh:{log}:"
        self.key_clean = f"{prefix}:clean:{log}"

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

    async def clean_to(self) -> int:
        """The last erasure that the stream was cleaned of: where that was completed."""
        async with in_time():
            return int(await self._client.get(self.key_clean) or 0)

    async def say_clean(self, position: int) -> None:
        async with in_time():
            await self._client.set(self.key_clean, position)

    def beside(self) -> "MirroredLog":
        """A stream that is filled to take the place of this one."""
        fresh = copy(self)
        fresh.key = self.key_fresh + secrets.token_hex(8)
        return fresh

    async def keep(self) -> None:
        """Keep what is filled for a while."""
        async with in_time():
            await self._client.expire(self.key, FRESH_S)

    async def take_place_of(self, other: "MirroredLog", clean_to: int) -> bool:
        """Replace another stream if this one ends where it does. What was put aside goes as well."""
        keys = [other.key, self.key, self.key_clean, self.key_aside]
        async with in_time():
            return bool(await self._replace(keys=keys, args=[clean_to, PENDING_MAX]))

    async def oldest(self) -> int:
        """The position of the oldest entry; 0: it has none."""
        async with in_time():
            entries: Any = await self._client.xrange(self.key, count=1)
        return next((int(entry.partition(b"-")[0]) for entry, _ in entries), 0)

    async def newest(self) -> Newest | None:
        async with in_time():
            entries: Any = await self._client.xrevrange(self.key, count=1)
        return next((_newest(entry, values) for entry, values in entries), None)


def _newest(entry: bytes, values: dict[bytes, bytes]) -> Newest:
    return Newest(int(entry.partition(b"-")[0]), values.get(b"id", b"").decode(errors="replace"))
