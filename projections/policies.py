"""The read model `policies`: the retention policies of a log. What each says stands in the body that it names."""

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Integer, Table, bindparam, func, select

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import BYTEWISE, EVENT_BODIES, METADATA, Row
from projections.projector import LatestHeader

CATEGORY = "retention"

TABLE = Table(
    "policies",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("name", BYTEWISE, primary_key=True),
    Column("updated", BigInteger, nullable=False),
    Column("data_position", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

POLICIES = LatestHeader(
    table=TABLE,
    category=CATEGORY,
    gone="digsite.retention.removed",
    version=1,
    columns={
        "log": "log",
        "name": "stream",
        "updated": "updated",
        "data_position": "data_position",
        "position": "position",
        "recorded": "recorded",
        "version": "version",
    },
)


class PolicyRow(Struct, frozen=True):
    """A policy of a log. The fields are the table's columns, in order."""

    log: int
    name: str
    updated: Micros
    """When it was set as it is."""
    data_position: int
    """Where the body stands that says what it is."""
    position: int
    """Where it was last set or applied, and when."""
    recorded: Micros
    version: int

    @classmethod
    def from_row(cls, row: Row) -> "PolicyRow":
        return cls(*row)


ALL_POLICIES = Statement(
    select(*TABLE.columns, EVENT_BODIES.c.content)
    .join_from(
        TABLE,
        EVENT_BODIES,
        (EVENT_BODIES.c.log == TABLE.c.log) & (EVENT_BODIES.c.position == TABLE.c.data_position),
    )
    .where(TABLE.c.log == bindparam("log"))
    .order_by(TABLE.c.name)
)
"""Each with what it says, by name."""
HOW_MANY = Statement(select(func.count()).select_from(TABLE).where(TABLE.c.log == bindparam("log")))
