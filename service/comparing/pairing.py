"""Two tables side by side: the columns that both have, and which rows are the same ones."""

from collections.abc import Mapping, Sequence
from operator import itemgetter

from msgspec import Struct

from service.comparing.row_key import Columns, Matched, check_key, find_key, match_by_key, match_by_order
from service.comparing.table import Table, Tokens, tokens_of


class Pairing(Struct, frozen=True):
    columns: Mapping[str, int]
    """What both have, and the place of each among the tokens of a row."""
    key: tuple[str, ...]
    """What rows were matched by; empty: by their order."""
    before: Sequence[Tokens]
    """The rows, in the columns that both have."""
    after: Sequence[Tokens]
    matched: Matched


def pair(before: Table, after: Table, key: Sequence[str] = ()) -> Pairing:
    """Tables with their rows matched by a key, one that is found if none is given. Raises KeyColumnNotFound."""
    common = {name: tokens_of(cells) for name, cells in before.columns.items() if name in after.columns}
    others = {name: tokens_of(after.columns[name]) for name in common}
    check_key(key, list(common))
    used = tuple(key) or find_key(common, others)
    ours, theirs = _rows(common, before.height), _rows(others, after.height)
    columns = {name: place for place, name in enumerate(common)}
    return Pairing(columns, used, ours, theirs, _matched(ours, theirs, [columns[name] for name in used]))


def _rows(columns: Columns, height: int) -> Sequence[Tokens]:
    return list(zip(*columns.values(), strict=True)) if columns else [()] * height


def _matched(before: Sequence[Tokens], after: Sequence[Tokens], key: Sequence[int]) -> Matched:
    if not key:
        return match_by_order(before, after)
    get = itemgetter(*key)
    return match_by_key(list(map(get, before)), list(map(get, after)))
