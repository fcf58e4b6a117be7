"""The database of a Prefect server as a source: one transaction that writes nothing, and shows one moment."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from service.moving.history import STEPS_MAX
from service.moving.prefect import (
    ARTIFACT,
    ASSETS,
    CREATED,
    LATEST,
    UPDATED,
    PrefectArtifact,
    PrefectCollection,
    PrefectEvent,
    artifact_ids,
)
from service.moving.sources.columns import (
    Unreadable,
    json_of,
    labels_of,
    metadata_of,
    moment_of,
    quoted,
    related_of,
)
from service.moving.sources.source import FIRST_PAGE, PAGE_ARTIFACTS, Flaw, Page, next_size

T = TypeVar("T")
Row = tuple[Any, ...]


class Dialect(Struct, frozen=True):
    """How one database writes what the queries need."""

    text: Callable[[str], str]
    """A column as text."""
    among: Callable[[str, int, str], str]
    """Whether a column of a type is among the values of a parameter, by its number."""


class Cursor(Protocol):
    async def fetch(self, count: int) -> list[Row]:
        """The next rows; none: there are no more."""
        ...


class DatabaseSource(ABC):
    """A `Source`. What differs between databases is in its subclasses."""

    dialect: Dialect

    @property
    @abstractmethod
    def name(self) -> str: ...

    @abstractmethod
    async def open(self) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def rows(self, query: str, *parameters: Any) -> list[Row]: ...

    @abstractmethod
    async def cursor(self, query: str, *parameters: Any) -> Cursor: ...

    async def count_artifacts(self) -> int:
        [(count,)] = await self.rows("SELECT count(*) FROM artifact")
        return int(count)

    async def count_asset_events(self) -> int:
        [(count,)] = await self.rows(f"SELECT count(*) FROM events WHERE {_OF_ASSETS}")
        return int(count)

    async def artifacts(self) -> AsyncIterator[Page[PrefectArtifact]]:
        text, among = self.dialect.text, self.dialect.among
        columns = ", ".join(_columns("", text))
        query = f"SELECT {columns} FROM artifact WHERE {among('id', 1, 'uuid')}"
        cursor, size = await self.cursor(f"SELECT {text('id')} FROM artifact ORDER BY created, id"), FIRST_PAGE
        while ids := await cursor.fetch(size):
            page = _page(await self.rows(query, [id for (id,) in ids]), _artifact)
            yield Page(sorted(page.found, key=lambda artifact: (artifact.created, artifact.id)), page.flaws)
            size = next_size(size, sum(artifact.size_bytes for artifact in page.found))

    async def collections(self, keys: Sequence[str]) -> list[PrefectCollection]:
        text, among = self.dialect.text, self.dialect.among
        columns = ", ".join((*_columns("", text), text("latest_id")))
        rows = await self.rows(f"SELECT {columns} FROM artifact_collection WHERE {among('key', 1, 'text')}", list(keys))
        return _page(rows, _collection).found

    async def events_of(self, ids: Sequence[str]) -> list[PrefectEvent]:
        columns, among = ", ".join(_event_columns("e.", self.dialect.text)), self.dialect.among
        told = (
            "SELECT id, row_number() OVER (PARTITION BY event, resource_id ORDER BY occurred DESC) AS age FROM events"
            f" WHERE {among('event', 1, 'text')} AND {among('resource_id', 2, 'text')}"
        )
        showing = (
            f"SELECT event_id FROM event_resources WHERE resource_role = 'latest' AND {among('resource_id', 1, 'text')}"
        )
        about = [ARTIFACT + id for id in ids]
        rows = await self.rows(
            f"SELECT {columns} FROM ({told}) t JOIN events e ON e.id = t.id WHERE age <= {STEPS_MAX}",
            [CREATED, UPDATED],
            about,
        )
        rows += await self.rows(
            f"SELECT {columns} FROM ({showing}) s JOIN events e ON e.id = event_id WHERE {among('event', 2, 'text')}",
            about,
            list(LATEST),
        )
        return _page(rows, _event).found

    async def asset_events(self) -> AsyncIterator[Page[PrefectEvent]]:
        columns = ", ".join(_event_columns("", self.dialect.text))
        cursor = await self.cursor(f"SELECT {columns} FROM events WHERE {_OF_ASSETS} ORDER BY occurred, id")
        while rows := await cursor.fetch(PAGE_ARTIFACTS):
            yield _page(rows, _event)

    async def missing(self, ids: Sequence[str]) -> list[str]:
        query = f"SELECT {self.dialect.text('id')} FROM artifact WHERE {self.dialect.among('id', 1, 'uuid')}"
        there = {id for (id,) in await self.rows(query, list(ids))}
        return [id for id in ids if id not in there]

    async def told_of(self) -> AsyncIterator[list[str]]:
        cursor = await self.cursor(
            f"SELECT resource_id FROM events WHERE event IN ('{CREATED}', '{UPDATED}')"
            f" UNION SELECT resource_id FROM event_resources WHERE {_SHOWN}"
        )
        while rows := await cursor.fetch(PAGE_ARTIFACTS):
            yield artifact_ids(resource_id for (resource_id,) in rows)


_SHOWN = "resource_role = 'latest'"
_OF_ASSETS = f"event LIKE '{ASSETS}%'"


def _columns(of: str, text: Callable[[str], str]) -> tuple[str, ...]:
    names = ("id", "flow_run_id", "task_run_id", "data", "metadata_")
    plain = ("key", "type", "created", "updated", "description")
    return (*(text(of + name) for name in names), *(of + name for name in plain))


def _event_columns(of: str, text: Callable[[str], str]) -> tuple[str, ...]:
    names = ("id", "follows", "resource", "related", "payload")
    return (*(text(of + name) for name in names), of + "event", of + "occurred")


def _page(rows: Iterable[Row], read: Callable[[Row], T]) -> Page[T]:
    page: Page[T] = Page([], [])
    for row in rows:
        try:
            page.found.append(read(row))
        except Unreadable as error:
            page.flaws.append(Flaw(str(row[0]), str(error)))
    return page


def _artifact(row: Row) -> PrefectArtifact:
    id, flow_run_id, task_run_id, data, metadata, key, type, created, updated, description = row
    return PrefectArtifact(
        id=id,
        key=key,
        type=type,
        flow_run_id=flow_run_id,
        task_run_id=task_run_id,
        created=moment_of(created),
        updated=moment_of(updated),
        data=json_of(data),
        description=quoted(description),
        metadata=metadata_of(metadata),
    )


def _collection(row: Row) -> PrefectCollection:
    *shown, latest_id = row
    return PrefectCollection(_artifact(tuple(shown)), latest_id)


def _event(row: Row) -> PrefectEvent:
    id, follows, resource, related, payload, kind, occurred = row
    return PrefectEvent(
        id=id,
        kind=kind,
        occurred=moment_of(occurred),
        resource=labels_of(resource),
        related=related_of(related),
        payload=json_of(payload),
        follows=follows,
    )
