"""What the graph of a flow run shows of its artifacts: where they belong, and which of them are the latest."""

from msgspec import Struct
from sqlalchemy import and_, bindparam, select

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import EVENT_BODIES, Row, restored
from projections.artifacts import TABLE as ARTIFACTS
from projections.collections import TABLE as COLLECTIONS

PROGRESS = "progress"
RESULT = "result"


class GraphArtifact(Struct, frozen=True):
    """One artifact in the graph of a flow run. The fields are the columns of the query, in order."""

    id: str
    created: Micros
    key: str | None
    type: str
    task_run_id: str | None
    latest_of: str | None
    """The collection whose latest it is."""
    body: str | None
    """The event body that holds its data; read for progress only."""

    @property
    def is_latest(self) -> bool:
        """What has no key has no versions."""
        return self.key is None or self.latest_of is not None

    @classmethod
    def from_row(cls, row: Row) -> "GraphArtifact":
        id, created, key, type, *rest = row
        return cls(id, created, key, restored(type) or "", *rest)


_LATEST = and_(
    COLLECTIONS.c.log == ARTIFACTS.c.log,
    COLLECTIONS.c.key == ARTIFACTS.c.key,
    COLLECTIONS.c.latest_id == ARTIFACTS.c.id,
)
_DATA = and_(
    ARTIFACTS.c.type == PROGRESS,
    EVENT_BODIES.c.log == ARTIFACTS.c.log,
    EVENT_BODIES.c.position == ARTIFACTS.c.data_position,
)

GRAPH = Statement(
    select(
        ARTIFACTS.c.id,
        ARTIFACTS.c.created,
        ARTIFACTS.c.key,
        ARTIFACTS.c.type,
        ARTIFACTS.c.task_run_id,
        COLLECTIONS.c.id,
        EVENT_BODIES.c.content,
    )
    .select_from(ARTIFACTS.outerjoin(COLLECTIONS, _LATEST).outerjoin(EVENT_BODIES, _DATA))
    .where(
        ARTIFACTS.c.log == bindparam("log"),
        ARTIFACTS.c.flow_run_id == bindparam("flow_run_id"),
        ARTIFACTS.c.type != RESULT,
    )
    .order_by(ARTIFACTS.c.created, ARTIFACTS.c.created_position)
    .limit(bindparam("limit"))
)
"""The artifacts of a flow run, the oldest first; as in Prefect, those without a type are left out."""
