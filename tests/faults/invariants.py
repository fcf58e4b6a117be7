"""What must hold after a fault, beyond what holds of every log: promises are kept, and nothing is half there."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import httpx2
from sqlalchemy import select

from events.chain import commit
from events.event import RecordedEvent
from events.stores import SQLITE, open_store
from events.stores.sql import SqlStore
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES
from projections import INLINE
from projections.artifacts import CATEGORY as ARTIFACT
from projections.collections import CATEGORY as COLLECTION
from projections.rebuild import rebuild_all
from projections.steps import Rebuilt
from service.deciding import artifact, collection
from tests.faults.load import BATCH, Acknowledged, RetryingLoad
from tests.invariants import check_log

LOG = "default"
PAGE = 200


async def check_store(store: SqlStore, acknowledged: Iterable[Acknowledged] = ()) -> list[RecordedEvent]:
    """All that can be told from the database alone. Answers with the whole log."""
    events = await check_log(store, LOG)
    await check_commitments(store, events)
    check_decisions(events)
    check_batches(events)
    check_acknowledged(events, acknowledged)
    return events


async def check_server(url: str, database_url: str, acknowledged: Iterable[Acknowledged] = ()) -> list[RecordedEvent]:
    """The same for the database of a live server, and that it serves what its log says."""
    async with beside(database_url) as store, httpx2.AsyncClient(base_url=f"{url}/", timeout=30) as client:
        events = await check_store(store, acknowledged)
        await check_served(client, events)
        steps = [json.loads(line) for line in (await client.post("rebuild")).raise_for_status().text.splitlines()]
    assert {step["differences"] for step in steps if step["step"] == "Rebuilt"} == {0}
    return events


async def check_rebuild(store: SqlStore) -> None:
    """The read models come out of a rebuild as they were."""
    rebuilt = [step async for step in rebuild_all(store) if isinstance(step, Rebuilt)]
    assert [step.differences for step in rebuilt] == [0] * len(rebuilt)


@asynccontextmanager
async def beside(database_url: str) -> AsyncIterator[SqlStore]:
    """A store for reading beside a live server. On SQLite it is not opened: the server holds the lock."""
    store = open_store(database_url, INLINE)
    if not database_url.startswith(SQLITE):
        await store.open()
    try:
        yield store
    finally:
        await store.close()


async def check_commitments(store: SqlStore, events: Sequence[RecordedEvent]) -> None:
    """Each header that commits to a body has that body, and no body is without its header."""
    rows = await store.fetch(_BODIES)
    committed = {position: commit(salt, content) for position, content, salt in rows}
    assert committed == {placed.position: placed.commitment for placed in events if placed.commitment is not None}


_BODIES = Statement(select(EVENT_BODIES.c.position, EVENT_BODIES.c.content, EVENT_BODIES.c.salt))


def check_decisions(events: Iterable[RecordedEvent]) -> None:
    """Right behind an artifact's event stands that of its collection, where one is due, and nowhere else."""
    living: dict[str, list[str]] = defaultdict(list)
    due: tuple[str, str | None] | None = None
    for placed in events:
        if placed.stream.category == COLLECTION:
            assert due == (placed.event.kind, placed.event.outcome.latest_after), f"at {placed.position}"
            due = None
        else:
            assert due is None, f"at {placed.position} there should be {due}"
            due = _due_behind(placed, living[placed.event.outcome.key or ""])
    assert due is None, f"the log ends without {due}"


def _due_behind(placed: RecordedEvent, living: list[str]) -> tuple[str, str | None] | None:
    """The kind and the latest artifact of the collection's event. `living`: its key's artifacts, the oldest first."""
    kind, id = placed.event.kind, placed.stream.id
    if placed.event.outcome.key is None:
        return None
    if kind == artifact.CREATED:
        living.append(id)
        return collection.UPDATED if len(living) > 1 else collection.CREATED, id
    if living[-1] != id:
        if kind == artifact.DELETED:
            living.remove(id)
        return None
    if kind == artifact.UPDATED:
        return collection.UPDATED, id
    living.pop()
    return (collection.UPDATED, living[-1]) if living else (collection.DELETED, None)


def check_batches(events: Iterable[RecordedEvent]) -> None:
    """Of the artifacts that one request made, all are there."""
    made: dict[str, int] = defaultdict(int)
    for placed in events:
        if placed.event.kind == artifact.CREATED:
            made[placed.event.origin.request_id] += 1
    batches = {request_id: count for request_id, count in made.items() if request_id.startswith("batch-")}
    assert batches == dict.fromkeys(batches, BATCH)


def check_acknowledged(events: Sequence[RecordedEvent], acknowledged: Iterable[Acknowledged]) -> None:
    """Each write that was answered with 2xx stands where the answer said, with what it wrote."""
    for each in acknowledged:
        assert each.position <= len(events), f"{each} is lost: the log ends at {len(events)}"
        placed = events[each.position - 1]
        if placed.stream.category != ARTIFACT:
            placed = events[each.position - 2]
        assert (placed.event.kind, placed.stream.id) == (each.kind, each.artifact_id), f"{each} is not there"
        if each.data is not None:
            assert json.loads(placed.event.content or "")["data"] == each.data


def check_each_is_there_once(events: Sequence[RecordedEvent], load: RetryingLoad) -> None:
    """Of each create and each update that was sent until it was answered, there is one."""
    kinds = Counter(placed.event.kind for placed in events if placed.stream.category == ARTIFACT)
    assert kinds == {artifact.CREATED: len(load.acknowledged), artifact.UPDATED: len(load.acknowledged)}
    assert {placed.version for placed in events if placed.event.kind == artifact.UPDATED} == {2}


async def check_served(client: httpx2.AsyncClient, events: Iterable[RecordedEvent]) -> None:
    """The API lists the artifacts that live according to the log, each with what it was last given."""
    living: dict[str, object] = {}
    for placed in events:
        if placed.event.kind == artifact.DELETED:
            del living[placed.stream.id]
        elif placed.stream.category == ARTIFACT:
            living[placed.stream.id] = json.loads(placed.event.content or "")["data"]
    served: dict[str, object] = {}
    while page := (await client.post("artifacts/filter", json={"limit": PAGE, "offset": len(served)})).json():
        served.update((each["id"], each["data"]) for each in page)
    assert served == living
