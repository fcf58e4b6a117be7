"""The read model `artifacts`: each artifact as it is now. Content stays in the bodies that its positions name."""

from msgspec import Struct
from sqlalchemy import BigInteger, Column, Index, Integer, Table, bindparam, select

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import BYTEWISE, METADATA, Row, restored
from projections.projector import LatestHeader, run_index

CATEGORY = "artifact"

TABLE = Table(
    "artifacts",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("id", BYTEWISE, primary_key=True),
    Column("key", BYTEWISE),
    Column("type", BYTEWISE),
    Column("flow_run_id", BYTEWISE),
    Column("task_run_id", BYTEWISE),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("created_position", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("event_id", BYTEWISE, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("data_position", BigInteger, nullable=False),
    Column("description_position", BigInteger, nullable=False),
    Column("metadata_position", BigInteger, nullable=False),
    Index("ix_artifacts_key", "log", "key", "created", "created_position"),
    Index("ix_artifacts_created", "log", "created"),
    Index("ix_artifacts_updated", "log", "updated"),
    run_index("artifacts", "flow_run_id"),
    run_index("artifacts", "task_run_id"),
    sqlite_with_rowid=False,
)

ARTIFACTS = LatestHeader(
    table=TABLE,
    category=CATEGORY,
    gone="prefect.artifact.deleted",
    version=1,
    columns={
        "log": "log",
        "id": "stream",
        "key": "key",
        "type": "type",
        "flow_run_id": "flow_run_id",
        "task_run_id": "task_run_id",
        "created": "created",
        "updated": "updated",
        "created_position": "created_position",
        "position": "position",
        "version": "version",
        "event_id": "id",
        "recorded": "recorded",
        "data_position": "data_position",
        "description_position": "description_position",
        "metadata_position": "metadata_position",
    },
)


class Artifact(Struct, frozen=True):
    """One artifact as it is now. The fields are the table's columns, in order."""

    log: int
    id: str
    key: str | None
    type: str | None
    flow_run_id: str | None
    task_run_id: str | None
    created: Micros
    updated: Micros
    created_position: int
    """Where it was created. See `age`."""
    position: int
    """Where it was last changed."""
    version: int
    """How many events its stream has."""
    event_id: str
    """The last of them, and when that was recorded."""
    recorded: Micros
    data_position: int
    """Where the body stands that holds the data now; likewise for the two below."""
    description_position: int
    metadata_position: int

    @property
    def age(self) -> tuple[Micros, int]:
        """Its place among the versions of its key: of these, the greatest is the latest.

        Positions alone would not do: what is imported may be older than what stands before it in the log.
        """
        return self.created, self.created_position

    @classmethod
    def from_row(cls, row: Row) -> "Artifact":
        log, id, key, type, *rest = row
        return cls(log, id, key, restored(type), *rest)


VERSIONS_OF_KEY = Statement(
    select(*TABLE.columns)
    .where(TABLE.c.log == bindparam("log"), TABLE.c.key == bindparam("key"))
    .order_by(TABLE.c.created.desc(), TABLE.c.created_position.desc())
    .limit(bindparam("limit"))
)
"""The artifacts of a key, the latest first."""
