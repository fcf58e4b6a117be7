"""The number that a person would read: in a cell, in a line."""

import re
from typing import Any

from service.comparing.number import is_number

_NUMBER = re.compile(r"(?<![\w.,])[-−+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?)")


def number_of(value: Any) -> float | None:
    """Of a number that number, of a text the first that is in it. None: there is none."""
    if is_number(value):
        return float(value)
    return first_number(value) if isinstance(value, str) else None


def first_number(text: str, start: int = 0) -> float | None:
    """The first number of a text from a place on; its thousands may be set apart by commas."""
    found = _NUMBER.search(text, start)
    if found is None:
        return None
    number = float(found[0].replace(",", "").replace("−", "-"))
    return number if is_number(number) else None
