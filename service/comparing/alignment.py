"""Which items of two sequences are the same ones, and between them the blocks that differ.

Items that both sequences have once, in the same order, are anchors. What lies between two anchors is aligned in the
same way, and where there are none left, by difflib. difflib alone takes minutes where items repeat; here it gets only
small pieces, and a budget for all of them. A piece past that is a block that differs as a whole.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

ALIGNED_PAIRS_MAX = 2_000_000
"""Pairs of items that difflib may look at in one comparison: about a second where all are the same."""
PIECE_PAIRS_MAX = 250_000
"""Pairs of items in one piece that difflib gets."""
ANCHOR_DEPTH_MAX = 32
"""How often what lies between anchors is searched for anchors again."""


class Block(Struct, frozen=True):
    """`before[before_start:before_end]` became `after[after_start:after_end]`. Either may be empty, not both."""

    before_start: int
    before_end: int
    after_start: int
    after_end: int


class Alignment(Struct, frozen=True):
    """The blocks that differ, in order. Outside of them the items are the same, one by one."""

    blocks: tuple[Block, ...]
    is_fine: bool
    """Whether no block may hold items that are the same: none was too large to be looked into."""

    def pairs(self, before_count: int) -> Iterator[tuple[int, int]]:
        """The places of the items that are the same ones, in order."""
        end, shift = 0, 0
        for block in self.blocks:
            yield from ((place, place + shift) for place in range(end, block.before_start))
            end, shift = block.before_end, block.after_end - block.before_end
        yield from ((place, place + shift) for place in range(end, before_count))


def align(before: Sequence[Hashable], after: Sequence[Hashable]) -> Alignment:
    aligner = _Aligner(before, after)
    blocks = tuple(aligner.between(Block(0, len(before), 0, len(after))))
    return Alignment(blocks, aligner.is_fine)


def longest_rising(values: Sequence[int]) -> list[int]:
    """The places of a longest part of distinct values that rises."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        length = bisect_left(tops, value)
        before.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [value]
        ends[length : length + 1] = [place]
    found = []
    place = ends[-1] if ends else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


class _Aligner:
    def __init__(self, before: Sequence[Hashable], after: Sequence[Hashable]) -> None:
        self._before = before
        self._after = after
        self._pairs_left = ALIGNED_PAIRS_MAX
        self.is_fine = True

    def between(self, whole: Block, depth: int = 0) -> Iterator[Block]:
        """The blocks of a piece that differ."""
        piece = self._trimmed(whole)
        before_count, after_count = piece.before_end - piece.before_start, piece.after_end - piece.after_start
        if not before_count and not after_count:
            return
        if not before_count or not after_count:
            yield piece
            return
        anchors = self._anchors(piece)
        if anchors and depth < ANCHOR_DEPTH_MAX:
            for gap in _gaps(piece, anchors):
                yield from self.between(gap, depth + 1)
        else:
            yield from self._by_difflib(piece, before_count * after_count)

    def _trimmed(self, piece: Block) -> Block:
        """Without what both begin with and what both end with."""
        before, after = self._before, self._after
        low, high, start, end = piece.before_start, piece.before_end, piece.after_start, piece.after_end
        while low < high and start < end and before[low] == after[start]:
            low, start = low + 1, start + 1
        while low < high and start < end and before[high - 1] == after[end - 1]:
            high, end = high - 1, end - 1
        return Block(low, high, start, end)

    def _anchors(self, piece: Block) -> list[tuple[int, int]]:
        ours = _only_places(self._before, piece.before_start, piece.before_end)
        theirs = _only_places(self._after, piece.after_start, piece.after_end)
        pairs = [(place, theirs[item]) for item, place in ours.items() if item in theirs]
        return [pairs[each] for each in longest_rising([place for _, place in pairs])]

    def _by_difflib(self, piece: Block, pairs: int) -> Iterator[Block]:
        before = self._before[piece.before_start : piece.before_end]
        after = self._after[piece.after_start : piece.after_end]
        if set(before).isdisjoint(after):
            yield piece
            return
        if pairs > min(PIECE_PAIRS_MAX, self._pairs_left):
            self.is_fine = False
            yield piece
            return
        self._pairs_left -= pairs
        shift, other = piece.before_start, piece.after_start
        for tag, low, high, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                yield Block(shift + low, shift + high, other + start, other + end)


def _only_places(items: Sequence[Hashable], start: int, end: int) -> dict[Hashable, int]:
    """Where the items stand that are there once, in their order."""
    places: dict[Hashable, int] = {}
    again = set()
    for place in range(start, end):
        item = items[place]
        if item in places:
            again.add(item)
        else:
            places[item] = place
    return {item: place for item, place in places.items() if item not in again} if again else places


def _gaps(piece: Block, anchors: Iterable[tuple[int, int]]) -> Iterator[Block]:
    """What lies between the anchors, and before and behind them."""
    low, start = piece.before_start, piece.after_start
    for before, after in anchors:
        if low < before or start < after:
            yield Block(low, before, start, after)
        low, start = before + 1, after + 1
    yield Block(low, piece.before_end, start, piece.after_end)
