"""What changed in a text: its lines, and within lines that were replaced, their words."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from service.comparing.alignment import Alignment, Block, align
from service.comparing.shown import Groups

WORDS_MAX = 10_000
"""Words of one place, before and after together, that are compared one by one."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Part(Struct, frozen=True):
    """A piece of a text that stayed, went or came."""

    is_in: Literal["both", "before", "after"]
    text: str


class Hunk(Struct, frozen=True):
    """Lines that were replaced by others, each with its end of line. Lines count from 1."""

    before_line: int
    """Where the removed lines began; if there are none, before which line of `before` the others came."""
    after_line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]
    words: tuple[Part, ...] | None
    """The same by words. None: there are no lines to compare them with, or too many words."""
    equal_above: tuple[str, ...] = ()
    """Lines right above that stayed, as many as were wanted; none is told twice."""
    equal_below: tuple[str, ...] = ()


class TextDiff(Struct, frozen=True, kw_only=True):
    lines_before: int
    lines_after: int
    added: int
    removed: int
    hunks: int
    is_fine: bool
    """Whether no line counts as removed and added that only stayed."""
    changes: tuple[Hunk, ...]
    """The hunks from the top, as many as were wanted."""

    @property
    def groups(self) -> Groups:
        return {"hunks": (self.hunks, self.changes)}

    @property
    def is_empty(self) -> bool:
        return not self.hunks

    def summary(self) -> str:
        counts = [f"+{self.added}"] * bool(self.added) + [f"−{self.removed}"] * bool(self.removed)
        return f"{' '.join(counts)} {'line' if self.added + self.removed == 1 else 'lines'}"


def compare_texts(before: str, after: str, limit: int, equal: int = 0) -> TextDiff:
    """What changed, with the first `limit` hunks, each between at most `equal` lines that stayed."""
    ours, theirs = lines_of(before), lines_of(after)
    alignment = align(ours, theirs)
    return TextDiff(
        lines_before=len(ours),
        lines_after=len(theirs),
        added=sum(block.after_end - block.after_start for block in alignment.blocks),
        removed=sum(block.before_end - block.before_start for block in alignment.blocks),
        hunks=len(alignment.blocks),
        is_fine=alignment.is_fine,
        changes=tuple(_hunks(alignment.blocks, ours, theirs, limit, equal)),
    )


def lines_of(text: str) -> list[str]:
    """The lines, each with its end. Joined, they are the text."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + [last] * bool(last)


def _hunks(
    blocks: Sequence[Block], before: Sequence[str], after: Sequence[str], limit: int, equal: int
) -> Iterator[Hunk]:
    told = 0
    for place, block in enumerate(blocks[:limit]):
        removed = tuple(before[block.before_start : block.before_end])
        added = tuple(after[block.after_start : block.after_end])
        above = tuple(after[max(told, block.after_start - equal) : block.after_start])
        following = blocks[place + 1].after_start if place + 1 < len(blocks) else len(after)
        told = min(block.after_end + equal, following)
        below = tuple(after[block.after_end : told])
        words = _words("".join(removed), "".join(added))
        yield Hunk(block.before_start + 1, block.after_start + 1, removed, added, words, above, below)


def _words(before: str, after: str) -> tuple[Part, ...] | None:
    if not before or not after:
        return None
    ours, theirs = _WORD.findall(before), _WORD.findall(after)
    if len(ours) + len(theirs) > WORDS_MAX:
        return None
    return tuple(_parts(align(ours, theirs), ours, theirs))


def _parts(alignment: Alignment, before: Sequence[str], after: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    end = 0
    for block in (*alignment.blocks, Block(len(before), len(before), len(after), len(after))):
        kept = before[end : block.before_start]
        removed, added = before[block.before_start : block.before_end], after[block.after_start : block.after_end]
        end = block.before_end
        parts += [Part("both", "".join(kept))] * bool(kept)
        parts += [Part("before", "".join(removed))] * bool(removed)
        parts += [Part("after", "".join(added))] * bool(added)
    return parts
