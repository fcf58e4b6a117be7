"""Cards: a page of what there is, each with as much of it as fits into a row, and how many there are. JSON text."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select

from events.clock import as_text
from events.event import Micros
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS, Row, restored, storable
from projections.cards import FILTERS, CardRow, Filter, Listed, counts, page
from projections.history.states import NAME
from projections.runner import Runner
from service.glances import Glances, Seen
from service.read import Read
from service.settings import Settings

CARDS_PAGE_MAX = 200
"""Cards in one answer."""
CARDS_SHOWN = 100
"""Unless another number is asked for."""

HOUR: Micros = 3_600_000_000
DAY: Micros = 24 * HOUR
SPANS: Mapping[str, Micros] = {"1h": HOUR, "1d": DAY, "7d": 7 * DAY}
"""Within which something was updated."""
EVER = 2**62

_encode = msgspec.json.Encoder().encode


class CardsAsked(Struct, frozen=True, kw_only=True):
    """What is asked of a list of cards. Nothing: all of it, what was updated last first."""

    q: str = ""
    type: Sequence[str] = ()
    flow: Sequence[str] = ()
    writer: Sequence[str] = ()
    updated: str | None = None
    """One of `SPANS`."""
    sort: str = "updated"
    descending: bool = True
    unnamed: bool = False
    offset: int = 0
    limit: int = CARDS_SHOWN

    def listed(self, as_of: int | None) -> Listed:
        given: tuple[Filter, ...] = tuple(each for each in FILTERS if getattr(self, each))
        return Listed(unnamed=self.unnamed, past=as_of is not None, filters=given)


class Cards:
    def __init__(self, store: SqlStore, runner: Runner, glances: Glances, settings: Settings) -> None:
        self._store = store
        self._runner = runner
        self._glances = glances
        self._settings = settings

    async def read(self, log: str, asked: CardsAsked, now: Micros, as_of: int | None = None) -> Read:
        """A page, the counts of all, and if nothing is found, how many there were without each filter.

        Raises ProjectionBehind, StorageUnavailable.
        """
        head = (await self._store.head(log)).position
        await self._runner.wait_for(log, NAME, head, self._settings.wait_timeout_s)
        number, position = await self._store.log_number(log), head if as_of is None else as_of
        moment = now if as_of is None else await self._moment(number, as_of)
        listed, given = asked.listed(as_of), _given(asked, moment)
        given |= {"log": number, "as_of": EVER if as_of is None else as_of}
        counted = Counted.of(await self._store.fetch(counts(listed), **given, hour=moment - HOUR, day=moment - DAY))
        statement = page(listed, asked.sort, descending=asked.descending)
        rows = await self._store.fetch(statement, **given, limit=asked.limit, offset=asked.offset)
        cards = await self._cards(number, [CardRow.from_row(row) for row in rows])
        answer = {"position": position, **counted.shown(), "cards": cards}
        return Read(_encode(answer).decode(), position)

    async def _cards(self, number: int, rows: Sequence[CardRow]) -> list[dict[str, Any]]:
        types = {row.data_position: row.type for row in rows}
        others = {each.description_position: None for each in rows if each.description_position not in types}
        seen = await self._glances.at(number, types | others)
        return [card(row, seen[row.data_position], seen[row.description_position].description) for row in rows]

    async def _moment(self, number: int, position: int) -> Micros:
        rows = await self._store.fetch(RECORDED_AT, log=number, position=position)
        return int(rows[0][0]) if rows else 0


class Counted(Struct):
    """What the statement `counts` answers with."""

    total: int = 0
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    types: dict[str, int] = msgspec.field(default_factory=dict)
    flows: dict[str, int] = msgspec.field(default_factory=dict)
    writers: dict[str, int] = msgspec.field(default_factory=dict)
    without: dict[str, int] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Counted":
        counted = cls()
        for name, value, count in rows:
            if name == "total":
                counted.total = count
            elif value is None:
                counted.counts[name] = count
            else:
                getattr(counted, name)[restored(value)] = count
        return counted

    def shown(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "counts": self.counts,
            "types": dict(_most_first(self.types)),
            **{
                name: [{"name": value, "count": count} for value, count in _most_first(getattr(self, name))]
                for name in ("flows", "writers")
            },
            "without": {} if self.total else self.without,
        }


def card(row: CardRow, seen: Seen, description: str | None) -> dict[str, Any]:
    """What a row shows of an artifact."""
    return {
        "key": row.key,
        "artifact_id": row.artifact_id,
        "type": row.type,
        "shown_as": seen.shown_as or row.type or "json",
        "description": description,
        "preview": seen.preview,
        "versions": row.versions,
        "number": row.number,
        "created": as_text(row.created),
        "updated": as_text(row.updated),
        "position": row.position,
        "actor": row.actor,
        "flow_run_id": row.flow_run_id,
        "flow_run_name": row.flow_run_name,
        "flow_name": row.flow_name,
        "task_run_id": row.task_run_id,
        "task_run_name": row.task_run_name,
        "data_bytes": seen.data_bytes,
    }


def _most_first(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


def _given(asked: CardsAsked, moment: Micros) -> dict[str, Any]:
    escaped = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    names = {name: [storable(each) for each in getattr(asked, name)] for name in ("type", "flow", "writer")}
    return {"q": storable(f"%{escaped}%"), **names, "updated": moment - SPANS.get(asked.updated or "", 0)}


RECORDED_AT = Statement(
    select(EVENTS.c.recorded).where(EVENTS.c.log == bindparam("log"), EVENTS.c.position == bindparam("position")),
    is_point_read=True,
)
