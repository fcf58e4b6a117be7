"""Which rows of two tables are the same ones: by the columns of a key, or by their order.

The key is given, or found: a column that tells the rows apart in both tables, and shares most values between them.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence, Set
from itertools import count, islice
from typing import TypeAlias

from msgspec import Struct

from service.comparing.alignment import align
from service.comparing.table import Table

KEY_COLUMNS_MAX = 8
"""Columns of a key that is given."""
KEY_CANDIDATES_MAX = 50
"""Columns that are tried to find a key, from the left."""

Tokens: TypeAlias = tuple[Hashable, ...]
"""The tokens of a row's cells."""
Kinds: TypeAlias = Mapping[str, Set[type]]
"""The types of the values in each column that two tables have."""

_OF_KEYS = frozenset((int, str))
"""What the values of a key are. Measurements make none."""
_NAMES = ("id", "key", "uuid")
"""What the name of a column is, or ends in, that is made to be a key."""


class KeyColumnNotFound(Exception):
    """A column that should tell rows apart is not in both tables."""

    def __init__(self, column: str, columns: Sequence[str]) -> None:
        named = ", ".join(columns[:20]) or "none"
        super().__init__(f"The column {column!r} is not in both tables. These are: {named}.")
        self.column, self.columns = column, list(columns[:20])


class Matched(Struct, frozen=True):
    """The places of the rows that are the same ones, in the order of `after`; and of all others."""

    pairs: Sequence[tuple[int, int]]
    removed: Sequence[int]
    added: Sequence[int]
    duplicates: int = 0
    """Rows whose key a row above them in the same table has as well."""
    is_fine: bool = True


def check_key(key: Sequence[str], common: Sequence[str]) -> None:
    """Raises KeyColumnNotFound."""
    for column in key:
        if column not in common:
            raise KeyColumnNotFound(column, common)


def key_candidates(before: Table, after: Table, kinds: Kinds) -> tuple[str, ...]:
    """The columns that could be the key, of those that both have, the best first."""
    ranks: list[tuple[int, bool, int, str]] = []
    for name in islice((name for name, each in kinds.items() if each <= _OF_KEYS), KEY_CANDIDATES_MAX):
        shared = _shared(before.columns[name], after.columns[name])
        if shared:
            places = before.names.index(name) + after.names.index(name)
            ranks.append((shared, name.lower().endswith(_NAMES), -places, name))
    return tuple(rank[-1] for rank in sorted(ranks, reverse=True))


def match_by_key(before: Sequence[Hashable], after: Sequence[Hashable]) -> Matched:
    """Of the keys of all rows: which are in both. The n-th row of a key is the n-th row of it in the other table."""
    duplicates = len(before) - len(set(before)) + len(after) - len(set(after))
    ours, theirs = (_numbered(before), _numbered(after)) if duplicates else (before, after)
    places = {key: place for place, key in enumerate(ours)}
    pairs = [(places[key], place) for place, key in enumerate(theirs) if key in places]
    found = {place for place, _ in pairs}
    return Matched(
        pairs,
        [place for place in range(len(before)) if place not in found],
        [place for place, key in enumerate(theirs) if key not in places],
        duplicates,
    )


def match_by_order(before: Sequence[Tokens], after: Sequence[Tokens]) -> Matched:
    """Rows that are equal, in order; and of rows between these, those of which half of the cells stayed."""
    alignment = align(before, after)
    pairs = list(alignment.pairs(len(before)))
    for block in alignment.blocks:
        places = zip(
            range(block.before_start, block.before_end), range(block.after_start, block.after_end), strict=False
        )
        pairs += [(one, other) for one, other in places if _is_alike(before[one], after[other])]
    pairs.sort(key=lambda pair: pair[1])
    ours, theirs = {one for one, _ in pairs}, {other for _, other in pairs}
    return Matched(
        pairs,
        [place for place in range(len(before)) if place not in ours],
        [place for place in range(len(after)) if place not in theirs],
        is_fine=alignment.is_fine,
    )


def _shared(before: Sequence[Hashable], after: Sequence[Hashable]) -> int:
    """How many values two columns share; 0 if one of them could not tell its rows apart."""
    ours = set(before)
    if len(ours) < len(before):
        return 0
    theirs = set(after)
    return 0 if len(theirs) < len(after) else len(ours & theirs)


def _numbered(keys: Sequence[Hashable]) -> Sequence[Hashable]:
    """The keys, each told from its likes by a number."""
    numbers: defaultdict[Hashable, count[int]] = defaultdict(count)
    return [(key, next(numbers[key])) for key in keys]


def _is_alike(one: Tokens, other: Tokens) -> bool:
    return 2 * sum(map(_equal, one, other)) >= len(one) > 1


def _equal(one: Hashable, other: Hashable) -> bool:
    return one == other
