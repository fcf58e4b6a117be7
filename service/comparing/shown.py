"""What of a diff is shown: its counts, and as many of its changes as fit into an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

SHOWN_BYTES_MAX = 1024 * 1024
"""Changes in one answer. One that does not fit any more is left out, and counted."""

Groups = Mapping[str, tuple[int, Sequence[Struct]]]
"""By their name: how many changes there are of each sort, and the first of them."""

_encode = msgspec.json.Encoder().encode


def shown(diff: Any) -> dict[str, Any]:
    """The counts of a diff, its changes, and how many of each sort are left out of these."""
    facts = {name: getattr(diff, name) for name in diff.__struct_fields__ if name != "changes"}
    groups: Groups | None = getattr(diff, "groups", None)
    if groups is None:
        return facts
    changes: dict[str, list[Raw]] = {}
    left_bytes = SHOWN_BYTES_MAX
    for name, (_, first) in groups.items():
        changes[name], left_bytes = _fitting(first, left_bytes)
    left_out = {name: count - len(changes[name]) for name, (count, _) in groups.items() if count > len(changes[name])}
    return {**facts, "changes": changes, "left_out": left_out}


def _fitting(changes: Sequence[Struct], left_bytes: int) -> tuple[list[Raw], int]:
    """The changes up to the first that does not fit, and how many bytes are left."""
    found = []
    for change in changes:
        text = _encode(change)
        if len(text) > left_bytes:
            break
        left_bytes -= len(text)
        found.append(Raw(text))
    return found, left_bytes
