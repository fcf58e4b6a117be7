"""The number in one cell of a table, found again in each state by the row's key."""

import msgspec
from msgspec import Struct

from service.comparing.content import Content
from service.comparing.values import Json
from service.measures.reading import number_of

_encode = msgspec.json.Encoder().encode


class Cell(Struct, frozen=True):
    """Where in the row whose `row_key` is `row` the number stands: in `column`."""

    row_key: str
    row: str
    column: str

    def __call__(self, content: Content | None) -> float | None:
        """None: there is no such cell, or no number in it."""
        if content is None or content.kind != "table" or self.column not in content.form.names:
            return None
        keys = content.form.columns.get(self.row_key, ())
        place = next((place for place, key in enumerate(keys) if _shown(key) == self.row), None)
        return None if place is None else number_of(content.form.columns[self.column][place])


def _shown(key: Json) -> str:
    return key if isinstance(key, str) else _encode(key).decode()
