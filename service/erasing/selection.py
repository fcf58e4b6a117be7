"""The selection: which artifacts and outside events something asks for that is to be erased.

Artifacts that were deleted are found as well: by their headers, which the log keeps.
"""

from collections.abc import AsyncIterator

from msgspec import Struct
from sqlalchemy import bindparam, or_, select

from events.matching import ID, ROLE, Matcher
from events.searching import search
from events.stores.sql import SqlStore
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, HEADER, related_of, storable
from events.streams import RESOURCE
from projections.artifacts import ARTIFACTS
from projections.artifacts import CATEGORY as ARTIFACT
from projections.collections import CATEGORY as COLLECTION
from projections.filters import ArtifactCount
from projections.listing import identities_statement
from projections.question import question_of
from service.erasing.errors import TooMuchToErase
from service.erasing.order import RESOURCE_PREFIX
from service.schemas.erasures import ErasureAsked

ERASED_ARTIFACTS_MAX = 10_000
"""Artifacts of one erasure."""
ERASED_EVENTS_MAX = 100_000
"""Events of one erasure."""


class Selected(Struct, frozen=True):
    """Ids of artifacts, ids of collections that go whole with them, and positions of outside events. In order."""

    artifacts: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """All keys of the artifacts."""
    positions: tuple[int, ...] = ()


async def selected(store: SqlStore, number: int, asked: ErasureAsked, head: int) -> Selected:
    """What is asked for, of the log of this number up to a position. Raises TooMuchToErase, StorageUnavailable."""
    artifacts = await _artifacts(store, number, asked)
    positions = [position async for position in _outside(store, number, asked, head)]
    keys, collections = await _keys_of(store, number, artifacts)
    return Selected(tuple(sorted(artifacts)), tuple(sorted(collections)), tuple(sorted(keys)), tuple(sorted(positions)))


async def _artifacts(store: SqlStore, number: int, asked: ErasureAsked) -> set[str]:
    most = {"log": number, "limit": ERASED_ARTIFACTS_MAX + 1}
    if asked.artifact is not None:
        rows = await store.fetch(BY_ID, **most, ids=[str(asked.artifact)])
    elif asked.key is not None:
        rows = await store.fetch(BY_KEY, **most, key=storable(asked.key))
    elif asked.run_id is not None:
        rows = await store.fetch(BY_RUN, **most, run=asked.run_id)
    elif asked.artifacts is not None:
        question = question_of(ArtifactCount(artifacts=asked.artifacts))
        rows = await store.fetch(identities_statement(ARTIFACTS, question.shape), **most, **question.values)
    else:
        rows = []
    if len(rows) > ERASED_ARTIFACTS_MAX:
        raise TooMuchToErase("artifacts", ERASED_ARTIFACTS_MAX)
    return {id for (id,) in rows}


async def _outside(store: SqlStore, number: int, asked: ErasureAsked, head: int) -> AsyncIterator[int]:
    """What the service says of erasures stays."""
    count = 0
    async for position in _found_outside(store, number, asked, head):
        count += 1
        if count > ERASED_EVENTS_MAX:
            raise TooMuchToErase("events", ERASED_EVENTS_MAX)
        yield position


async def _found_outside(store: SqlStore, number: int, asked: ErasureAsked, head: int) -> AsyncIterator[int]:
    if asked.run_id is not None:
        role = "task-run" if asked.flow_run is None else "flow-run"
        run = {ID: f"prefect.{role}.{asked.run_id}", ROLE: role}
        for position, related in await store.fetch(RELATED_TO, log=number, upto=head, resource=f'%"{run[ID]}"%'):
            if any(run.items() <= labels.items() for labels in related_of(related)):
                yield position
    if asked.events is not None:
        async for header in search(store, number, Matcher(asked.events), upto=head):
            if header[_CATEGORY] == RESOURCE and not header[_STREAM].startswith(RESOURCE_PREFIX):
                yield header[_POSITION]


async def _keys_of(store: SqlStore, number: int, artifacts: set[str]) -> tuple[set[str], set[str]]:
    """The keys that these artifacts have, and the collections of those that no other artifact ever had."""
    if not artifacts:
        return set(), set()
    rows = await store.fetch(KEYS_OF, log=number, ids=list(artifacts))
    keys = {key for (key,) in rows if key is not None}
    of_keys = (
        await store.fetch(STREAMS_OF_KEYS, log=number, categories=[ARTIFACT, COLLECTION], keys=list(keys))
        if keys
        else []
    )
    shared = {key for category, stream, key in of_keys if category == ARTIFACT and stream not in artifacts}
    return keys, {stream for category, stream, key in of_keys if category == COLLECTION and key not in shared}


_CATEGORY, _STREAM, _POSITION = (HEADER.index(name) for name in ("category", "stream", "position"))
_E = EVENTS.c
_BEGUN = select(_E.stream).where(_E.log == bindparam("log"), _E.category == ARTIFACT, _E.version == 1)
"""The first event of each artifact."""

BY_ID = Statement(_BEGUN.where(OneOf(_E.stream, "ids")).limit(bindparam("limit")))
BY_KEY = Statement(_BEGUN.where(_E.key == bindparam("key")).limit(bindparam("limit")))
BY_RUN = Statement(
    _BEGUN.where(or_(_E.flow_run_id == bindparam("run"), _E.task_run_id == bindparam("run"))).limit(bindparam("limit"))
)
RELATED_TO = Statement(
    select(_E.position, _E.related).where(
        _E.log == bindparam("log"),
        _E.category == RESOURCE,
        _E.position <= bindparam("upto"),
        _E.related.like(bindparam("resource")),
    )
)
KEYS_OF = Statement(
    select(_E.key).where(_E.log == bindparam("log"), _E.category == ARTIFACT, _E.version == 1, OneOf(_E.stream, "ids"))
)
STREAMS_OF_KEYS = Statement(
    select(_E.category, _E.stream, _E.key).where(
        _E.log == bindparam("log"), OneOf(_E.category, "categories"), _E.version == 1, OneOf(_E.key, "keys")
    )
)
