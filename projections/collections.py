"""The read model `collections`: for each key its latest artifact, and since when."""

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Index, Integer, Table

from events.event import Micros
from events.stores.tables import BYTEWISE, METADATA, Row, restored
from projections.projector import LatestHeader, run_index

CATEGORY = "artifact-collection"

TABLE = Table(
    "collections",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("key", BYTEWISE, primary_key=True),
    Column("id", BYTEWISE, nullable=False),
    Column("latest_id", BYTEWISE, nullable=False),
    Column("type", BYTEWISE),
    Column("flow_run_id", BYTEWISE),
    Column("task_run_id", BYTEWISE),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("event_id", BYTEWISE, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("data_position", BigInteger, nullable=False),
    Column("description_position", BigInteger, nullable=False),
    Column("metadata_position", BigInteger, nullable=False),
    Index("ix_collections_id", "log", "id"),
    Index("ix_collections_created", "log", "created"),
    Index("ix_collections_updated", "log", "updated"),
    run_index("collections", "flow_run_id"),
    run_index("collections", "task_run_id"),
    sqlite_with_rowid=False,
)

COLLECTIONS = LatestHeader(
    table=TABLE,
    category=CATEGORY,
    gone="prefect.artifact-collection.deleted",
    version=1,
    columns={
        "log": "log",
        "key": "key",
        "id": "stream",
        "latest_id": "latest_after",
        "type": "type",
        "flow_run_id": "flow_run_id",
        "task_run_id": "task_run_id",
        "created": "created",
        "updated": "updated",
        "position": "position",
        "version": "version",
        "event_id": "id",
        "recorded": "recorded",
        "data_position": "data_position",
        "description_position": "description_position",
        "metadata_position": "metadata_position",
    },
)


class Collection(Struct, frozen=True):
    """All artifacts of one key, seen through the latest. The fields are the table's columns, in order."""

    log: int
    key: str
    id: str
    latest_id: str
    type: str | None
    flow_run_id: str | None
    task_run_id: str | None
    created: Micros
    updated: Micros
    position: int
    version: int
    event_id: str
    recorded: Micros
    data_position: int
    description_position: int
    metadata_position: int

    @classmethod
    def from_row(cls, row: Row) -> "Collection":
        log, key, id, latest_id, type, *rest = row
        return cls(log, key, id, latest_id, restored(type), *rest)
