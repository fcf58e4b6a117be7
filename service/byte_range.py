"""A part of a body that a client asks for, as RFC 9110 has it: `Range: bytes=0-499`, `bytes=500-`, `bytes=-500`."""

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class RangeNotSatisfiable(Exception):
    """The part begins beyond the end."""

    def __init__(self, asked: str, size_bytes: int) -> None:
        super().__init__(f"The body has {size_bytes} bytes, and {asked!r} is not a part of it.")
        self.asked, self.size_bytes = asked, size_bytes


def byte_range(asked: str | None, size_bytes: int) -> tuple[int, int] | None:
    """The first byte and the one after the last; None: all of it, also for what is not understood.

    Raises RangeNotSatisfiable.
    """
    found = _RANGE.fullmatch(asked or "")
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size_bytes - int(last)), size_bytes
    else:
        start, end = int(first), min(int(last or size_bytes) + 1, size_bytes)
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise RangeNotSatisfiable(asked or "", size_bytes)
    return start, end
