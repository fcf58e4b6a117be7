"""JSON as text. What a client sends as data is kept to the letter, so it must be looked at without being rewritten."""

import re
from itertools import accumulate

import msgspec

_MAY_BE_INFINITE = re.compile(r"\d[eE]\+?\d{3}|\d{210}")
"""Digits without any of these are below 1e209, and no two digits of exponent lift that to 1e309."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TOKEN = re.compile(rf"{_STRING.pattern}|-?(?:NaN|Infinity)|-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?", re.DOTALL)
_NOT_A_NUMBER = frozenset(("NaN", "Infinity", "-Infinity"))
_ESCAPE = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F].."  # a pair
    r"|(\\u[dD][89a-fA-F]..)"  # half of one
    r"|\\."
)
_encode = msgspec.json.Encoder().encode
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def is_string(text: str) -> bool:
    """Whether a well-formed text is one string. Then it has no numbers and no depth."""
    return text.startswith('"')


def may_be_infinite(text: str) -> bool:
    """Whether a number in a well-formed text may be beyond any double. Never wrongly false."""
    return not is_string(text) and _MAY_BE_INFINITE.search(text) is not None


def with_nulls(text: str) -> str:
    """The text with null for NaN, Infinity and every number that a double would make infinite.

    All other numbers stay as they are, integers of any size among them.
    """
    return _TOKEN.sub(lambda match: _checked(match.group()), text)


def _checked(token: str) -> str:
    if token[0] == '"':
        return token
    if token in _NOT_A_NUMBER:
        return "null"
    is_integer = "." not in token and "e" not in token and "E" not in token
    return token if is_integer or abs(float(token)) != float("inf") else "null"


def depth_is_within(text: str, limit: int) -> bool:
    """Whether arrays and objects nest at most `limit` deep. `text` must be well formed."""
    if is_string(text) or text.count("[") + text.count("{") <= limit:
        return True
    brackets = "".join(re.findall(r"[\[\]{}]+", _STRING.sub("", text)))
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0) <= limit


def half_pair(text: str) -> int | None:
    """Where half of a surrogate pair is escaped in a text that parses, if anywhere. No UTF-8 can carry it."""
    if "\\ud" not in text and "\\uD" not in text:
        return None
    return next((found.start() for found in _ESCAPE.finditer(text) if found[1]), None)


def quoted(text: str | None) -> str:
    """A text as a JSON string, or null."""
    return "null" if text is None else _encode(text).decode()
