"""A Prefect server through its REST API, while it runs.

It gives artifacts ids and times of its own. So what is written carries its own in the metadata, under `MARKS`; by
these a second export knows it again.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx2
from msgspec import Raw
from msgspec.structs import replace
from pydantic import TypeAdapter, ValidationError

from events.clock import as_text, micros, now
from events.event import Micros
from events.published import Published
from service.json_text import quoted
from service.moving.agreement import CREATED_MARK, ID_MARK, UPDATED_MARK, There, digest, digest_of_event, loaded
from service.moving.held import Held
from service.moving.targets.inventory import Inventory
from service.moving.targets.target import Counted, Refused, TargetFault, TargetUnusable
from service.upstream.address import Address
from service.upstream.client import AnswerTooLarge, UpstreamClient, UpstreamRefused, UpstreamUnavailable
from service.upstream.events import PAGE_EVENTS, UpstreamEvents

T = TypeVar("T")

PAGE_SIZE = 200
"""Artifacts on a page of its listing: the most that it gives."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""Largest page that is read. A larger one is asked for in smaller pages."""
REQUEST_TIMEOUT_S = 120.0
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Between the tries of a request that the server cannot answer just now."""
SETTLE_POLL_S = 0.25
SETTLE_POLLS = 240
UNSETTLED_EVENTS = 10_000
"""Events after which the server is given the time to put them on its disk. Its own queue holds 50,000."""
MARGIN: Micros = 3_600_000_000
"""How long before its retention an event is not written any more: an hour, as often as it looks for old ones."""
FORBIDDEN = (401, 403)
NEWEST = 20
"""How many of the newest artifacts of a key are looked at for one that may have been made."""

_ALWAYS = {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59.999999Z"}
EVER: Micros = -(2**63)


class AutomationsEnabled(TargetUnusable):
    """Whatever is written would fire them, however long ago it happened."""

    def __init__(self, url: str, names: list[str]) -> None:
        super().__init__(
            f"{len(names)} automations are enabled at {url}, and would fire on what is written, however old it is: "
            f"{', '.join(names)}. Pause them (`prefect automation pause NAME`), or say --fire-automations."
        )
        self.url, self.names = url, names


class ApiTarget:
    """A `Target`."""

    keeps = False
    takes_nul = False  # its database may be PostgreSQL: it does not say

    def __init__(self, address: Address, *, may_fire: bool = False) -> None:
        self.name = address.api_url
        self.oldest_event = EVER
        self._client = UpstreamClient(address, REQUEST_TIMEOUT_S)
        self._events = UpstreamEvents(self._client)
        self._inventory = Inventory()
        self._may_fire = may_fire
        self._page_size = PAGE_SIZE
        self._unsettled = 0
        self._last_told: list[str] = []

    async def open(self, *, writing: bool) -> None:
        version = await self._client.get("/admin/version")
        if await self._client.get("/log/head") is not None:
            raise TargetUnusable(f"{self.name} is a Digsite. Name the API of the Prefect server itself.")
        if not str(version).startswith("3."):
            raise TargetUnusable(f"{self.name} is not the API of a Prefect 3 server: its version is {version}.")
        self.oldest_event = _oldest(await self._client.get("/admin/settings"))
        if writing and not self._may_fire:
            await self._check_automations()

    async def close(self) -> None:
        self._inventory.close()
        await self._client.close()

    async def survey(self, counted: Counted) -> None:
        """Page through all of its artifacts.

        A page begins with the last row of the one before. If it does not have it, rows have gone meanwhile, and the
        survey goes back a page: so it passes over none.
        """
        total = await self._again(lambda: self._client.post("/artifacts/count", {}))
        self._inventory.clear()
        offset, last = 0, None
        while True:
            size, page = await self._page(offset)
            if last is not None and all(each["id"] != last for each in page):
                offset, last = max(0, offset - size), None
                continue
            for each in page:
                self._take_in(each)
            counted(min(offset + len(page), total), total)
            if len(page) < size:
                return
            overlap = min(1, size - 1)
            offset, last = offset + size - overlap, page[-1]["id"] if overlap else None

    async def find(self, ids: Sequence[str]) -> dict[str, There]:
        return self._inventory.find(ids)

    async def write(self, artifacts: Sequence[tuple[Held, There | None]]) -> list[Refused]:
        refused = []
        for held, there in artifacts:
            try:
                await (self._create(held) if there is None else self._update(held, there))
            except (UpstreamRefused, TargetFault) as error:
                if isinstance(error, UpstreamRefused) and error.status in FORBIDDEN:
                    raise
                refused.append(Refused(held.id, str(error)))
        return refused

    async def remove(self, artifacts: Sequence[There]) -> None:
        for there in artifacts:
            path = f"/artifacts/{there.own_id}"
            await self._again(partial(self._client.delete, path))
            self._inventory.forget(there.own_id)

    async def touch(self, artifact: There) -> None:
        await self._patch(artifact.own_id, {})

    async def find_collections(self, keys: Sequence[str]) -> dict[str, There]:
        rows = await self._halved(keys, self._latest)
        return {row["key"]: self._collection(row) for row in rows}

    async def write_collections(self, collections: Sequence[tuple[Held, There | None]]) -> None:
        """It makes its collections itself."""

    async def fall_back(self, collections: Sequence[Held]) -> None:
        """Likewise."""

    async def find_events(self, ids: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for start in range(0, len(ids), PAGE_EVENTS):
            for event in await self._halved(ids[start : start + PAGE_EVENTS], self._events_of):
                found[event["id"]] = digest_of_event({**event, "occurred": _micros(event["occurred"])})
        return found

    async def write_events(self, events: Sequence[Published]) -> list[Refused]:
        """Together; if it refuses that, each alone."""
        try:
            await self._again(lambda: self._events.tell([event.json for event in events]))
        except (UpstreamRefused, TargetFault) as error:
            if isinstance(error, UpstreamRefused) and error.status in FORBIDDEN:
                raise
            if len(events) == 1:
                return [Refused(events[0].id, str(error))]
            return [refused for each in events for refused in await self.write_events([each])]
        self._last_told = [event.id for event in events][-PAGE_EVENTS:]
        self._unsettled += len(events)
        if self._unsettled > UNSETTLED_EVENTS:
            await self.settle()
        return []

    async def settle(self) -> None:
        """It takes events off its queue in their order: with the last, all are on its disk. The check sees if not."""
        for _ in range(SETTLE_POLLS):
            missing = await self._again(lambda: self._events.missing(self._last_told))
            if not missing:
                break
            await asyncio.sleep(SETTLE_POLL_S)
        self._unsettled = 0

    async def _create(self, held: Held) -> None:
        """Make it, once: whether a try without an answer was one too many is asked before the next."""
        body = Raw(_body(held).encode())
        for pause_s in (*PAUSES_S, None):
            try:
                answer = await self._client.post_for_text("/artifacts/", body, ANSWER_BYTES_MAX)
                return self._take_in(loaded(answer))
            except UpstreamUnavailable as error:
                if error.status == httpx2.codes.INTERNAL_SERVER_ERROR:
                    raise TargetFault(str(error)) from error
                if pause_s is None:
                    raise
            await asyncio.sleep(pause_s)
            made = await self._made(held)
            if made is not None:
                return self._take_in(made)
        return None

    async def _made(self, held: Held) -> Any:
        """What there is of it among the newest, if it was made."""
        of_key = {"exists_": False} if held.key is None else {"any_": [held.key]}
        asked = {"artifacts": {"key": of_key}, "sort": "CREATED_DESC", "limit": NEWEST}
        rows = await self._again(lambda: self._client.post("/artifacts/filter", asked))
        return next((row for row in rows if (row["metadata_"] or {}).get(ID_MARK) == held.id), None)

    async def _update(self, held: Held, there: There) -> None:
        body = f'{{"description":{held.description},"data":{held.data},"metadata_":{_metadata(held, there.own_id)}}}'
        await self._patch(there.own_id, Raw(body.encode()))

    async def _patch(self, own_id: str, body: object) -> None:
        path = f"/artifacts/{own_id}"
        await self._again(lambda: self._client.patch(path, body))
        self._take_in(loaded(await self._again(lambda: self._client.get_text(path, ANSWER_BYTES_MAX))))

    async def _page(self, offset: int) -> tuple[int, list[Any]]:
        """The artifacts from here on: how many were asked for, and these."""
        while True:
            size = self._page_size
            asked = {"sort": "ID_DESC", "limit": size, "offset": offset}
            try:
                text = await self._again(
                    partial(self._client.post_for_text, "/artifacts/filter", asked, ANSWER_BYTES_MAX)
                )
            except AnswerTooLarge:
                if size == 1:
                    raise
                self._page_size = max(1, size // 4)
            else:
                self._page_size = min(PAGE_SIZE, size * 2)
                return size, loaded(text)

    async def _latest(self, keys: Sequence[str]) -> list[Any]:
        asked = {"artifacts": {"key": {"any_": keys}}, "limit": PAGE_SIZE}
        rows: list[Any] = loaded(await self._client.post_for_text("/artifacts/latest/filter", asked, ANSWER_BYTES_MAX))
        return rows

    async def _events_of(self, ids: Sequence[str]) -> list[Any]:
        asked = {"filter": {"id": {"id": ids}, "occurred": _ALWAYS}, "limit": PAGE_EVENTS}
        page = loaded(await self._client.post_for_text("/events/filter", asked, ANSWER_BYTES_MAX))
        events: list[Any] = page["events"]
        return events

    async def _halved(self, items: Sequence[str], ask: Callable[[Sequence[str]], Awaitable[list[Any]]]) -> list[Any]:
        """Ask for all at once; if the answer is too large, for each half."""
        try:
            return await self._again(lambda: ask(items))
        except AnswerTooLarge:
            if len(items) == 1:
                raise
        middle = len(items) // 2
        return [*await self._halved(items[:middle], ask), *await self._halved(items[middle:], ask)]

    def _take_in(self, row: Any) -> None:
        """Note an artifact as the server shows it, decoded by `loaded`."""
        self._inventory.put((row["metadata_"] or {}).get(ID_MARK) or row["id"], _there(row))

    def _collection(self, row: Any) -> There:
        return replace(_there(row), latest_id=self._inventory.id_of(row["latest_id"]) or row["latest_id"])

    async def _check_automations(self) -> None:
        found = await self._client.post("/automations/filter", {"limit": PAGE_SIZE})
        names = [each["name"] for each in found if each["enabled"]]
        if names:
            raise AutomationsEnabled(self.name, names)

    @staticmethod
    async def _again(call: Callable[[], Awaitable[T]]) -> T:
        """Its answer, however often it has to be asked. Raises TargetFault, UpstreamUnavailable in the end."""
        for pause_s in (*PAUSES_S, None):
            try:
                return await call()
            except UpstreamUnavailable as error:
                if error.status == httpx2.codes.INTERNAL_SERVER_ERROR:
                    raise TargetFault(str(error)) from error
                if pause_s is None:
                    raise
            await asyncio.sleep(pause_s)
        raise AssertionError("the last try returns or raises")


def _body(held: Held) -> str:
    return (
        f'{{"key":{quoted(held.key)},"type":{quoted(held.type)},"description":{held.description},"data":{held.data},'
        f'"metadata_":{_metadata(held)},"flow_run_id":{quoted(held.flow_run_id)},'
        f'"task_run_id":{quoted(held.task_run_id)}}}'
    )


def _metadata(held: Held, own_id: str = "") -> str:
    """With the marks, unless the artifact has the same id there: then that is where it came from."""
    if own_id == held.id:
        return held.metadata
    marks = {ID_MARK: held.id, CREATED_MARK: as_text(held.created), UPDATED_MARK: as_text(held.updated)}
    return json.dumps({**(json.loads(held.metadata) or {}), **marks})


def _there(row: Any) -> There:
    names = ("key", "type", "description", "data", "flow_run_id", "task_run_id")
    return There(
        own_id=row["id"],
        digest=digest(metadata=row["metadata_"], **{name: row[name] for name in names}),
        created=_micros(row["created"]),
        updated=_micros(row["updated"]),
    )


def _micros(text: str) -> Micros:
    return micros(datetime.fromisoformat(text))


def _oldest(settings: Any) -> Micros:
    """The moment from which it keeps events, as its settings tell; with a margin."""
    try:
        server = settings["server"]
        is_kept = "events" not in server["services"]["db_vacuum"]["enabled"]
        return EVER if is_kept else now() - _duration(server["events"]["retention_period"]) + MARGIN
    except (KeyError, TypeError, ValidationError):
        return EVER


def _duration(text: str) -> Micros:
    return TypeAdapter(timedelta).validate_python(text) // timedelta(microseconds=1)
