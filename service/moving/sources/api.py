"""The REST API of a Prefect server as a source. Its listing of artifacts is gone through by `walk.py`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from events.clock import as_text, micros
from events.event import Labels
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
from service.moving.sources.source import FIRST_PAGE, PAGE_ARTIFACTS, Page, SourceUnavailable
from service.moving.sources.walk import EVER, Rows, Sort, changed_since, oldest_first, shown
from service.upstream.address import Address
from service.upstream.client import AnswerTooLarge, UpstreamClient, UpstreamUnavailable

T = TypeVar("T")

ANSWER_TIMEOUT_S = 120.0
EVENTS_PAGE = 50
"""Events of one page: the most that Prefect gives."""
LISTED_BYTES_MAX = 64 * 1024 * 1024
"""Page of artifacts or collections. Of a larger one, halves are asked for."""
PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Between the tries of a request that the server cannot answer just now."""
FAULT = 500
ALWAYS = ("0002-01-01T00:00:00Z", "9998-12-31T00:00:00Z")
"""A filter that does not say since when reaches back half a year."""


class Listed(Struct):
    """An artifact, or a collection, as the API shows it."""

    id: str
    created: datetime
    updated: datetime
    key: str | None
    type: str | None
    description: Raw
    data: Raw
    metadata_: Raw
    flow_run_id: str | None
    task_run_id: str | None
    latest_id: str | UnsetType = UNSET

    @property
    def artifact(self) -> PrefectArtifact:
        return PrefectArtifact(
            id=self.id,
            key=self.key,
            type=self.type,
            flow_run_id=self.flow_run_id,
            task_run_id=self.task_run_id,
            created=micros(self.created),
            updated=micros(self.updated),
            data=bytes(self.data).decode(),
            description=bytes(self.description).decode(),
            metadata=bytes(self.metadata_).decode(),
        )


_decode_listed = msgspec.json.Decoder(list[Listed]).decode


class _Event(Struct):
    id: str
    event: str
    occurred: datetime
    resource: Labels
    related: tuple[Labels, ...]
    payload: Raw
    follows: str | None = None


class _Events(Struct):
    events: list[_Event]
    total: int
    next_page: str | None = None


class ApiSource:
    """A `Source`."""

    def __init__(self, address: Address) -> None:
        self._client = UpstreamClient(address, ANSWER_TIMEOUT_S)

    @property
    def name(self) -> str:
        return self._client.address.api_url

    async def open(self) -> None:
        """Make sure that it is there, and what it should be."""
        await self._client.post("/artifacts/count", {})
        if await self._client.get("/log/head") is not None:
            raise SourceUnavailable(f"{self.name} is a Digsite. Name the API of the Prefect server itself.")

    async def close(self) -> None:
        await self._client.close()

    async def count_artifacts(self) -> int:
        return int(await self._ask("/artifacts/count", {}))

    async def count_asset_events(self) -> int:
        return (await self._search({"event": {"prefix": [ASSETS]}}, limit=0)).total

    async def artifacts(self) -> AsyncIterator[Page[PrefectArtifact]]:
        before = shown(await self._listing("UPDATED_DESC", 0, FIRST_PAGE))
        began = max((artifact.updated for artifact in before), default=EVER)
        async for page in oldest_first(self._listing, self.count_artifacts):
            yield page
        async for page in changed_since(self._listing, began):
            yield page

    async def collections(self, keys: Sequence[str]) -> list[PrefectCollection]:
        asked = {"artifacts": {"key": {"any_": list(keys)}}, "limit": PAGE_ARTIFACTS}
        try:
            found = await self._shown("/artifacts/latest/filter", asked)
        except AnswerTooLarge:
            if len(keys) == 1:
                raise
            middle = len(keys) // 2
            return await self.collections(keys[:middle]) + await self.collections(keys[middle:])
        return [PrefectCollection(each.artifact, str(each.latest_id)) for each in found]

    async def events_of(self, ids: Sequence[str]) -> list[PrefectEvent]:
        about = [ARTIFACT + id for id in ids]
        told = {"event": {"name": [CREATED, UPDATED]}, "resource": {"id": about}}
        showing = {"event": {"name": list(LATEST)}, "related": {"id": about, "role": ["latest"]}}
        return [event async for asked in _each(told, showing) async for page in self._events(asked) for event in page]

    async def asset_events(self) -> AsyncIterator[Page[PrefectEvent]]:
        async for page in self._events({"event": {"prefix": [ASSETS]}}):
            yield Page(page, [])

    async def missing(self, ids: Sequence[str]) -> list[str]:
        """By counting: to be shown what is there would cost its content."""
        if not ids:
            return []
        found = await self._ask("/artifacts/count", {"artifacts": {"id": {"any_": list(ids)}}})
        if found == len(ids):
            return []
        if found == 0:
            return list(ids)
        middle = len(ids) // 2
        return await self.missing(ids[:middle]) + await self.missing(ids[middle:])

    async def told_of(self) -> AsyncIterator[list[str]]:
        async for page in self._events({"event": {"name": [CREATED, UPDATED, *LATEST]}}):
            yield artifact_ids(ARTIFACT + event.artifact_id for event in page if event.artifact_id is not None)

    async def _listing(self, sort: Sort, offset: int, limit: int) -> Rows:
        """What the server cannot show fails with every page that has it: halving finds it."""
        asked = {"sort": sort, "offset": offset, "limit": limit}
        try:
            rows = await self._shown("/artifacts/filter", asked)
        except (UpstreamUnavailable, AnswerTooLarge) as error:
            if isinstance(error, UpstreamUnavailable) and error.status != FAULT:
                raise
            if limit == 1:
                return [None]
            middle = limit // 2
            first = await self._listing(sort, offset, middle)
            return first + await self._listing(sort, offset + middle, limit - middle)
        return [row.artifact for row in rows]

    async def _events(self, asked: dict[str, Any]) -> AsyncIterator[list[PrefectEvent]]:
        """What is found, the oldest first, up to the newest that is there now.

        Each page begins where the one before ended, in time.
        """
        newest = (await self._search({**asked, "order": "DESC"}, limit=1)).events
        since, until, seen = ALWAYS[0], as_text(micros(newest[0].occurred)) if newest else ALWAYS[0], set[str]()
        while True:
            page = await self._search({**asked, "occurred": {"since": since, "until": until}, "order": "ASC"})
            found = [_event(each) for each in page.events]
            while page.next_page is not None and found[0].occurred == found[-1].occurred:
                page = await self._next(page.next_page)  # a moment with more events than a page has
                found += [_event(each) for each in page.events]
            yield [event for event in found if event.id not in seen]
            if page.next_page is None:
                return
            last = found[-1].occurred
            since, seen = as_text(last), {event.id for event in found if event.occurred == last}

    async def _search(self, asked: dict[str, Any], limit: int = EVENTS_PAGE) -> _Events:
        occurred = {"since": ALWAYS[0], "until": ALWAYS[1]}
        found: _Events = await self._ask(
            "/events/filter", {"filter": {"occurred": occurred, **asked}, "limit": limit}, _Events
        )
        return found

    async def _next(self, link: str) -> _Events:
        token = parse_qs(urlsplit(link).query)["page-token"][0]
        found: _Events = await _patiently(
            lambda: self._client.get("/events/filter/next?" + urlencode({"page-token": token}), _Events)
        )
        return found

    async def _shown(self, path: str, body: object) -> list[Listed]:
        """Raises AnswerTooLarge, UpstreamUnavailable."""
        text = await _patiently(lambda: self._client.post_for_text(path, body, LISTED_BYTES_MAX))
        try:
            return _decode_listed(text)
        except msgspec.DecodeError as error:
            raise UpstreamUnavailable(
                self.name + path, f"what it answered is not what it should be: {error}"
            ) from error

    async def _ask(self, path: str, body: object, form: Any = Any) -> Any:
        return await _patiently(lambda: self._client.post(path, body, form))


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, after some tries if need be. A fault is no matter of patience."""
    for pause_s in PAUSES_S:
        try:
            return await ask()
        except UpstreamUnavailable as error:
            if error.status == FAULT:
                raise
            await asyncio.sleep(pause_s)
    return await ask()


async def _each(*items: T) -> AsyncIterator[T]:
    for item in items:
        yield item


def _event(shown: _Event) -> PrefectEvent:
    return PrefectEvent(
        id=shown.id,
        kind=shown.event,
        occurred=micros(shown.occurred),
        resource=shown.resource,
        related=shown.related,
        payload=bytes(shown.payload).decode(),
        follows=shown.follows,
    )
