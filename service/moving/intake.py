"""The intake: takes what is brought into the log. This process does, or the server that holds the database.

SQLite has one writing process per file, so `IntakeThere` asks it; PostgreSQL takes any number, so `IntakeHere` writes.
"""

from collections.abc import Sequence
from typing import Protocol

import httpx2
import msgspec
from msgspec import Raw, Struct

from events.errors import StorageInUse
from events.stores import open_store
from events.stores.sql import SqlStore
from projections import INLINE
from service.context import DEFAULT_LOG
from service.deciding.commands import Command, ImportArtifacts, ImportedArtifact, ImportedCollection, RecordEvents
from service.event_parsing import outside_events
from service.handler import handle
from service.maintenance import MaintenanceRefused
from service.migrations import migrate
from service.provenance import FROM_IMPORT
from service.running import RunningServer, read_note
from service.settings import Settings

ANSWER_TIMEOUT_S = 120.0


class Imports(Struct):
    """What the server is asked to take: the body of `POST /imports`."""

    artifacts: tuple[ImportedArtifact, ...] = ()
    collections: tuple[ImportedCollection, ...] = ()
    events: Raw = Raw(b"[]")
    """An array of them, in Prefect's form."""


class Taken(Struct):
    """How many events were recorded."""

    recorded: int


class Intake(Protocol):
    """Both methods answer with how many events were recorded. They raise StorageUnavailable, MaintenanceRefused."""

    async def bring(self, command: ImportArtifacts) -> int: ...

    async def record(self, events: Sequence[str]) -> int:
        """Events in Prefect's form, each once."""
        ...

    async def close(self) -> None: ...


async def open_intake(settings: Settings) -> Intake:
    """The running server, if it holds the file; else this process. Raises StorageInUse, StorageUnavailable."""
    store = open_store(settings.database, INLINE)
    try:
        await store.open()
        await migrate(settings.database)
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


def commands_of(imports: Imports, settings: Settings) -> list[Command]:
    """Raises RequestValidationError (422), EventTooLarge (413) for an event that is not right."""
    commands: list[Command] = []
    if imports.artifacts:
        commands.append(ImportArtifacts(artifacts=imports.artifacts, collections=imports.collections))
    events = outside_events(bytes(imports.events), settings)
    if events:
        commands.append(RecordEvents(events=tuple(events), origin=FROM_IMPORT))
    return commands


class IntakeHere:
    def __init__(self, store: SqlStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def bring(self, command: ImportArtifacts) -> int:
        return await self._carry_out([command])

    async def record(self, events: Sequence[str]) -> int:
        return await self._carry_out(commands_of(Imports(events=_array(events)), self._settings))

    async def close(self) -> None:
        await self._store.close()

    async def _carry_out(self, commands: Sequence[Command]) -> int:
        recorded = 0
        for answer in await self._store.transact(DEFAULT_LOG, lambda transaction: handle(transaction, commands)):
            if isinstance(answer, Exception):
                raise answer
            recorded += len(answer)
        return recorded


class IntakeThere:
    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._client = httpx2.AsyncClient(
            base_url=f"{server.url}/api",
            headers={"authorization": f"Bearer {server.token}", "content-type": "application/json"},
            timeout=ANSWER_TIMEOUT_S,
            trust_env=False,
        )

    async def bring(self, command: ImportArtifacts) -> int:
        return await self._send(Imports(artifacts=command.artifacts, collections=command.collections))

    async def record(self, events: Sequence[str]) -> int:
        return await self._send(Imports(events=_array(events)))

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, imports: Imports) -> int:
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


def _array(events: Sequence[str]) -> Raw:
    return Raw(f"[{','.join(events)}]".encode())
