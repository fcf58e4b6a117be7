"""Values of JSON as things that can be compared and looked up: true is not 1, 1 is 1.0, order in objects is none."""

from collections.abc import Hashable
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A value as JSON has it."""

TOKEN_DEPTH_MAX = 50
"""How deep values are looked into. Deeper ones are the same if they are written in the same way."""
PLAIN = frozenset((str, int, float, type(None)))
"""Types whose values stand for themselves."""

_encode = msgspec.json.Encoder(order="sorted").encode


def token(value: Json, depth: int = 0) -> Hashable:
    """What is equal for equal values, and only for those."""
    kind = type(value)
    if kind in PLAIN:
        plain: Hashable = value
        return plain
    if kind is bool:
        return (bool, value)
    if depth == TOKEN_DEPTH_MAX:
        return _encode(value)
    if kind is list:
        return (list, *(token(each, depth + 1) for each in value))
    return (dict, frozenset((name, token(each, depth + 1)) for name, each in value.items()))
