"""The steps of a rebuild, as it tells them, and the ways in which it can end."""

from enum import StrEnum

import msgspec
from msgspec import Struct

from events.stores.tables import Row

EXAMPLES_MAX = 3
"""Rows that are shown of what is served and should not be, and as many of what should be and is not."""
EXAMPLE_CHARACTERS_MAX = 300
"""Characters of each that are shown."""


class Way(StrEnum):
    """What becomes of the rows that serve, when the rebuilt ones are compared with them."""

    REPLACE = "replace"
    """The rebuilt ones serve; the others go."""
    KEEP = "keep"
    """The rebuilt ones serve; the others are kept for a while, so that one can go back."""
    COMPARE = "compare"
    """Nothing changes."""
    BACK = "back"
    """Nothing is rebuilt: the rows that were kept are brought up to date, and serve again."""


class Progress(Struct, frozen=True):
    """So far the rows beside hold all up to `position`."""

    log: str
    projection: str
    position: int
    head: int


class Rebuilt(Struct, frozen=True):
    """The read model is what the log says up to `position`. `differences`: rows that were not, before."""

    log: str
    projection: str
    position: int
    rows: int
    differences: int
    examples: tuple[str, ...] = ()
    """Some of these, as in a diff: `- ` a row as it was served, `+ ` one as it should be."""


def examples(columns: list[str], surplus: list[Row], missing: list[Row]) -> tuple[str, ...]:
    """Rows as lines of a diff. Pure."""
    return tuple(f"{mark} {_text(columns, row)}" for mark, rows in (("-", surplus), ("+", missing)) for row in rows)


def _text(columns: list[str], row: Row) -> str:
    values = (value.hex() if isinstance(value, bytes) else value for value in row)
    text = msgspec.json.encode(dict(zip(columns, values, strict=True))).decode()
    return text if len(text) <= EXAMPLE_CHARACTERS_MAX else f"{text[: EXAMPLE_CHARACTERS_MAX - 1]}…"
