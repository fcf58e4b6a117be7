"""The writes of a key: each event that made one of its artifacts, or changed one in place."""

from msgspec import Struct
from sqlalchemy import bindparam, select

from events.event import Micros
from events.stores.statement import Statement
from events.stores.tables import EVENTS, Row, restored
from projections.artifacts import ARTIFACTS


class Write(Struct, frozen=True):
    """The fields are the columns of `WRITES`, in order."""

    position: int
    artifact_id: str
    type: str | None
    recorded: Micros
    actor: str
    flow_run_id: str | None
    """The run that created the artifact; likewise below."""
    task_run_id: str | None
    created_position: int
    data_position: int
    """Where the body stands that holds the data since then."""

    @classmethod
    def from_row(cls, row: Row) -> "Write":
        position, stream, type, *rest = row
        return cls(position, stream, restored(type), *rest)


WRITES = Statement(
    select(
        EVENTS.c.position,
        EVENTS.c.stream,
        EVENTS.c.type,
        EVENTS.c.recorded,
        EVENTS.c.actor,
        EVENTS.c.flow_run_id,
        EVENTS.c.task_run_id,
        EVENTS.c.created_position,
        EVENTS.c.data_position,
    )
    .where(
        EVENTS.c.log == bindparam("log"),
        EVENTS.c.key == bindparam("key"),
        EVENTS.c.position <= bindparam("as_of"),
        EVENTS.c.category == ARTIFACTS.category,
        EVENTS.c.kind != ARTIFACTS.gone,
    )
    .order_by(EVENTS.c.position.desc())
    .limit(bindparam("limit"))
    .with_hint(EVENTS, "INDEXED BY ix_events_key", "sqlite")
)
"""Those of a `:key` up to `:as_of`, the newest first, of artifacts that were deleted since, too."""
