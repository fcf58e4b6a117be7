"""A survey: what the policies let go of a log, found page by page. It changes nothing.

    versions, by key, the newest first ─► outlived: whole artifacts, to be deleted
                                       └► between:  bodies of states that no kept state needs
    deletions, by position             ─► leftover: bodies of what was deleted

Every query goes along an index, a page at a time: none of them reads a log from end to end.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, cast, func, select, text

from events.event import Micros
from events.reading import SIZES
from events.stores.sql import SqlStore
from events.stores.statement import OneOf, SizeBytes, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, Row, restored
from projections.artifacts import ARTIFACTS, TABLE, Artifact
from projections.artifacts import CATEGORY as OF_ARTIFACTS
from projections.pins import PINS
from service.provenance import RETENTION
from service.retention.policy import Policy, State, deciding, unneeded

T = TypeVar("T")

PAGE = 1_000
"""Versions, deletions or states that are looked at at once."""
ARTIFACTS_AT_ONCE_MAX = 200
"""Artifacts that one transaction deletes."""
BODIES_AT_ONCE_MAX = 500
"""Bodies that one transaction takes away."""


class Outlived(Struct, frozen=True):
    """Artifacts that a policy lets go, each with the version that was looked at."""

    policy: Policy
    artifacts: tuple[tuple[str, int], ...]


class Share(Struct, frozen=True):
    """Bodies of one artifact, by position with their sizes."""

    artifact_id: str
    key: str | None
    sizes: tuple[tuple[int, int], ...]


class Leftover(Struct, frozen=True):
    """Bodies that a policy lets go."""

    policy: Policy
    shares: tuple[Share, ...]

    @property
    def sizes(self) -> dict[int, int]:
        return {position: size_bytes for share in self.shares for position, size_bytes in share.sizes}


class Survey:
    """Of one log, by policies in the order of their names, as of a moment. All raise StorageUnavailable."""

    def __init__(self, store: SqlStore, number: int, policies: Sequence[Policy], moment: Micros) -> None:
        self._store = store
        self._number = number
        self._policies = policies
        self._moment = moment

    async def outlived(self) -> AsyncIterator[Outlived]:
        """The versions that have outlived every rule."""
        async for page in self._versions():
            found: dict[Policy, list[tuple[str, int]]] = {}
            for policy, artifact, goes in page:
                if goes:
                    found.setdefault(policy, []).append((artifact.id, artifact.version))
            for policy, artifacts in found.items():
                for some in _pieces(artifacts, ARTIFACTS_AT_ONCE_MAX):
                    yield Outlived(policy, some)

    async def between(self) -> AsyncIterator[Leftover]:
        """The bodies of states, of versions that stay, that no kept state needs."""
        gathering = _Gathering()
        async for page in self._versions():
            for policy, artifact, goes in page:
                if not goes and policy.keep_one_in is not None and artifact.version > 2:
                    async for share in self._between(policy, artifact):
                        for leftover in gathering.add(policy, share):
                            yield leftover
        for leftover in gathering.rest():
            yield leftover

    async def leftover(self) -> AsyncIterator[Leftover]:
        """The bodies of what retention has deleted, and of what somebody deleted long enough ago."""
        gathering = _Gathering()
        async for policy, artifact_id, key, position in self._deleted():
            async for share in self._of_stream(artifact_id, key, position):
                for leftover in gathering.add(policy, share):
                    yield leftover
        for leftover in gathering.rest():
            yield leftover

    async def bodies_of(self, artifact_ids: Sequence[str]) -> tuple[int, int]:
        """How many bodies artifacts have, and how large they are together."""
        [(bodies, size_bytes)] = await self._fetch(AMOUNT, streams=list(artifact_ids))
        return bodies, size_bytes or 0

    async def _deleted(self) -> AsyncIterator[tuple[Policy, str, str | None, int]]:
        """What was deleted and has bodies that may go: its policy, id and key, and where it was deleted."""
        after = 0
        while rows := await self._fetch(DELETIONS, after=after, limit=PAGE):
            after = rows[-1][0]
            ids = [row[1] for row in rows]
            kept = await self._pinned(ids) | {row[1] for row in await self._fetch(ARTIFACTS.load, identities=ids)}
            there = await self._sizes({each for row in rows for each in row[6:]})
            for position, artifact_id, key, type, actor, recorded, *bodies in rows:
                policy = deciding(self._policies, key, restored(type))
                if policy is None or artifact_id in kept or not any(each in there for each in bodies):
                    continue
                if actor == RETENTION or policy.forgets(recorded, self._moment):
                    yield policy, artifact_id, key, position

    async def _versions(self) -> AsyncIterator[list[tuple[Policy, Artifact, bool]]]:
        """The versions that a policy decides on and that are not pinned, and whether each goes."""
        key, rank = None, -1
        async for rows in self._pages():
            pinned = await self._pinned([each.id for each in rows])
            page = []
            for each in rows:
                rank = rank + 1 if each.key == key and key is not None else 0
                key = each.key
                policy = deciding(self._policies, each.key, each.type)
                if policy is not None and each.id not in pinned:
                    page.append((policy, each, policy.outlives(each, rank, self._moment)))
            yield page

    async def _pages(self) -> AsyncIterator[list[Artifact]]:
        """All artifacts: those with a key by key, the newest first; then those without one."""
        for statement, mark in ((KEYED, {"key": "\U0010ffff"}), (UNKEYED, {})):
            place: dict[str, Any] = {**mark, "created": 2**62, "created_position": 2**62}
            while rows := await self._fetch(statement, **place, limit=PAGE):
                page = [Artifact.from_row(row) for row in rows]
                yield page
                place = {name: getattr(page[-1], name) for name in place}

    async def _between(self, policy: Policy, artifact: Artifact) -> AsyncIterator[Share]:
        kept = {artifact.data_position, artifact.description_position, artifact.metadata_position}
        below = artifact.version + 1
        while rows := await self._fetch(STATES, stream=artifact.id, below=below, limit=PAGE):
            below = rows[-1][0]
            states = [State(version, position, tuple(bodies)) for version, position, *bodies in rows]
            there = await self._sizes(unneeded(policy, states, artifact.version, kept))
            for sizes in _pieces(sorted(there.items()), BODIES_AT_ONCE_MAX):
                yield Share(artifact.id, artifact.key, sizes)

    async def _of_stream(self, artifact_id: str, key: str | None, position: int) -> AsyncIterator[Share]:
        """All bodies of a stream up to a position, the oldest first: so the last are there while any is."""
        after = 0
        while rows := await self._fetch(
            BODIES_OF, stream=artifact_id, after=after, upto=position, limit=BODIES_AT_ONCE_MAX
        ):
            after = rows[-1][0]
            yield Share(artifact_id, key, tuple((place, size_bytes) for _, place, size_bytes in rows))

    async def _pinned(self, ids: Sequence[str]) -> set[str]:
        return {PINS.identity(row) for row in await self._fetch(PINS.load, identities=list(ids))}

    async def _sizes(self, positions: Iterable[int]) -> dict[int, int]:
        """Those of the positions that have a body, with its size."""
        wanted = [each for each in positions if each is not None]
        return dict(await self._fetch(SIZES, positions=wanted)) if wanted else {}

    async def _fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        return await self._store.fetch(statement, log=self._number, **parameters)


class _Gathering:
    """Shares of many artifacts, put together into what one transaction takes away."""

    def __init__(self) -> None:
        self._shares: dict[Policy, list[Share]] = {}

    def add(self, policy: Policy, share: Share) -> list[Leftover]:
        """What is full now, if anything is."""
        shares = self._shares.setdefault(policy, [])
        full = []
        if sum(len(each.sizes) for each in shares) + len(share.sizes) > BODIES_AT_ONCE_MAX:
            full.append(Leftover(policy, tuple(shares)))
            shares.clear()
        shares.append(share)
        return full

    def rest(self) -> list[Leftover]:
        return [Leftover(policy, tuple(shares)) for policy, shares in self._shares.items() if shares]


def _pieces(items: Sequence[T], length: int) -> Iterator[tuple[T, ...]]:
    return (tuple(items[start : start + length]) for start in range(0, len(items), length))


_VERSIONS = f"SELECT {', '.join(column.name for column in TABLE.columns)} FROM artifacts WHERE log = :log"
KEYED = Statement(
    text(
        f"{_VERSIONS} AND (key, created, created_position) < (:key, :created, :created_position) "
        "ORDER BY key DESC, created DESC, created_position DESC LIMIT :limit"
    )
)
UNKEYED = Statement(
    text(
        f"{_VERSIONS} AND key IS NULL AND (created, created_position) < (:created, :created_position) "
        "ORDER BY created DESC, created_position DESC LIMIT :limit"
    )
)
_E = EVENTS.c
_OF_STREAM = (_E.log == bindparam("log"), _E.category == OF_ARTIFACTS)
_BODIES = EVENTS.join(EVENT_BODIES, (EVENT_BODIES.c.log == _E.log) & (EVENT_BODIES.c.position == _E.position))
DELETIONS = Statement(
    select(
        _E.position,
        _E.stream,
        _E.key,
        _E.type,
        _E.actor,
        _E.recorded,
        _E.data_position,
        _E.description_position,
        _E.metadata_position,
    )
    .where(_E.log == bindparam("log"), _E.position > bindparam("after"), text("kind = 'prefect.artifact.deleted'"))
    .order_by(_E.position)
    .limit(bindparam("limit"))
)
"""Along an index that has nothing but deletions."""
STATES = Statement(
    select(_E.version, _E.position, _E.data_position, _E.description_position, _E.metadata_position)
    .where(*_OF_STREAM, _E.stream == bindparam("stream"), _E.version < bindparam("below"))
    .order_by(_E.version.desc())
    .limit(bindparam("limit"))
)
BODIES_OF = Statement(
    select(_E.version, _E.position, SizeBytes(EVENT_BODIES.c.content))
    .select_from(_BODIES)
    .where(
        *_OF_STREAM,
        _E.stream == bindparam("stream"),
        _E.version > bindparam("after"),
        _E.position <= bindparam("upto"),
    )
    .order_by(_E.version)
    .limit(bindparam("limit"))
)
AMOUNT = Statement(
    select(func.count(), cast(func.sum(SizeBytes(EVENT_BODIES.c.content)), BigInteger))
    .select_from(_BODIES)
    .where(*_OF_STREAM, OneOf(_E.stream, "streams"))
)
