"""Tallying: how many events a filter finds, in groups. By the database where it can tell, else one by one."""

from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, bindparam, func, select, text

from events.event import Labels, Micros
from events.matching import ID, Matcher
from events.narrowing import narrowing
from events.searching import IN_LOG, UP_TO, mark_of, narrowed, search
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENTS, HEADER, Row, restored

Key = TypeVar("Key")


class Tally(Struct):
    """How many events a group has, when the first and the last of them happened, and how the last one calls it."""

    count: int
    first: Micros
    last: Micros
    label: str = ""


async def tally_kinds(store: SqlStore, number: int, matcher: Matcher, *, upto: int) -> dict[str, Tally]:
    """By kind, of events up to a position. Raises StorageUnavailable."""
    tallies = await _tallied(store, number, matcher, "kind", upto=upto)
    if tallies is not None:
        return {restored(kind) or "": tally for kind, tally in tallies.items()}
    return await _tally(search(store, number, matcher, upto=upto), lambda header: (restored(header[_KIND]) or "", ""))


async def tally_spans(
    store: SqlStore, number: int, matcher: Matcher, *, upto: int, start: Micros, width: Micros
) -> dict[int, Tally]:
    """By the number of the span in which they happened: spans of that width, from `start`. None happened before.

    Raises StorageUnavailable.
    """
    tallies = await _tallied(store, number, matcher, "span", upto=upto, start=start, width=width)
    if tallies is not None:
        return tallies
    found = search(store, number, matcher, upto=upto)
    return await _tally(found, lambda header: ((mark_of(header).occurred - start) // width, ""))


async def tally_resources(store: SqlStore, number: int, matcher: Matcher, *, upto: int) -> dict[str, Tally]:
    """By the id of the resource, labelled with its name. Raises StorageUnavailable."""
    return await _tally(search(store, number, matcher, upto=upto), _resource)


async def _tally(found: AsyncIterator[Row], key_and_label: Callable[[Row], tuple[Key, str]]) -> dict[Key, Tally]:
    tallies: dict[Key, Tally] = {}
    async for header in found:
        key, label = key_and_label(header)
        occurred = mark_of(header).occurred
        tally = tallies.setdefault(key, Tally(0, occurred, occurred, label))
        tally.count += 1
        tally.first = min(tally.first, occurred)
        if occurred > tally.last:
            tally.last, tally.label = occurred, label
    return tallies


def _resource(header: Row) -> tuple[str, str]:
    labels = _decode_labels(header[_RESOURCE])
    name = labels.get("prefect.resource.name", labels.get("prefect.name", labels[ID]))
    return labels[ID], name


async def _tallied(
    store: SqlStore, number: int, matcher: Matcher, group: str, **parameters: int
) -> dict[Any, Tally] | None:
    asked = narrowing(matcher.filter)
    if not asked.is_exact:
        return None
    rows = await store.fetch(_statement(asked.shape, group), log=number, **parameters, **asked.values)
    return {key: Tally(*facts) for key, *facts in rows}


_decode_labels = msgspec.json.Decoder(Labels).decode
_KIND, _RESOURCE = HEADER.index("kind"), HEADER.index("resource")

_GROUPS: dict[str, ColumnElement[Any]] = {
    "kind": EVENTS.c.kind,
    "span": (EVENTS.c.occurred - bindparam("start", type_=BigInteger())) // bindparam("width", type_=BigInteger()),
}


@lru_cache(maxsize=512)
def _statement(shape: tuple[str, ...], group: str) -> Statement:
    occurred = EVENTS.c.occurred
    tallies = select(_GROUPS[group].label("grouped"), func.count(), func.min(occurred), func.max(occurred))
    return Statement(tallies.where(IN_LOG, UP_TO, *narrowed(shape)).group_by(text("grouped")))
