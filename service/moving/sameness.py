"""Whether two JSON texts say the same: numbers by value, whatever their form; objects whatever their order."""

import json
from typing import Any


def same(one: str, other: str) -> bool:
    return one == other or _same(_loaded(one), _loaded(other))


def _same(one: Any, other: Any) -> bool:
    """As `==`, but true is not 1, and a list or object is gone through without a limit of depth."""
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            pairs += [(left[name], right[name]) for name in left]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pairs += zip(left, right, strict=True)
        elif isinstance(left, bool) != isinstance(right, bool) or left != right:
            return False
    return True


def _loaded(text: str) -> Any:
    return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> Any:
    """A number, or the digits of one that is too long for one."""
    return int(digits) if len(digits) <= _DIGITS_MAX else digits


_DIGITS_MAX = 4_300
