"""The database of a Prefect server, written directly while that server is stopped: ids and times are kept."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace
from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.orm import aliased

from events.clock import now
from events.event import Labels, Micros
from events.published import Published
from events.stores.statement import OneOf, Statement
from events.stores.tables import Row
from service.moving.agreement import There, digest, digest_of_event, loaded
from service.moving.held import Held
from service.moving.prefect_tables import ARTIFACT, ARTIFACT_COLLECTION, EVENT, EVENT_RESOURCE, RELEASE, REVISIONS
from service.moving.targets.databases import Database, NotTaken, Script, id_of, micros_of, text_of
from service.moving.targets.target import Counted, Refused, TargetUnusable

ID, ROLE = "prefect.resource.id", "prefect.resource.role"
"""Labels that have columns of their own where resources are searched."""

_encode = msgspec.json.Encoder().encode


class OtherPrefectRelease(TargetUnusable):
    """Nobody knows here what these tables mean."""

    def __init__(self, name: str, revision: str, needed: str) -> None:
        super().__init__(
            f"The tables of {name} are at revision {revision}; this version of Digsite writes to those of Prefect "
            f"{RELEASE}, revision {needed}. Bring them there with `prefect server database upgrade`, or write through "
            "the server's API with --api-url."
        )
        self.revision, self.needed = revision, needed


class _Shown(Struct):
    """What of a published event has columns."""

    resource: Raw
    related: Raw
    payload: Raw
    follows: str | None


class DatabaseTarget:
    """A `Target`."""

    keeps = True
    oldest_event: Micros = -(2**63)

    def __init__(self, database: Database) -> None:
        self.name = database.name
        self.takes_nul = database.takes_nul
        self._database = database

    async def open(self, *, writing: bool) -> None:
        await self._database.open(writing=writing)
        try:
            [(revision,)] = await self._database.fetch(REVISION)
        except TargetUnusable as error:
            raise TargetUnusable(f"{self.name} is not the database of a Prefect server: {error}") from error
        needed = REVISIONS[self._database.backend]
        if revision != needed:
            raise OtherPrefectRelease(self.name, revision, needed)

    async def close(self) -> None:
        await self._database.close()

    async def survey(self, counted: Counted) -> None:
        """It can be asked for each by itself."""

    async def find(self, ids: Sequence[str]) -> dict[str, There]:
        rows = await self._database.fetch(FIND, ids=list(ids))
        return {str(row[0]): _there(row) for row in rows}

    async def write(self, artifacts: Sequence[tuple[Held, There | None]]) -> list[Refused]:
        """Together in one transaction; if the database refuses that, each in its own."""
        made = [self._row(held) for held, there in artifacts if there is None]
        changed = [{**self._row(held), "own_id": held.id} for held, there in artifacts if there is not None]
        try:
            await self._database.run([(INSERT, made), (UPDATE, changed)])
        except NotTaken as error:
            if len(artifacts) == 1:
                return [Refused(artifacts[0][0].id, str(error))]
            return [refused for each in artifacts for refused in await self.write([each])]
        return []

    async def remove(self, artifacts: Sequence[There]) -> None:
        """A collection that loses its latest falls back to the newest that remains, or goes with the last."""
        ids = [each.own_id for each in artifacts]
        script: list[tuple[Statement, list[dict[str, Any]]]] = [(DELETE, [{"ids": ids}])]
        for key, collection_id in await self._database.fetch(COLLECTIONS_OF_LATEST, ids=ids):
            newest = await self._newest(key, but=ids)
            if newest is None:
                script.append((END, [{"own_key": key}]))
            else:
                script.append((POINT, [{**newest, "id": collection_id, "own_key": key}]))
        await self._database.run(script)

    async def touch(self, artifact: There) -> None:
        """Its times are as they should be."""

    async def find_collections(self, keys: Sequence[str]) -> dict[str, There]:
        rows = await self._database.fetch(FIND_COLLECTIONS, keys=list(keys))
        found = {}
        for row in rows:
            there = _there(tuple(row)[:-1])
            found[str(row[KEY])] = replace(there, latest_id=id_of(row[-1]))
        return found

    async def write_collections(self, collections: Sequence[tuple[Held, There | None]]) -> None:
        """Where the server itself has made a newer artifact of the key since, that stays the latest."""
        made, changed = [], []
        for held, there in collections:
            row = {**self._row(held), "latest_id": held.latest_id}
            if there is None:
                made.append(row)
            elif not await self._database.fetch(NEWER, key=held.key, id=held.latest_id):
                changed.append({**row, "own_key": held.key})
        await self._database.run([(INSERT_COLLECTION, made), (POINT, changed)])

    async def fall_back(self, collections: Sequence[Held]) -> None:
        made, changed = [], []
        found = await self.find_collections([str(held.key) for held in collections])
        for held in collections:
            newest = await self._newest(str(held.key), but=[])
            if newest is not None and held.key in found:
                changed.append({**newest, "id": held.id, "own_key": held.key})
            elif newest is not None:
                made.append({**newest, "id": held.id})
        await self._database.run([(INSERT_COLLECTION, made), (POINT, changed)])

    async def find_events(self, ids: Sequence[str]) -> dict[str, bytes]:
        rows = await self._database.fetch(FIND_EVENTS, ids=list(ids))
        return {str(row[0]): digest_of_event(_event(row)) for row in rows}

    async def write_events(self, events: Sequence[Published]) -> list[Refused]:
        try:
            await self._database.run(self._script(events))
        except NotTaken as error:
            if len(events) == 1:
                return [Refused(events[0].id, str(error))]
            return [refused for each in events for refused in await self.write_events([each])]
        return []

    async def settle(self) -> None:
        """What is committed can be read."""

    async def _newest(self, key: str, *, but: list[str]) -> dict[str, Any] | None:
        """The columns of a collection whose latest is the newest artifact there is of its key, without some."""
        rows = await self._database.fetch(NEWEST, key=key, ids=but)
        if not rows:
            return None
        values = dict(zip(ARTIFACT.columns.keys(), rows[0], strict=True))
        return {**values, "latest_id": values["id"]}

    def _row(self, held: Held) -> dict[str, Any]:
        return {
            "id": held.id,
            "created": self._database.moment(held.created),
            "updated": self._database.moment(held.updated),
            "key": held.key,
            "type": held.type,
            "description": msgspec.json.decode(held.description),
            "data": held.data,
            "metadata_": held.metadata,
            "flow_run_id": held.flow_run_id,
            "task_run_id": held.task_run_id,
        }

    def _script(self, events: Sequence[Published]) -> Script:
        moment = self._database.moment
        recorded = moment(now())
        rows, resources = [], []
        for event in events:
            shown = msgspec.json.decode(event.json, type=_Shown)
            resource: Labels = msgspec.json.decode(shown.resource)
            related: list[Labels] = msgspec.json.decode(shown.related)
            row = {
                "id": event.id,
                "occurred": moment(event.occurred),
                "event": event.kind,
                "resource_id": resource[ID],
                "resource": bytes(shown.resource).decode(),
                "related_resource_ids": _encode([each[ID] for each in related]).decode(),
                "related": bytes(shown.related).decode(),
                "payload": bytes(shown.payload).decode(),
                "received": moment(event.recorded),
                "recorded": recorded,
                "follows": shown.follows,
            }
            rows.append(row)
            for labels in (resource, *related):
                others = {name: value for name, value in labels.items() if name not in (ID, ROLE)}
                resources.append(
                    {
                        "occurred": row["occurred"],
                        "resource_id": labels[ID],
                        "resource_role": labels.get(ROLE, "") if labels is not resource else "",
                        "resource": _encode(others).decode(),
                        "event_id": event.id,
                    }
                )
        return [(INSERT_EVENT, rows), (INSERT_EVENT_RESOURCE, resources)]


def _there(row: Row) -> There:
    id, created, updated, key, type, description, data, metadata, flow_run_id, task_run_id = row
    return There(
        own_id=str(id),
        digest=digest(
            key=key,
            type=type,
            description=description,
            data=loaded(text_of(data)),
            metadata=msgspec.json.decode(text_of(metadata)),
            flow_run_id=id_of(flow_run_id),
            task_run_id=id_of(task_run_id),
        ),
        created=micros_of(created),
        updated=micros_of(updated),
    )


def _event(row: Row) -> dict[str, Any]:
    _, occurred, event, resource, related, payload, follows = row
    return {
        "occurred": micros_of(occurred),
        "event": event,
        "resource": loaded(text_of(resource)),
        "related": loaded(text_of(related)),
        "payload": loaded(text_of(payload)),
        "follows": id_of(follows),
    }


KEY = ARTIFACT.columns.keys().index("key")
_A, _C, _E = ARTIFACT.c, ARTIFACT_COLLECTION.c, EVENT.c
_LATEST = aliased(ARTIFACT)

REVISION = Statement(text("SELECT version_num FROM alembic_version"))

FIND = Statement(select(*ARTIFACT.columns).where(OneOf(_A.id, "ids")))
INSERT = Statement(insert(ARTIFACT))
UPDATE = Statement(update(ARTIFACT).where(_A.id == bindparam("own_id")))
DELETE = Statement(delete(ARTIFACT).where(OneOf(_A.id, "ids")))
NEWEST = Statement(
    select(*ARTIFACT.columns)
    .where(_A.key == bindparam("key"), ~OneOf(_A.id, "ids"))
    .order_by(_A.created.desc())
    .limit(1)
)
NEWER = Statement(
    select(_A.id)
    .join(_LATEST, (_LATEST.c.id == bindparam("id")) & (_A.created > _LATEST.c.created))
    .where(_A.key == bindparam("key"))
    .limit(1)
)
"""An artifact of a key that was created after this one."""

FIND_COLLECTIONS = Statement(
    select(*(_C[column.name] for column in ARTIFACT.columns), _C.latest_id).where(OneOf(_C.key, "keys"))
)
COLLECTIONS_OF_LATEST = Statement(select(_C.key, _C.id).where(OneOf(_C.latest_id, "ids")))
INSERT_COLLECTION = Statement(insert(ARTIFACT_COLLECTION))
POINT = Statement(update(ARTIFACT_COLLECTION).where(_C.key == bindparam("own_key")))
END = Statement(delete(ARTIFACT_COLLECTION).where(_C.key == bindparam("own_key")))

FIND_EVENTS = Statement(
    select(_E.id, _E.occurred, _E.event, _E.resource, _E.related, _E.payload, _E.follows).where(OneOf(_E.id, "ids"))
)
INSERT_EVENT = Statement(insert(EVENT))
INSERT_EVENT_RESOURCE = Statement(insert(EVENT_RESOURCE))
