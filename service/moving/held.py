"""What a log held at its head: one cut, read from the log alone, whatever is written meanwhile.

headers of artifacts, folded into a ledger ─► page by page, the oldest first ─► their bodies, as many as fit
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import chain, pairwise

from msgspec import Raw, Struct
from sqlalchemy import and_, bindparam, func, or_, select

from events.catalog import RESERVED
from events.event import Micros
from events.payload import ERASED, decode_content
from events.published import Published
from events.reading import SIZES, SPAN_BYTES_MAX, publish
from events.stores.sql import SqlStore
from events.stores.statement import OneOf, StartsWithOneOf, Statement
from events.stores.tables import EVENTS, HEADER, Row, restored
from projections import ARTIFACTS, COLLECTIONS
from service.moving.ledger import Entry, Ledger
from service.provenance import IMPORTED

FOLD_HEADERS = 10_000
"""How many headers are folded at a time."""
PAGE_ARTIFACTS = 100
PAGE_EVENTS = 200
UUID_VERSION, DERIVED = 15, "5"
"""Which character of an id says how it was made, and what it says of one that was worked out."""


class Held(Struct, frozen=True, kw_only=True):
    """An artifact; or a collection, seen through its latest artifact. Content is JSON text, as it was sent."""

    id: str
    key: str | None
    type: str | None
    description: str
    data: str
    metadata: str
    flow_run_id: str | None
    task_run_id: str | None
    created: Micros
    updated: Micros
    latest_id: str | None = None
    """Of a collection: its latest artifact."""

    @property
    def named(self) -> str:
        """How a reader is told of it."""
        return self.id if self.key is None else f"{self.id} ({self.key})"


class Holdings:
    """What one log holds, up to where it ended when it was opened. All methods raise StorageUnavailable."""

    def __init__(self, store: SqlStore, log: str) -> None:
        self._store = store
        self._log = log
        self._number = 0
        self.head = 0
        self.ledger = Ledger()

    async def open(self) -> "Holdings":
        """Take the cut: every artifact and collection is in the ledger then."""
        self._number = await self._store.log_number(self._log)
        self.head = (await self._store.head(self._log)).position
        position = 0
        while rows := await self._store.fetch(
            HEADERS, log=self._number, after=position, upto=self.head, kinds=list(RESERVED), limit=FOLD_HEADERS
        ):
            entries = [(category, Entry(id, kind in GONE, *rest)) for category, kind, id, *rest in rows]
            self.ledger.enter_artifacts(entry for category, entry in entries if category == ARTIFACTS.category)
            self.ledger.enter_collections(entry for category, entry in entries if category == COLLECTIONS.category)
            position = entries[-1][1].position
        self.ledger.close_books()
        return self

    def close(self) -> None:
        self.ledger.close()

    async def artifacts(self) -> AsyncIterator[list[Held]]:
        """A page at a time, the oldest first."""
        for positions in self.ledger.artifacts(PAGE_ARTIFACTS):
            async for page in self._at(positions):
                yield page

    async def collections(self) -> AsyncIterator[list[Held]]:
        for positions in self.ledger.collections(PAGE_ARTIFACTS):
            async for page in self._at(positions):
                yield page

    async def events(self, kinds: Sequence[str]) -> AsyncIterator[tuple[int, list[Published]]]:
        """The events whose kind begins in one of these ways, in the order of the log, and how far it was read by then.

        What an import worked out, and no server ever stated, is left out.
        """
        position = 0
        while position < self.head:
            headers = await self._store.fetch(
                EVENTS_AFTER, log=self._number, after=position, upto=self.head, kinds=list(kinds), limit=PAGE_EVENTS
            )
            page = await publish(self._store, self._number, headers)
            is_last = len(page) == len(headers) < PAGE_EVENTS
            position = self.head if is_last else page[-1].position
            yield position, page

    async def _at(self, positions: list[int]) -> AsyncIterator[list[Held]]:
        """What the headers at these positions say, in pages whose bodies fit into memory."""
        found = {row[_POSITION]: row for row in await self._store.fetch(AT, log=self._number, positions=positions)}
        headers = [found[position] for position in positions]
        needed = [[header[each] for each in _CONTENT] for header in headers]
        sizes: dict[int, int] = dict(
            await self._store.fetch(SIZES, log=self._number, positions=sorted({*chain.from_iterable(needed)}))
        )
        for start, end in _fitting([sum(sizes.get(each, 0) for each in {*bodies}) for bodies in needed]):
            bodies = await self._store.bodies(self._log, sorted({*chain.from_iterable(needed[start:end])}))
            yield [_held(header, bodies) for header in headers[start:end]]


def _fitting(sizes_bytes: list[int]) -> Iterator[tuple[int, int]]:
    """Slices that cover all, each with at least one and with no more than is read at once."""
    starts, total = [0], 0
    for index, size_bytes in enumerate(sizes_bytes):
        total += size_bytes
        if total > SPAN_BYTES_MAX and index > starts[-1]:
            starts.append(index)
            total = size_bytes
    return pairwise([*starts, len(sizes_bytes)])


def _held(header: Row, bodies: dict[int, str]) -> Held:
    data, description, metadata = (decode_content(bodies.get(header[each], ERASED)) for each in _CONTENT)
    row = dict(zip(HEADER, header, strict=True))
    return Held(
        id=row["stream"],
        key=row["key"],
        type=restored(row["type"]),
        description=_text(description.description),
        data=_text(data.data),
        metadata=_text(metadata.metadata_),
        flow_run_id=row["flow_run_id"],
        task_run_id=row["task_run_id"],
        created=row["created"],
        updated=row["updated"],
        latest_id=row["latest_after"] if row["category"] == COLLECTIONS.category else None,
    )


def _text(raw: Raw) -> str:
    return bytes(raw).decode()


GONE = (ARTIFACTS.gone, COLLECTIONS.gone)
_POSITION = HEADER.index("position")
_CONTENT = tuple(HEADER.index(name) for name in ("data_position", "description_position", "metadata_position"))

_LOG = EVENTS.c.log == bindparam("log")
_ON_THE_WAY = and_(_LOG, EVENTS.c.position > bindparam("after"), EVENTS.c.position <= bindparam("upto"))
_OF_KINDS = StartsWithOneOf(EVENTS.c.kind, "kinds")
HEADERS = Statement(
    select(
        EVENTS.c.category,
        EVENTS.c.kind,
        EVENTS.c.stream,
        EVENTS.c.position,
        EVENTS.c.key,
        EVENTS.c.created,
        EVENTS.c.created_position,
        EVENTS.c.updated,
    )
    .where(_ON_THE_WAY, _OF_KINDS)
    .order_by(EVENTS.c.position)
    .limit(bindparam("limit"))
)
EVENTS_AFTER = Statement(
    select(*EVENTS.columns)
    .where(_ON_THE_WAY, _OF_KINDS)
    .where(or_(EVENTS.c.actor != IMPORTED, func.substr(EVENTS.c.id, UUID_VERSION, 1) != DERIVED))
    .order_by(EVENTS.c.position)
    .limit(bindparam("limit"))
)
AT = Statement(select(*EVENTS.columns).where(_LOG, OneOf(EVENTS.c.position, "positions")))
