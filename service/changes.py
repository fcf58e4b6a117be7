"""Changes: what is different between two artifacts, as they are or were. Answers are JSON text."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from events.stores.sql import SqlStore
from events.stores.tables import storable
from projections.collections import COLLECTIONS, Collection
from service.artifacts import Artifacts
from service.comparing.comparison import Side, compare
from service.comparing.content import decoded
from service.comparing.shown import shown
from service.comparing.text import compare_texts
from service.comparing.tree import compare_trees
from service.deciding.commands import CollectionNotFound
from service.read import Read
from service.workers import Workers

CHANGES_MAX = 1_000
"""Changes of one sort in an answer, whatever is asked for."""
CHANGES_SHOWN = 100
"""Unless another number is asked for."""


class _Artifact(Struct):
    """An artifact as the API shows it."""

    id: str
    key: str | None
    type: str | None
    created: str
    updated: str
    description: str | None
    data: Raw
    metadata_: Raw

    def side(self) -> Side:
        return Side(bytes(self.data).decode(), self.type)


class Changes:
    """What is asked of two artifacts, over the read models."""

    def __init__(self, store: SqlStore, artifacts: Artifacts, workers: Workers) -> None:
        self._store = store
        self._artifacts = artifacts
        self._workers = workers

    async def between(self, log: str, before: str, after: str, *, limit: int, key: Sequence[str]) -> Read:
        """What changed from one to the other, each named by an artifact's id, or by a key: its latest.

        Raises ArtifactNotFound, CollectionNotFound, TooLargeToCompare, KeyColumnNotFound, TooMuchWork.
        """
        async with self._workers.turn():
            one, other = await self._read(log, before), await self._read(log, after)
            json = await self._workers.run(diff, one.json, other.json, limit, key)
        return Read(json, min(one.position, other.position))

    async def _read(self, log: str, named: str) -> Read:
        artifact_id = named if _is_id(named) else await self._latest_id(log, named)
        return await self._artifacts.read(log, artifact_id)

    async def _latest_id(self, log: str, key: str) -> str:
        rows = await self._store.fetch(COLLECTIONS.read, name=log, identity=storable(key) or "")
        if not rows or rows[0][1] is None:
            raise CollectionNotFound(key)
        return Collection.from_row(rows[0][1:-1]).latest_id


def diff(before: str, after: str, limit: int, key: Sequence[str]) -> str:
    """What changed between two artifacts as the API shows them. Raises TooLargeToCompare, KeyColumnNotFound."""
    one, other = _decode(before), _decode(after)
    comparison = compare(one.side(), other.side(), limit, key)
    answer = {
        "from": _told(one),
        "to": _told(other),
        "compared_as": comparison.compared_as,
        "note": comparison.note,
        "is_equal": comparison.is_empty,
        "summary": comparison.summary,
        "diff": shown(comparison.diff),
        "description": _of_description(one, other, limit),
        "metadata_": _of_metadata(one, other, limit),
    }
    return _encode(answer).decode()


def _told(artifact: _Artifact) -> dict[str, Any]:
    facts = {name: getattr(artifact, name) for name in ("id", "key", "type", "created", "updated")}
    return {**facts, "sha256": sha256(bytes(artifact.data)).hexdigest()}


def _of_description(one: _Artifact, other: _Artifact, limit: int) -> dict[str, Any] | None:
    """None: it is the same."""
    found = compare_texts(one.description or "", other.description or "", limit)
    return None if found.is_empty else {"summary": found.summary(), **shown(found)}


def _of_metadata(one: _Artifact, other: _Artifact, limit: int) -> dict[str, Any] | None:
    before, after = (decoded(bytes(each.metadata_).decode()) for each in (one, other))
    found = compare_trees(before, after, limit)
    return None if found.is_empty else {"summary": found.summary(), **shown(found)}


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


_decode = msgspec.json.Decoder(_Artifact).decode
_encode = msgspec.json.Encoder().encode
