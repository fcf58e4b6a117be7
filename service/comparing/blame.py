"""Blame: of the lines of a text, or the cells of a table, which of many states last changed each.

States are told from the newest back. What a state has not from the one before it, it has changed itself:

    newest  ─►  the one before  ─►  ...        each line or cell that is found there goes on, all others are settled

It ends when everything is settled, so a history is only read as far back as is needed.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Struct

from service.comparing.alignment import align
from service.comparing.comparison import Side
from service.comparing.content import Content, content_of
from service.comparing.limits import COMPARED_CHARS_MAX, check_size
from service.comparing.pairing import Pairing, pair
from service.comparing.row_key import check_key
from service.comparing.table import Table
from service.comparing.text import lines_of
from service.comparing.values import Json, token

LINE_SHOWN_MAX = 200
"""Characters of a line, or of a cell, in an answer. Longer ones are cut."""

Unit: TypeAlias = Literal["line", "row", "value"]


class Blamed(Struct, frozen=True):
    """A line or row, or the value as a whole, and the state that last changed it, or each of its cells."""

    place: int
    """From 0."""
    states: tuple[int, ...]
    """The newest is 0. Of a row one for each column."""
    text: str | None = None
    """The beginning of a line, or of the value."""
    cells: tuple[Any, ...] | None = None
    """Of a row the beginnings of its cells."""
    before: tuple[Any, ...] | None = None
    """What each of these was before it was last changed; null: nothing."""


class Blame(ABC):
    """What is settled so far, of a part of the newest state."""

    unit: ClassVar[Unit]

    def __init__(self, offset: int, limit: int) -> None:
        self._state = 0
        """Which state was told last."""
        self._part = range(offset, min(offset + limit, self.height))
        self._now = {place: place for place in self._part}
        """Where the lines or rows that are not settled stand in the state that was told last."""

    @property
    @abstractmethod
    def height(self) -> int:
        """How many lines or rows the newest state has."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        return None

    @property
    def is_settled(self) -> bool:
        return not self._now

    def tell(self, before: Side) -> None:
        """The next state back. Raises TooLargeToCompare."""
        if self._now:
            self._go_back(content_of(before.data, before.type))
        self._state += 1

    def found(self) -> list[Blamed]:
        """All of the part. What is not settled was there in the state that was told last."""
        return [self._blamed(place) for place in self._part]

    @abstractmethod
    def _go_back(self, before: Content) -> None: ...

    @abstractmethod
    def _blamed(self, place: int) -> Blamed: ...


class _OfWholes(Blame):
    """Lines, or values as a whole: settled at once."""

    def __init__(self, offset: int, limit: int) -> None:
        super().__init__(offset, limit)
        self._settled: dict[int, int] = {}

    def _go_on(self, found: dict[int, int]) -> None:
        """`found`: where what stands at a place now stood before."""
        for place, now in list(self._now.items()):
            if now in found:
                self._now[place] = found[now]
            else:
                self._settled[place] = self._state
                del self._now[place]

    def _blamed(self, place: int) -> Blamed:
        return Blamed(place, (self._settled.get(place, self._state),))


class BlameOfLines(_OfWholes):
    unit = "line"

    def __init__(self, newest: Content, offset: int, limit: int) -> None:
        self._newest = self._lines = lines_of(newest.value)
        super().__init__(offset, limit)

    @property
    def height(self) -> int:
        return len(self._newest)

    def _go_back(self, before: Content) -> None:
        lines = lines_of(before.value) if isinstance(before.value, str) else []
        pairs = align(lines, self._lines).pairs(len(lines))
        self._go_on({now: then for then, now in pairs})
        self._lines = lines

    def _blamed(self, place: int) -> Blamed:
        blamed = super()._blamed(place)
        return Blamed(place, blamed.states, self._newest[place][:LINE_SHOWN_MAX].rstrip("\r\n"))


class BlameOfValue(_OfWholes):
    unit = "value"

    def __init__(self, newest: Content, offset: int, limit: int) -> None:
        self._newest = self._value = newest.value
        super().__init__(offset, limit)

    @property
    def height(self) -> int:
        return 1

    def _go_back(self, before: Content) -> None:
        is_same = token(before.value) == token(self._value)
        self._go_on({0: 0} if is_same else {})
        self._value = before.value

    def _blamed(self, place: int) -> Blamed:
        return Blamed(place, super()._blamed(place).states, text_of(self._newest)[:LINE_SHOWN_MAX])


class BlameOfRows(Blame):
    unit = "row"

    def __init__(self, newest: Content, offset: int, limit: int, key: Sequence[str]) -> None:
        self._newest: Table = newest.form
        self._table = self._newest
        self._key = key
        check_key(key, self._newest.names)
        super().__init__(offset, limit)
        self._settled: dict[int, list[int | None]] = {place: [None] * len(self._newest.names) for place in self._part}
        self._before: dict[int, list[Json]] = {place: [None] * len(self._newest.names) for place in self._part}

    @property
    def height(self) -> int:
        return self._newest.height

    @property
    def columns(self) -> tuple[str, ...]:
        return self._newest.names

    def _go_back(self, before: Content) -> None:
        table = before.form if before.kind == "table" else Table((), [])
        if not all(name in table.names for name in self._key):
            table = Table((), [])
        pairing = pair(table, self._table, self._key if table.names else ())
        found = {now: then for then, now in pairing.matched.pairs}
        for place, now in list(self._now.items()):
            then = found.get(now)
            row = {} if then is None else table.row(then)
            self._settle(place, () if then is None else self._stayed(pairing, then, now), row)
            if then is None or None not in self._settled[place]:
                del self._now[place]
            else:
                self._now[place] = then
        self._table = table

    def _stayed(self, pairing: Pairing, then: int, now: int) -> Collection[str]:
        """The columns in which a row was what it is now."""
        if pairing.before[then] == pairing.after[now]:
            return pairing.columns
        return [
            name for name, each in pairing.columns.items() if pairing.before[then][each] == pairing.after[now][each]
        ]

    def _settle(self, place: int, stayed: Collection[str], row: Mapping[str, Json]) -> None:
        """`row`: what it was in the state that is told."""
        settled = self._settled[place]
        for index, name in enumerate(self._newest.names):
            if settled[index] is None and name not in stayed:
                settled[index] = self._state
                self._before[place][index] = row.get(name)

    def _blamed(self, place: int) -> Blamed:
        states = tuple(self._state if each is None else each for each in self._settled[place])
        cells, before = self._newest.rows[place], self._before[place]
        return Blamed(place, states, cells=tuple(map(beginning, cells)), before=tuple(map(beginning, before)))


def beginning(value: Json) -> Json:
    """A value as it is shown in a cell: texts are cut, and what is nested is JSON text."""
    return text_of(value)[:LINE_SHOWN_MAX] if isinstance(value, str | list | dict) else value


def text_of(value: Json) -> str:
    return value if isinstance(value, str) else _encode(value).decode()


_encode = msgspec.json.Encoder().encode


def blame_of(newest: Side, offset: int, limit: int, key: Sequence[str] = ()) -> Blame:
    """The blame of the lines or rows from `offset` on, at most `limit`. Raises TooLargeToCompare, KeyColumnNotFound."""
    check_size("characters", len(newest.data), COMPARED_CHARS_MAX)
    content = content_of(newest.data, newest.type)
    match content.kind:
        case "table":
            return BlameOfRows(content, offset, limit, key)
        case "text":
            return BlameOfLines(content, offset, limit)
        case _:
            return BlameOfValue(content, offset, limit)
