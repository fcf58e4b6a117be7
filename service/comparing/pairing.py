"""Two tables side by side: the columns that both have, and which rows are the same ones."""

from collections.abc import Mapping, Sequence
from operator import itemgetter

from msgspec import Struct

from service.comparing.row_key import Kinds, Matched, Tokens, check_key, key_candidates, match_by_key, match_by_order
from service.comparing.table import Table
from service.comparing.values import PLAIN, token

_WITHOUT_NUMBERS = frozenset((bool, str, type(None)))
"""Types of which no value is equal to one of another."""


class Pairing(Struct, frozen=True):
    columns: Mapping[str, int]
    """What both have, and the place of each among the tokens of a row."""
    key: tuple[str, ...]
    """What rows were matched by; empty: by their order."""
    candidates: tuple[str, ...]
    """The columns that could be it, the best first."""
    before: Sequence[Tokens]
    """The rows as tokens, in the columns that both have."""
    after: Sequence[Tokens]
    matched: Matched


def pair(before: Table, after: Table, key: Sequence[str] = ()) -> Pairing:
    """Tables with their rows matched by a key, one that is found if none is given. Raises KeyColumnNotFound."""
    common = {name: place for place, name in enumerate(name for name in before.names if name in after.columns)}
    check_key(key, list(common))
    kinds = {name: {*map(type, before.columns[name]), *map(type, after.columns[name])} for name in common}
    candidates = key_candidates(before, after, kinds)
    used = tuple(key) or candidates[:1]
    ours, theirs = _tokens(before, kinds), _tokens(after, kinds)
    return Pairing(common, used, candidates, ours, theirs, _matched(ours, theirs, [common[name] for name in used]))


def _tokens(table: Table, kinds: Kinds) -> Sequence[Tokens]:
    """The rows in these columns. Most columns hold nothing but values that stand for themselves."""
    mixed = {name for name, each in kinds.items() if not (each <= PLAIN or each <= _WITHOUT_NUMBERS)}
    if not mixed and tuple(kinds) == table.names:
        return table.rows
    if not kinds:
        return [()] * table.height
    columns = table.columns
    return list(zip(*(map(token, columns[name]) if name in mixed else columns[name] for name in kinds), strict=True))


def _matched(before: Sequence[Tokens], after: Sequence[Tokens], key: Sequence[int]) -> Matched:
    if not key:
        return match_by_order(before, after)
    get = itemgetter(*key)
    return match_by_key(list(map(get, before)), list(map(get, after)))
