"""The intake: takes what is brought into the log. This process does, or the server that holds the database.

SQLite has one writing process per file, so `IntakeThere` asks it; PostgreSQL takes any number, so `IntakeHere` writes.
"""

from collections.abc import Sequence
from typing import Protocol

import httpx2
import msgspec
from msgspec import Raw, Struct

from events.errors import StorageInUse
from events.event import Origin
from events.stores import open_store
from events.stores.sql import SqlStore
from projections import INLINE
from service.context import DEFAULT_LOG
from service.deciding.commands import Command, ImportArtifacts, ImportedArtifact, ImportedCollection, RecordEvents
from service.event_parsing import outside_events
from service.handler import carry_out
from service.maintenance import MaintenanceRefused
from service.migrations import migrate
from service.provenance import from_import
from service.running import RunningServer, read_note
from service.settings import Settings

ANSWER_TIMEOUT_S = 120.0


class Imports(Struct):
    """What the server is asked to take: the body of `POST /imports`."""

    artifacts: tuple[ImportedArtifact, ...] = ()
    collections: tuple[ImportedCollection, ...] = ()
    events: Raw = Raw(b"[]")
    """An array of them, in Prefect's form."""

    @classmethod
    def of_events(cls, events: Sequence[str]) -> "Imports":
        return cls(events=Raw(f"[{','.join(events)}]".encode()))


class Taken(Struct):
    """How many events were recorded."""

    recorded: int


class Intake(Protocol):
    """Where it goes to. All that one intake takes goes by one request id."""

    async def take(self, imports: Imports) -> int:
        """Answer with how many events were recorded. Raises StorageUnavailable, MaintenanceRefused."""
        ...

    async def close(self) -> None: ...


async def open_intake(settings: Settings) -> Intake:
    """The running server, if it holds the file; else this process. Raises StorageInUse, StorageUnavailable."""
    store = open_store(settings.database, INLINE)
    try:
        await store.open()
        await migrate(store, settings.database)
    except StorageInUse:
        await store.close()
        server = read_note(settings.database)
        if server is None:
            raise
        return IntakeThere(server)
    except BaseException:
        await store.close()
        raise
    return IntakeHere(store, settings)


def commands_of(imports: Imports, settings: Settings, origin: Origin) -> list[Command]:
    """Raises RequestValidationError (422), EventTooLarge (413) for an event that is not right."""
    commands: list[Command] = []
    if imports.artifacts:
        commands.append(ImportArtifacts(artifacts=imports.artifacts, collections=imports.collections, origin=origin))
    events = outside_events(bytes(imports.events), settings)
    if events:
        commands.append(RecordEvents(events=tuple(events), origin=origin))
    return commands


class IntakeHere:
    def __init__(self, store: SqlStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._origin = from_import()

    async def take(self, imports: Imports) -> int:
        commands = commands_of(imports, self._settings, self._origin)
        return sum(map(len, await carry_out(self._store, DEFAULT_LOG, commands)))

    async def close(self) -> None:
        await self._store.close()


class IntakeThere:
    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._client = httpx2.AsyncClient(
            base_url=f"{server.url}/api",
            headers={
                "authorization": f"Bearer {server.token}",
                "content-type": "application/json",
                "x-request-id": from_import().request_id,
            },
            timeout=ANSWER_TIMEOUT_S,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def take(self, imports: Imports) -> int:
        try:
            response = await self._client.post("/imports", content=msgspec.json.encode(imports))
        except httpx2.TransportError as error:
            raise MaintenanceRefused(
                f"The server at {self._server.url} holds the database but does not answer: "
                f"{str(error) or type(error).__name__}. Run this again when it runs: it goes on where it is now."
            ) from error
        if response.is_error:
            raise MaintenanceRefused(
                f"The server at {self._server.url} took nothing and answered {response.status_code}: {response.text}"
            )
        return msgspec.json.decode(response.content, type=Taken).recorded
