"""The read model `pins`: the artifacts that no retention policy touches."""

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Integer, Table, bindparam, select

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import BYTEWISE, METADATA, Row, restored
from events.streams import PIN
from projections.projector import LatestHeader

TABLE = Table(
    "pins",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("id", BYTEWISE, primary_key=True),
    Column("key", BYTEWISE),
    Column("type", BYTEWISE),
    Column("recorded", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

PINS = LatestHeader(
    table=TABLE,
    category=PIN,
    gone="digsite.artifact.unpinned",
    version=1,
    columns={
        "log": "log",
        "id": "stream",
        "key": "key",
        "type": "type",
        "recorded": "recorded",
        "position": "position",
    },
)


class Pin(Struct, frozen=True):
    """A pinned artifact, and since when. The fields are the table's columns, in order."""

    log: int
    id: str
    key: str | None
    type: str | None
    recorded: Micros
    position: int

    @classmethod
    def from_row(cls, row: Row) -> "Pin":
        log, id, key, type, *rest = row
        return cls(log, id, key, restored(type), *rest)


PAGE_OF_PINS = Statement(
    select(*TABLE.columns)
    .where(TABLE.c.log == bindparam("log"), TABLE.c.id > bindparam("after"))
    .order_by(TABLE.c.id)
    .limit(bindparam("limit"))
)
