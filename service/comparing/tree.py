"""What changed in any JSON: which paths. A path is a JSON Pointer (RFC 6901); items that stay in a list are aligned."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from service.comparing.alignment import Block, align
from service.comparing.counted import counted
from service.comparing.shown import Groups
from service.comparing.values import TOKEN_DEPTH_MAX, Json, token

ALIGNED_DEPTH_MAX = 8
"""How deep items of lists are aligned. In lists that lie deeper, the n-th item is compared with the n-th."""


class PathChange(Struct, frozen=True, omit_defaults=True):
    """One value that came, went, or became another. Paths differ where items of a list before it came or went."""

    kind: Literal["added", "removed", "changed"]
    before_path: str | UnsetType = UNSET
    after_path: str | UnsetType = UNSET
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


class TreeDiff(Struct, frozen=True, kw_only=True):
    added: int
    removed: int
    changed: int
    changes: tuple[PathChange, ...]
    """From the top, as many as were wanted."""

    @property
    def groups(self) -> Groups:
        return {"paths": (self.added + self.removed + self.changed, self.changes)}

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)

    def summary(self) -> str:
        """Such as `2 paths changed, 1 added`."""
        return ", ".join(counted("path", changed=self.changed, added=self.added, removed=self.removed))


def compare_trees(before: Json, after: Json, limit: int) -> TreeDiff:
    """What changed, with the first `limit` paths."""
    changes = _changes(before, after, "", "", 0)
    shown = list(islice(changes, limit))
    counts = Counter(each.kind for each in shown)
    counts.update(each.kind for each in changes)
    return TreeDiff(added=counts["added"], removed=counts["removed"], changed=counts["changed"], changes=tuple(shown))


def _changes(before: Json, after: Json, path: str, after_path: str, depth: int) -> Iterator[PathChange]:
    if depth < TOKEN_DEPTH_MAX and isinstance(before, dict) and isinstance(after, dict):
        yield from _in_object(before, after, path, after_path, depth + 1)
    elif depth < TOKEN_DEPTH_MAX and isinstance(before, list) and isinstance(after, list):
        yield from _in_list(before, after, path, after_path, depth + 1)
    elif token(before) != token(after):
        yield PathChange("changed", path, after_path, before, after)


def _in_object(
    before: dict[str, Json], after: dict[str, Json], path: str, after_path: str, depth: int
) -> Iterator[PathChange]:
    for name, value in before.items():
        step = _step(name)
        if name in after:
            yield from _changes(value, after[name], path + step, after_path + step, depth)
        else:
            yield PathChange("removed", before_path=path + step, before=value)
    for name, value in after.items():
        if name not in before:
            yield PathChange("added", after_path=after_path + _step(name), after=value)


def _in_list(
    before: Sequence[Json], after: Sequence[Json], path: str, after_path: str, depth: int
) -> Iterator[PathChange]:
    """Items between those that stayed are compared one by one, in order."""
    is_aligned = depth <= ALIGNED_DEPTH_MAX
    whole = (Block(0, len(before), 0, len(after)),)
    for block in align([*map(token, before)], [*map(token, after)]).blocks if is_aligned else whole:
        for place, other in _places(block):
            if place is None:
                yield PathChange("added", after_path=f"{after_path}/{other}", after=after[other or 0])
            elif other is None:
                yield PathChange("removed", before_path=f"{path}/{place}", before=before[place])
            else:
                yield from _changes(before[place], after[other], f"{path}/{place}", f"{after_path}/{other}", depth)


def _places(block: Block) -> Iterator[tuple[int | None, int | None]]:
    return zip_longest(range(block.before_start, block.before_end), range(block.after_start, block.after_end))


def _step(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
