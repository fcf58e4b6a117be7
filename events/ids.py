"""Ids: UUIDv7 for what is new, UUIDv5 for what must come out the same when it is sent again."""

import random
from uuid import UUID, uuid5

from events.event import Micros

_LOW_62 = 2**62 - 1
_IDEMPOTENT = UUID("6f1d7c1e-5d0b-4c6e-9b77-0d1c51f5a3a9")
_OF_CONTENT = UUID("2f9a4b66-0c57-4d0e-8a39-7f5f1c0f4d21")
_DERIVED = UUID("b0c2a7de-1f0e-4a35-8f5d-5f1b8a1de0c7")


def uuid7(moment: Micros) -> str:
    """A UUIDv7 (RFC 9562, method 3) whose order is that of its moment, to the microsecond.

    Ids are names, not secrets: their noise need not be unguessable.
    """
    millis, micros = divmod(moment, 1000)
    noise = random.getrandbits(64)
    value = (millis << 80) | (0x7 << 76) | (micros << 66) | (noise >> 62 << 64) | (0b10 << 62) | (noise & _LOW_62)
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def repeatable_id(log: str, idempotency_key: str, index: int) -> str:
    """The id of the `index`th event of a request that may be sent again under the same key."""
    return str(uuid5(_IDEMPOTENT, f"{log}\n{index}\n{idempotency_key}"))


def derived_id(what: str, of: str) -> str:
    """The id of what follows from something that has an id, and comes out the same whenever it is worked out."""
    return str(uuid5(_DERIVED, f"{what}\n{of}"))


def content_id(kind: str, content: str) -> str:
    """The id of an event that says the same as any other of its kind and content."""
    return str(uuid5(_OF_CONTENT, f"{kind}\n{content}"))
