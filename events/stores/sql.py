"""What SQLite and PostgreSQL share: the transaction, and the log's queries. Their files hold only the difference.

a write:  transact(log, work)
            head is read or locked
            work(transaction):  load rows ─► decide ─► record        (no statement writes yet)
            one write:          events, bodies, read models, head    (all or nothing)

With the head locked from the beginning, `work` may write too: what is taken away goes with the event that says so.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BindParameter, Table, bindparam, func, select
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateTable

from events.errors import EventIdConflict, WrongExpectedVersion
from events.event import Event, RecordedEvent
from events.recording import Body, Clock, Recording
from events.store import PAGE_LIMIT_MAX, Append, Head
from events.stores.statement import EachOf, OneOf, Statement
from events.stores.tables import EVENT_BODIES, EVENTS, HEADER, LOGS, Row, from_row, storable, to_row
from events.streams import StreamId, meets

T = TypeVar("T")

Fetch = Callable[..., Awaitable[list[Row]]]
"""Runs a statement with its parameters, `fetch(statement, **parameters)`, and answers with its rows."""


class InlineProjector(Protocol):
    """A read model that is folded in the transaction of each append.

    Its table's primary key is `(log, identity)`, and `log` is its first column.
    """

    @property
    def table(self) -> Table: ...

    @property
    def category(self) -> str:
        """The category of the streams that it folds."""
        ...

    @property
    def load(self) -> Statement:
        """Selects whole rows by `:log` and the list `:identities`."""
        ...

    def identity(self, row: Row) -> str:
        """The identity of one of its rows."""
        ...

    def apply(self, header: Row) -> tuple[str, Row | None]:
        """The row that a header leaves behind, by its identity; None: the row goes."""
        ...


class Transaction:
    """One log with its head taken: rows that were loaded, and what is to be written. Nothing is written yet."""

    def __init__(
        self,
        log: int,
        recording: Recording,
        projectors: Sequence[InlineProjector],
        fetch: Fetch,
    ) -> None:
        self.log = log
        self.recording = recording
        self.headers: list[Row] = []
        self.projectors = projectors
        self.others: dict[Table, dict[Row, Row]] = {}
        """Rows of other tables, by their primary keys."""
        self._fetch = fetch
        self._rows: dict[InlineProjector, dict[str, Row | None]] = {each: {} for each in projectors}
        self._touched: dict[InlineProjector, set[str]] = {each: set() for each in projectors}

    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        """Rows as they were before this transaction, but for what it has written itself."""
        return await self._fetch(statement, **{"log": self.log, **parameters})

    async def load(self, projector: InlineProjector, identities: Sequence[str]) -> None:
        """Make sure that `row` knows these identities."""
        known = self._rows[projector]
        missing = [each for each in dict.fromkeys(identities) if each not in known]
        if missing:
            rows = await self.fetch(projector.load, identities=missing)
            known.update(dict.fromkeys(missing))
            known.update((projector.identity(row), row) for row in rows)

    def row(self, projector: InlineProjector, identity: str) -> Row | None:
        """The row as this transaction has it by now. It must have been loaded or recorded."""
        return self._rows[projector][identity]

    def touched(self, projector: InlineProjector) -> dict[str, Row | None]:
        """The rows that this transaction writes (None: deletes), by identity."""
        rows = self._rows[projector]
        return {identity: rows[identity] for identity in self._touched[projector]}

    def put(self, table: Table, row: Row) -> None:
        """Write a row of any other table with what is recorded, in the place of the row that has its key."""
        key = tuple(value for value, column in zip(row, table.columns, strict=True) if column.primary_key)
        self.others.setdefault(table, {})[key] = row

    def record(self, stream: StreamId, version: int, event: Event) -> RecordedEvent:
        """Place one event behind the head, and fold it into the read models."""
        placed = self.recording.add(event, stream, version)
        self._fold(to_row(self.log, placed))
        return placed

    def take(self, headers: Sequence[Row], bodies: Sequence[Body]) -> None:
        """Place events behind the head that were recorded before, as they were, and fold them into the read models."""
        for header in headers:
            self._fold(header)
        self.recording.bodies.extend(bodies)
        position, recorded, hash = _PLACE(headers[-1])
        self.recording.head = replace(self.recording.head, position=position, recorded=recorded, hash=hash)

    def _fold(self, header: Row) -> None:
        self.headers.append(header)
        for projector in self.projectors:
            if projector.category == header[_CATEGORY]:
                identity, row = projector.apply(header)
                self._rows[projector][identity] = row
                self._touched[projector].add(identity)


class Sizes(Struct, frozen=True):
    """Bytes of a whole database."""

    total_bytes: int
    table_bytes: dict[str, int]
    """By table, with its indexes. Empty: it is too large to be looked through, or cannot be."""
    free_bytes: int = 0
    """In the file, for what is written next."""
    wal_bytes: int = 0
    """Pages that are written and not yet folded into the file, and those that are there twice for it."""


class Elsewhere(Protocol):
    """Where bodies are that are archived. Both answer for those of the positions that are, by position.

    Both raise StorageUnavailable, ArchiveUnreachable.
    """

    async def sizes(self, log: int, positions: Collection[int]) -> dict[int, int]: ...

    async def bodies(self, log: int, positions: Collection[int]) -> dict[int, str]: ...


class SqlStore(ABC):
    """An `EventStore` in a database, with the read models of `projectors` beside the log."""

    def __init__(self, projectors: Sequence[InlineProjector], clock: Clock) -> None:
        self.projectors = tuple(projectors)
        self.clock = clock
        self.elsewhere: Elsewhere | None = None
        self._numbers: dict[str, int] = {}

    @abstractmethod
    async def open(self) -> None:
        """Connect. Raises StorageUnavailable, StorageInUse."""

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def fetch(self, statement: Statement, **parameters: Any) -> list[Row]:
        """Run a query beside the writer. Raises StorageUnavailable."""

    @abstractmethod
    async def transact(self, log: str, work: Callable[[Transaction], Awaitable[T]], *, locked: bool = False) -> T:
        """Run `work` with the head of the log taken, then write what it recorded, durably.

        `work` may be run again, if another process moved the head meanwhile: it must have no other effect. With
        `locked` nobody can move it: then `work` runs once, and may also write with the transaction's `fetch`.

        Raises whatever `work` raises (then nothing is written), StorageUnavailable.
        """

    @abstractmethod
    async def beside(self, work: Callable[[Fetch], Awaitable[T]], *, locked_log: str | None = None) -> T:
        """Run `work` in one transaction beside the log. It reads and writes with the `fetch` that it is given.

        `work` awaits nothing else. With `locked_log` no event is appended to that log meanwhile.

        Raises whatever `work` raises (then nothing is written), StorageUnavailable.
        """

    @abstractmethod
    async def vacuum(self, tables: Sequence[str]) -> tuple[int, int]:
        """Write these tables anew, so that no file keeps what was taken away from them. SQLite writes all of them.

        Answers how many bytes the database had before, and has now. Raises StorageUnavailable.
        """

    @abstractmethod
    async def sizes(self) -> Sizes:
        """How large the database is, and what takes it up. Raises StorageUnavailable."""

    @abstractmethod
    async def at_one_moment(self, work: Callable[[Fetch], Awaitable[T]]) -> T:
        """Run `work`, which only reads: all its queries see the database as it was at one moment.

        `work` awaits nothing else. Raises whatever `work` raises, StorageUnavailable.
        """

    @abstractmethod
    def scratch(self, tables: Sequence[Table]) -> AbstractAsyncContextManager[Fetch]:
        """A connection of its own, on which these tables are others: empty at first, and gone in the end.

        All else on it is the database, to be read. Raises StorageUnavailable.
        """

    async def run(
        self, script: Sequence[tuple[Statement, dict[str, Any]]], *, locked_log: str | None = None
    ) -> list[list[Row]]:
        """Run statements in one transaction beside the log, and answer with the rows of each.

        With `locked_log` no event is appended to that log meanwhile. Raises StorageUnavailable.
        """

        async def work(fetch: Fetch) -> list[list[Row]]:
            return [await fetch(statement, **parameters) for statement, parameters in script]

        return await self.beside(work, locked_log=locked_log)

    async def give_back(self) -> int:
        """Give the disk back what removed bodies took, where that can be done beside readers and writers.

        Answers with the bytes. Raises StorageUnavailable.
        """
        return 0

    async def log_number(self, log: str) -> int:
        """The number that stands for a log in every key; 0 for one that was never written to."""
        if log not in self._numbers:
            rows = await self.fetch(HEAD_OF, name=log)
            if not rows:
                return 0
            self._numbers[log] = rows[0][0]
        return self._numbers[log]

    async def head(self, log: str) -> Head:
        rows = await self.fetch(HEAD_OF, name=log)
        return head_of(log, rows[0]) if rows else Head.empty(log)

    async def logs(self) -> list[str]:
        """The names of all logs."""
        return [name for (name,) in await self.fetch(ALL_LOGS)]

    async def append(self, log: str, *appends: Append) -> list[RecordedEvent]:
        return await self.transact(log, lambda transaction: append_all(transaction, appends))

    async def read_stream(
        self, log: str, stream: StreamId, *, after: int = 0, limit: int = 1000
    ) -> list[RecordedEvent]:
        return await self._read(
            READ_STREAM, log, category=stream.category, stream=storable(stream.id), after=after, limit=limit
        )

    async def read_all(self, log: str, *, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        return await self._read(READ_ALL, log, after=after, limit=limit)

    async def find(self, log: str, ids: Sequence[str]) -> list[RecordedEvent]:
        """The events of these ids that are recorded, by position, with their bodies."""
        return await self._read(FIND, log, ids=list(ids), limit=PAGE_LIMIT_MAX)

    async def bodies(self, log: str, positions: Sequence[int]) -> dict[int, str]:
        """Those that are archived are there, too. Raises StorageUnavailable, ArchiveUnreachable."""
        number = await self.log_number(log)
        found: dict[int, str] = dict(await self.fetch(BODIES, log=number, positions=list(positions)))
        if self.elsewhere is not None and (missing := set(positions) - found.keys()):
            found.update(await self.elsewhere.bodies(number, missing))
        return found

    async def _read(self, statement: Statement, log: str, **parameters: Any) -> list[RecordedEvent]:
        parameters["limit"] = min(parameters["limit"], PAGE_LIMIT_MAX)
        rows = await self.fetch(statement, log=await self.log_number(log), **parameters)
        return [from_row(log, row[:-1], row[-1]) for row in rows]


def temporary(tables: Sequence[Table], dialect: Dialect) -> list[str]:
    """What makes tables on one connection that stand before those of the same name."""
    texts = [str(CreateTable(table).compile(dialect=dialect)) for table in tables]
    return [text.replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1) for text in texts]


def head_of(log: str, row: Row) -> Head:
    _, epoch, position, recorded, hash = row
    return Head(log=log, epoch=epoch, position=position, recorded=recorded, hash=hash)


async def append_all(transaction: Transaction, appends: Sequence[Append]) -> list[RecordedEvent]:
    """`EventStore.append` inside a transaction."""
    known = await recorded_before(transaction, [event for each in appends for event in each.events])
    answer: list[RecordedEvent] = []
    for append in appends:
        version = await version_of(transaction, append.stream)
        has_news = None in [_first_place(event, known) for event in append.events]
        if has_news and not meets(append.expected, version):
            raise WrongExpectedVersion(append.stream, append.expected, version)
        for event in append.events:
            placed = _first_place(event, known)
            if placed is None:
                version += 1
                placed = known[event.id] = transaction.record(append.stream, version, event)
            answer.append(placed)
    return answer


def _first_place(event: Event, known: Mapping[str, RecordedEvent]) -> RecordedEvent | None:
    """Where the event is recorded already, if it is. Raises EventIdConflict if its content is another."""
    placed = known.get(event.id)
    if placed is not None and (placed.event.kind, placed.event.content) != (event.kind, event.content):
        raise EventIdConflict(event.id, placed.position)
    return placed


async def recorded_before(transaction: Transaction, events: Sequence[Event]) -> dict[str, RecordedEvent]:
    """Those of the events that are recorded already, by id, as they were recorded."""
    rows = await transaction.fetch(FIND, ids=[event.id for event in events], limit=PAGE_LIMIT_MAX)
    log = transaction.recording.head.log
    return {placed.event.id: placed for placed in (from_row(log, row[:-1], row[-1]) for row in rows)}


async def version_of(transaction: Transaction, stream: StreamId) -> int:
    """The version of the stream, with what this transaction has recorded so far."""
    for placed in reversed(transaction.recording.events):
        if placed.stream == stream:
            return placed.version
    rows = await transaction.fetch(STREAM_VERSION, category=stream.category, stream=storable(stream.id))
    return int(rows[0][0] or 0)


def rows_of(transaction: Transaction) -> dict[Table, list[Row]]:
    """All rows that a transaction inserts or replaces, by table."""
    bodies = [(transaction.log, body.position, body.content, body.salt) for body in transaction.recording.bodies]
    rows = {EVENTS: transaction.headers, EVENT_BODIES: bodies}
    for projector in transaction.projectors:
        rows[projector.table] = [row for row in transaction.touched(projector).values() if row is not None]
    return rows | {table: list(put.values()) for table, put in transaction.others.items()}


def gone_from(transaction: Transaction) -> dict[Table, list[str]]:
    """The identities whose rows a transaction deletes, by table."""
    return {
        projector.table: [identity for identity, row in transaction.touched(projector).items() if row is None]
        for projector in transaction.projectors
    }


_CATEGORY = HEADER.index("category")
_PLACE = itemgetter(*(HEADER.index(name) for name in ("position", "recorded", "hash")))
_LOG: BindParameter[int] = bindparam("log")
_WITH_BODY = EVENTS.outerjoin(
    EVENT_BODIES, (EVENT_BODIES.c.log == EVENTS.c.log) & (EVENT_BODIES.c.position == EVENTS.c.position)
)
_READ = select(*EVENTS.columns, EVENT_BODIES.c.content).select_from(_WITH_BODY).where(EVENTS.c.log == _LOG)

HEAD_OF = Statement(
    select(LOGS.c.log, LOGS.c.epoch, LOGS.c.position, LOGS.c.recorded, LOGS.c.hash).where(
        LOGS.c.name == bindparam("name")
    ),
    is_point_read=True,
)
ALL_LOGS = Statement(select(LOGS.c.name).order_by(LOGS.c.log))
READ_ALL = Statement(
    _READ.where(EVENTS.c.position > bindparam("after")).order_by(EVENTS.c.position).limit(bindparam("limit"))
)
READ_STREAM = Statement(
    _READ.where(
        EVENTS.c.category == bindparam("category"),
        EVENTS.c.stream == bindparam("stream"),
        EVENTS.c.version > bindparam("after"),
    )
    .order_by(EVENTS.c.version)
    .limit(bindparam("limit"))
)
FIND = Statement(_READ.where(OneOf(EVENTS.c.id, "ids")).order_by(EVENTS.c.position).limit(bindparam("limit")))
BODIES = Statement(
    select(EVENT_BODIES.c.position, EVENT_BODIES.c.content).where(
        EVENT_BODIES.c.log == _LOG, OneOf(EVENT_BODIES.c.position, "positions")
    ),
    is_point_read=True,
)
STREAM_VERSION = Statement(
    select(func.max(EVENTS.c.version)).where(
        EVENTS.c.log == _LOG,
        EVENTS.c.category == bindparam("category"),
        EVENTS.c.stream == bindparam("stream"),
    )
)
ACTORS = Statement(
    select(EVENTS.c.position, EVENTS.c.actor).where(EVENTS.c.log == _LOG, OneOf(EVENTS.c.position, "positions"))
)
"""Who wrote the events at some positions."""
RELATED = Statement(
    select(EVENTS.c.position, EVENTS.c.related).where(EVENTS.c.log == _LOG, OneOf(EVENTS.c.position, "positions"))
)
"""What the events at some positions relate to."""
_ASKED = EachOf("streams").rows
STREAM_VERSIONS = Statement(
    select(
        _ASKED.c.value,
        select(func.max(EVENTS.c.version))
        .where(EVENTS.c.log == _LOG, EVENTS.c.category == bindparam("category"), EVENTS.c.stream == _ASKED.c.value)
        .scalar_subquery(),
    )
)
"""The versions of several streams of one category, each found by the end of its index."""
_SOUGHT = EachOf("ids").rows
RECORDED_IDS = Statement(
    select(
        _SOUGHT.c.value,
        select(EVENTS.c.position).where(EVENTS.c.log == _LOG, EVENTS.c.id == _SOUGHT.c.value).scalar_subquery(),
    )
)
"""Ids with the positions at which they are recorded, if they are; each looked up by itself, however many there are."""
