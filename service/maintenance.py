"""Maintenance from the command line: done by the running server where there is one, else right here.

SQLite has one writing process per file, so `There` asks it; PostgreSQL takes any number, so `Here` just does it.
"""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http.client import HTTPResponse
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import astuple

from events.clock import as_text
from events.errors import StorageInUse
from events.stores import open_store
from events.stores.sql import SqlStore
from events.writer import Writer
from projections import INLINE
from projections.rebuild import rebuild_all
from projections.steps import Progress, Rebuilt, Way
from service import keys
from service.archive.archived import Archived
from service.archive.archiving import Archiving
from service.archive.described import Stored
from service.context import DEFAULT_LOG
from service.deciding.commands import CreateKey, RevokeKey
from service.erasing.eraser import Eraser
from service.erasing.erasing import LOOK_S, is_over
from service.erasing.erasures import Erasures
from service.handler import carry_out, handle, submitting
from service.keys import ApiKey, Scope
from service.migrations import migrate
from service.provenance import from_command
from service.retention.retention import Retention
from service.running import RunningServer, holder_of, read_note
from service.schemas.erasures import ErasureAsked, ErasureShown
from service.settings import Settings
from service.streams.starting import upto_before
from service.vacuum import Vacuumed, vacuum

T = TypeVar("T")

Report = Callable[[Progress | Rebuilt], None]
TIMEOUT_S = 600.0


class MaintenanceRefused(Exception):
    """The running server did not do it, and says why."""


class KeyLine(Struct, frozen=True):
    """An API key as it is listed."""

    name: str
    scope: str
    log: str | None
    created: str
    revoked: str | None


class GoneLine(Struct, frozen=True):
    """What a retention policy has let go, or would."""

    policy: str
    artifacts: int
    bodies: int
    size_bytes: int


class FileLine(Struct, frozen=True):
    """A file of the archive."""

    file: str
    first: int
    last: int
    bodies: int
    size_bytes: int


class Maintenance(Protocol):
    """What can be maintained. All raise StorageUnavailable or MaintenanceRefused."""

    def rebuild(self, report: Report, *, log: str | None, projection: str | None, way: Way) -> None: ...

    def create_key(self, name: str, scope: Scope, log: str | None) -> str: ...

    def keys(self) -> list[KeyLine]: ...

    def revoke_key(self, name: str) -> None: ...

    def retain(self, log: str, *, dry_run: bool) -> list[GoneLine]: ...

    def archive(self, log: str, before: str) -> Iterator[FileLine]: ...

    def unarchive(self, log: str) -> Iterator[FileLine]: ...

    def show_erasure(self, log: str, asked: ErasureAsked) -> ErasureShown: ...

    def erase(self, log: str, asked: ErasureAsked) -> ErasureShown:
        """Erase what was confirmed, and wait until it is done."""
        ...

    def vacuum(self) -> Vacuumed: ...


def maintenance(settings: Settings) -> Maintenance:
    """The running server, if it holds the file; else this process."""
    here = Here(settings)
    try:
        here.check()
    except StorageInUse:
        server = read_note(settings.database)
        if server is None:
            raise
        return There(server)
    return here


def key_line(key: ApiKey) -> KeyLine:
    revoked = None if key.revoked is None else as_text(key.revoked)
    return KeyLine(key.name, str(key.scope), key.log, as_text(key.created), revoked)


class Here:
    """Maintenance by this process, on a database that it opens itself."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database
        self._settings = settings

    def check(self) -> None:
        async def nothing(_: SqlStore) -> None: ...

        self._with_store(nothing)

    def rebuild(self, report: Report, *, log: str | None, projection: str | None, way: Way) -> None:
        async def work(store: SqlStore) -> None:
            async for step in rebuild_all(store, log=log, projection=projection, way=way):
                report(step)

        self._with_store(work)

    def create_key(self, name: str, scope: Scope, log: str | None) -> str:
        async def work(store: SqlStore) -> str:
            token, key = keys.new_key(name, scope, log, store.clock())
            await carry_out(store, DEFAULT_LOG, [CreateKey(key=key, origin=from_command("keys create"))])
            return token

        return self._with_store(work)

    def keys(self) -> list[KeyLine]:
        return [key_line(key) for key in self._with_store(keys.read_keys)]

    def revoke_key(self, name: str) -> None:
        command = RevokeKey(name=name, origin=from_command("keys revoke"))
        self._with_store(lambda store: carry_out(store, DEFAULT_LOG, [command]))

    def retain(self, log: str, *, dry_run: bool) -> list[GoneLine]:
        async def work(store: SqlStore) -> list[GoneLine]:
            retention = Retention(store, Writer(store, handle), holder_of(self._url), self._settings)
            tally = (await retention.preview(log))[0] if dry_run else await retention.apply(log)
            return [GoneLine(name, *astuple(gone)) for name, gone in tally.items()]

        return self._with_store(work)

    def archive(self, log: str, before: str) -> Iterator[FileLine]:
        async def work(store: SqlStore) -> list[FileLine]:
            upto = await upto_before(store, log, before)
            files = _archiving(store).archive(log, self._settings.archive_url, upto)
            return [_file_line(stored) async for stored in files]

        yield from self._with_store(work)

    def unarchive(self, log: str) -> Iterator[FileLine]:
        async def work(store: SqlStore) -> list[FileLine]:
            return [_file_line(stored) async for stored in _archiving(store).restore(log)]

        yield from self._with_store(work)

    def _with_store(self, work: Callable[[SqlStore], Awaitable[T]]) -> T:
        async def run() -> T:
            store = open_store(self._url, INLINE)
            try:
                await store.open()
                await migrate(store, self._url)
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(run())

    def show_erasure(self, log: str, asked: ErasureAsked) -> ErasureShown:
        return self._with_store(lambda store: self._erasures(store).show(log, asked))

    def erase(self, log: str, asked: ErasureAsked) -> ErasureShown:
        async def work(store: SqlStore) -> ErasureShown:
            erasures = self._erasures(store)
            id = await erasures.request(log, asked, from_command("erase"))
            eraser = Eraser(store, submitting(store), holder_of(self._url), _archiving(store).forget)
            while (shown := await erasures.find(log, id)).completed is None:
                if not await eraser.carry_out_all(log):
                    await asyncio.sleep(LOOK_S)  # a server does it
            return shown

        return self._with_store(work)

    def vacuum(self) -> Vacuumed:
        return self._with_store(vacuum)

    def _erasures(self, store: SqlStore) -> Erasures:
        return Erasures(store, submitting(store), has_upstream=bool(self._settings.upstream_api_url))


class There:
    """Maintenance by the server that runs on this machine."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def rebuild(self, report: Report, *, log: str | None, projection: str | None, way: Way) -> None:
        kinds = {kind.__name__: kind for kind in (Progress, Rebuilt)}
        asked = {"log": log, "projection": projection, "way": str(way)}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        for line in self._ask("POST", f"/rebuild?{query}"):
            step = json.loads(line)
            report(kinds[step.pop("step")](**step))

    def create_key(self, name: str, scope: Scope, log: str | None) -> str:
        answer = self._json("POST", "/keys", {"name": name, "scope": scope, "log": log})
        return str(answer["token"])

    def keys(self) -> list[KeyLine]:
        return [KeyLine(**each) for each in self._json("GET", "/keys")]

    def revoke_key(self, name: str) -> None:
        list(self._ask("DELETE", f"/keys/{name}"))

    def retain(self, log: str, *, dry_run: bool) -> list[GoneLine]:
        if dry_run:
            answer = self._json("POST", f"{_root(log)}/retention/preview")["policies"]
        else:
            answer = self._json("POST", f"{_root(log)}/retention/apply")
        return [GoneLine(**each) for each in answer]

    def archive(self, log: str, before: str) -> Iterator[FileLine]:
        return self._files(f"{_root(log)}/archive", {"before": before})

    def unarchive(self, log: str) -> Iterator[FileLine]:
        return self._files(f"{_root(log)}/archive/restore", None)

    def _files(self, path: str, body: object) -> Iterator[FileLine]:
        for line in map(json.loads, self._ask("POST", path, body)):
            if "error" in line:
                raise MaintenanceRefused(line["error"])
            yield FileLine(**line)

    def show_erasure(self, log: str, asked: ErasureAsked) -> ErasureShown:
        return ErasureShown(**self._json("POST", f"{_root(log)}/erasures", _sent(asked)))

    def erase(self, log: str, asked: ErasureAsked) -> ErasureShown:
        shown = ErasureShown(**self._json("POST", f"{_root(log)}/erasures", _sent(asked)))
        while not is_over(shown):
            time.sleep(LOOK_S)
            shown = ErasureShown(**self._json("GET", f"{_root(log)}/erasures/{shown.id}"))
        return shown

    def vacuum(self) -> Vacuumed:
        return Vacuumed(**self._json("POST", "/vacuum"))

    def _json(self, method: str, path: str, body: object = None) -> Any:
        return json.loads(b"".join(self._ask(method, path, body)))

    def _ask(self, method: str, path: str, body: object = None) -> Iterable[bytes]:
        request = urllib.request.Request(
            f"{self._server.url}/api{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._server.token}",
                "Content-Type": "application/json",
                "User-Agent": "digsite-server",
            },
        )
        try:
            with cast(HTTPResponse, urllib.request.urlopen(request, timeout=TIMEOUT_S)) as response:
                yield from response
        except urllib.error.HTTPError as error:
            raise MaintenanceRefused(_reason(error)) from error
        except OSError as error:
            raise MaintenanceRefused(
                f"The server at {self._server.url} holds the database but does not answer: {error}."
            ) from error


def _root(log: str) -> str:
    account, _, workspace = log.partition("/")
    return "" if log == DEFAULT_LOG else f"/accounts/{account}/workspaces/{workspace}"


def _archiving(store: SqlStore) -> Archiving:
    archived = Archived(store)
    store.elsewhere = archived
    return Archiving(store, archived)


def _file_line(stored: Stored) -> FileLine:
    return FileLine(stored.file, stored.first, stored.last, stored.bodies, stored.size_bytes)


def _sent(asked: ErasureAsked) -> Any:
    return asked.model_dump(mode="json", exclude_unset=True)


def _reason(error: urllib.error.HTTPError) -> str:
    answer = json.loads(error.read() or b"{}")
    details = answer.get("exception_detail") or [{}]
    return str(answer.get("detail") or details[0].get("msg") or error.reason)
