"""JSON as text. What a client sends as data is kept to the letter, so it must be looked at without being rewritten."""

import re

_DIGITS_BEYOND_DOUBLE = re.compile(r"\d[eE]\+?\d{3}|\d{309}")
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"'  # a string, passed over whole
    r"|-?(?:NaN|Infinity)"
    r"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?",
    re.DOTALL,
)
_NOT_A_NUMBER = frozenset(("NaN", "-NaN", "Infinity", "-Infinity"))
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = str.maketrans("{}", "[]")


def is_string(text: str) -> bool:
    """Whether a well-formed text is one string. Then it has no numbers and no depth."""
    return text.startswith('"')


def may_be_infinite(text: str) -> bool:
    """Whether a number in a well-formed text may be beyond any double. Never wrongly false."""
    return not is_string(text) and _DIGITS_BEYOND_DOUBLE.search(text) is not None


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
    brackets = "".join(re.findall(r"[\[\]{}]+", _STRING.sub("", text))).translate(_BRACKETS)
    for _ in range(limit):
        if not brackets:
            return True
        brackets = brackets.replace("[]", "")  # takes away at least one level, the innermost
    return not brackets
