"""Result artifacts: what the upstream keeps for itself, of the results of runs. Who asks for them finds them here, too.

A read whose `type.any_` names `result` is answered from both sides, and so is one by the id of an artifact that Digsite
does not have. What both have is Digsite's. No other read is concerned.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct
from starlette.requests import Request

from events.stores.sql import SqlStore
from events.stores.tables import storable
from projections.artifacts import ARTIFACTS
from projections.collections import COLLECTIONS
from projections.filters import ArtifactCount, ArtifactListing, CollectionCount, CollectionListing, Sort
from projections.listing import sort_of
from projections.projector import LatestHeader
from service import rendering
from service.artifacts import Artifacts
from service.context import DEFAULT_LOG
from service.deciding.commands import ArtifactNotFound
from service.read import Read
from service.upstream.client import UpstreamClient

RESULT = "result"
RESULTS_READ_MAX = 2_000
"""Artifacts of the upstream that are read for one answer."""
PAGE = 200
"""The largest page that a Prefect server gives."""
CREDENTIALS = ("authorization", "prefect-csrf-token", "prefect-csrf-client")
"""Headers by which the upstream knows a client."""

Asked = ArtifactCount | CollectionCount


class TooManyResults(Exception):
    """The page lies too far behind the first, or too many artifacts of both sides would have to be compared."""

    def __init__(self, largest: int) -> None:
        super().__init__(
            f"Of the Prefect server's result artifacts only {largest:,} can be read at once. "
            "Filter by flow_run_id or task_run_id as well, or ask for an earlier page."
        )
        self.largest = largest


class Sorted(Struct, frozen=True):
    """What an artifact or a collection is sorted by, and its JSON."""

    id: str
    created: datetime
    updated: datetime
    key: str | None
    json: Raw = Raw(b"")


Entries = list[Sorted]


class _Side(Struct, frozen=True):
    """Where the upstream has the same listing, and what two entries are the same by."""

    path: str
    projector: LatestHeader
    identity: str


_ARTIFACTS = _Side("/artifacts", ARTIFACTS, "id")
_COLLECTIONS = _Side("/artifacts/latest", COLLECTIONS, "key")


def asks_for_results(asked: Asked) -> bool:
    """Whether a filter names the type of results."""
    by_type = None if asked.artifacts is None else asked.artifacts.type
    return by_type is not None and RESULT in (by_type.any_ or ())


def credentials_of(request: Request) -> dict[str, str]:
    """The headers that a client shows to the upstream."""
    return {name: request.headers[name] for name in CREDENTIALS if name in request.headers}


class ResultArtifacts:
    """Reads of the log `default` from both sides. All methods raise UpstreamUnavailable, UpstreamRefused.

    `body` is what the client sent, and `credentials` the headers that it shows to the upstream.
    """

    def __init__(self, artifacts: Artifacts, store: SqlStore, upstream: UpstreamClient) -> None:
        self._artifacts = artifacts
        self._store = store
        self._upstream = upstream

    async def read(self, artifact_id: str, credentials: Mapping[str, str]) -> Read:
        """An artifact that Digsite does not have. Raises ArtifactNotFound."""
        position = (await self._store.head(DEFAULT_LOG)).position
        found = await self._upstream.get(f"/artifacts/{artifact_id}", Raw, shown=credentials)
        if found is None:
            raise ArtifactNotFound(artifact_id)
        return Read(bytes(found).decode(), position)

    async def list(
        self, asked: ArtifactListing | CollectionListing, body: bytes, credentials: Mapping[str, str]
    ) -> Read:
        """One page. Raises InvalidLimit, TooManyResults."""
        limit, offset = self._artifacts.limit(asked.limit), asked.offset or 0
        if limit + offset > RESULTS_READ_MAX:
            raise TooManyResults(RESULTS_READ_MAX)
        ours, position = await self._artifacts.page(DEFAULT_LOG, asked, limit + offset)
        theirs = await self._theirs(asked, body, credentials, limit + offset)
        merged = in_order([*map(_sorted, ours), *theirs], sort_of(asked))
        page = [bytes(each.json).decode() for each in merged[offset : offset + limit]]
        return Read(rendering.array(page), position)

    async def count(self, asked: Asked, body: bytes, credentials: Mapping[str, str]) -> Read:
        """Raises TooManyResults."""
        ours = await self._artifacts.count(DEFAULT_LOG, asked)
        question = _object(body)
        theirs = await self._upstream.post(f"{_side(asked).path}/count", question, int, shown=credentials)
        if theirs and ours.json != "0":  # the same may be on both sides
            theirs = len(await self._theirs(asked, body, credentials, RESULTS_READ_MAX + 1))
        return Read(str(int(ours.json) + theirs), ours.position)

    async def _theirs(self, asked: Asked, body: bytes, credentials: Mapping[str, str], wanted: int) -> Entries:
        """The first of what only the upstream has, as many as are wanted. Raises TooManyResults."""
        side, found, read = _side(asked), Entries(), 0
        sort = sort_of(asked) if isinstance(asked, ArtifactListing | CollectionListing) else Sort.ID_DESC
        question = _object(body) | {"sort": sort, "limit": PAGE}
        while len(found) < wanted:
            if read >= RESULTS_READ_MAX:
                raise TooManyResults(RESULTS_READ_MAX)
            asking = question | {"offset": read}
            page = await self._upstream.post(f"{side.path}/filter", asking, list[Raw], shown=credentials)
            found += await self._only_theirs(side, [_sorted(bytes(each)) for each in page])
            read += len(page)
            if len(page) < PAGE:
                break
        return found

    async def _only_theirs(self, side: _Side, entries: Sequence[Sorted]) -> Entries:
        identities = [storable(getattr(each, side.identity)) for each in entries]
        number = await self._store.log_number(DEFAULT_LOG)
        rows = await self._store.fetch(side.projector.load, log=number, identities=identities)
        known = {side.projector.identity(row) for row in rows}
        return [each for each, identity in zip(entries, identities, strict=True) if identity not in known]


def in_order(entries: Sequence[Sorted], sort: Sort) -> list[Sorted]:
    """As the read models sort: without a key is before any key, and of equals the greatest id comes first."""
    newest = sorted(entries, key=lambda each: each.id, reverse=True)
    match sort:
        case Sort.ID_DESC:
            return newest
        case Sort.CREATED_DESC:
            return sorted(newest, key=lambda each: each.created, reverse=True)
        case Sort.UPDATED_DESC:
            return sorted(newest, key=lambda each: each.updated, reverse=True)
        case Sort.KEY_ASC | Sort.KEY_DESC:
            is_descending = sort is Sort.KEY_DESC
            return sorted(newest, key=lambda each: (each.key is not None, each.key or ""), reverse=is_descending)


def _side(asked: Asked) -> _Side:
    return _ARTIFACTS if isinstance(asked, ArtifactCount) else _COLLECTIONS


def _sorted(json: str | bytes) -> Sorted:
    text = json.encode() if isinstance(json, str) else json
    return msgspec.structs.replace(msgspec.json.decode(text, type=Sorted), json=Raw(text))


def _object(body: bytes) -> dict[str, Any]:
    """A body that was understood already."""
    return msgspec.json.decode(body, type=dict[str, Any])
