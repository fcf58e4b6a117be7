"""Changes: what is different between two artifacts, as they are or were. Answers are JSON text."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from service.artifacts import Artifacts
from service.comparing.comparison import Side, compare
from service.comparing.content import decoded
from service.comparing.shown import shown
from service.comparing.text import compare_texts
from service.comparing.tree import compare_trees
from service.deciding.commands import ArtifactNotFound, CollectionNotFound
from service.numbers import Numbers
from service.past import Past
from service.read import Read
from service.workers import Workers

CHANGES_MAX = 1_000
"""Changes of one sort in an answer, whatever is asked for."""
CHANGES_SHOWN = 100
"""Unless another number is asked for."""
EQUAL_MAX = 1_000
"""Lines around a change, or rows of a table, that stayed equal and are told as well."""
BEGINNING_CHARS_MAX = 65_536
"""Characters of the data of each side that are told without comparing them."""


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


class Named(Struct, frozen=True):
    """Which artifact is meant: by its id, by a key, whose latest it is, or by a key and the number of a version, `a:3`;
    as it is now, or was at a position. A version that was deleted is what it was last."""

    name: str
    as_of: int | None = None


class NothingBefore(Exception):
    """Nothing came before this, so there is nothing to compare it with."""

    def __init__(self, artifact_id: str) -> None:
        super().__init__(
            f"Nothing came before artifact {artifact_id}: it is the first of its key, or has none. "
            "Say with `from` what it is to be compared with."
        )
        self.artifact_id = artifact_id


class Changes:
    """What is asked of two artifacts, over the read models."""

    def __init__(self, artifacts: Artifacts, past: Past, numbers: Numbers, workers: Workers) -> None:
        self._artifacts = artifacts
        self._past = past
        self._numbers = numbers
        self._workers = workers

    async def between(
        self, log: str, before: Named | None, after: Named, *, limit: int, key: Sequence[str], equal: int = 0
    ) -> Read:
        """What changed from one to the other. None: from what there was before the last change to `after`.

        `limit`, `key` and `equal` are as in `compare`.

        Raises ArtifactNotFound, CollectionNotFound, NothingBefore, TooLargeToCompare, KeyColumnNotFound, TooMuchWork,
        PositionNotReached, ProjectionBehind.
        """
        async with self._workers.turn():
            two = await self._two(log, before, after)
            reads = [await self._artifacts.read(log, each.name, each.as_of) for each in two]
            json = await self._workers.run(diff, *(read.json for read in reads), limit, key, equal)
        return Read(json, reads[1].position)

    async def sides(self, log: str, before: Named | None, after: Named) -> Read:
        """Which two would be compared, and how the data of each begins. Raises what `between` does, but for limits."""
        async with self._workers.turn():
            two = await self._two(log, before, after)
            reads = [await self._artifacts.read(log, each.name, each.as_of) for each in two]
            json = await self._workers.run(beginnings, two, [read.json for read in reads])
        return Read(json, reads[1].position)

    async def _two(self, log: str, before: Named | None, after: Named) -> tuple[Named, Named]:
        other = await self._artifact(log, after)
        return await (self._before(log, other) if before is None else self._artifact(log, before)), other

    async def _artifact(self, log: str, named: Named) -> Named:
        """The artifact by its id."""
        artifact_id = _id_of(named.name)
        if artifact_id is not None:
            return await self._by_id(log, artifact_id, named.as_of)
        key, colon, number = named.name.partition(":")
        if colon:
            return await self._version(log, key, number, named.as_of)
        _, collection = await self._artifacts.collection(log, named.name, named.as_of)
        return Named(collection.latest_id, named.as_of)

    async def _by_id(self, log: str, artifact_id: str, as_of: int | None) -> Named:
        """Raises ArtifactNotFound."""
        gone = (await self._past.last(log, artifact_id, as_of)).gone_position
        return Named(artifact_id, as_of if gone is None else gone - 1)

    async def _version(self, log: str, key: str, number: str, as_of: int | None) -> Named:
        """A version by its number. Raises ArtifactNotFound."""
        if not _NUMBER.fullmatch(number):
            raise ArtifactNotFound(f"{key}:{number}")
        artifact_id, gone = await self._numbers.artifact(log, key, int(number))
        return Named(artifact_id, as_of if gone is None or (as_of is not None and as_of < gone) else gone - 1)

    async def _before(self, log: str, after: Named) -> Named:
        """The artifact as it was before it was last changed; of one that never was, what its key said before."""
        row = await self._artifacts.row(log, after.name, after.as_of)
        position = await self._past.reach(log, str(row.position - 1))
        if row.version > 1:
            return Named(row.id, position)
        try:
            return await self._artifact(log, Named(row.key or "", position))
        except CollectionNotFound:
            raise NothingBefore(row.id) from None


def diff(before: str, after: str, limit: int, key: Sequence[str], equal: int = 0) -> str:
    """What changed between two artifacts as the API shows them. Raises TooLargeToCompare, KeyColumnNotFound."""
    one, other = _decode(before), _decode(after)
    comparison = compare(one.side(), other.side(), limit, key, equal)
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


def beginnings(named: Sequence[Named], artifacts: Sequence[str]) -> str:
    """How the data of two artifacts begins, a text without its quotes, as JSON text."""
    two = [_begun(each.as_of, _decode(artifact)) for each, artifact in zip(named, artifacts, strict=True)]
    return _encode(dict(zip(("from", "to"), two, strict=True))).decode()


def _begun(as_of: int | None, artifact: _Artifact) -> dict[str, Any]:
    data = artifact.side().data
    value = decoded(data) if data.startswith('"') else data
    text = value if isinstance(value, str) else data
    beginning = text[:BEGINNING_CHARS_MAX]
    return {**_told(artifact), "as_of": as_of, "beginning": beginning, "characters": len(text)}


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


def _id_of(text: str) -> str | None:
    """The id that a text is; None: it is a key."""
    try:
        found = str(UUID(text))
    except ValueError:
        return None
    return found if found == text.lower() else None


_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_decode = msgspec.json.Decoder(_Artifact).decode
_encode = msgspec.json.Encoder().encode
