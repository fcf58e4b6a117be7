"""Who wrote what a key says: which data its collection showed, from now back, and the events that brought them."""

from msgspec import Struct
from sqlalchemy import bindparam, func, select

from events.event import Micros
from events.stores.statement import OneOf, Statement
from events.stores.tables import EVENTS, Row, restored
from projections.collections import CATEGORY

_LOG = EVENTS.c.log == bindparam("log")

SHOWN_BEFORE = Statement(
    select(EVENTS.c.version, EVENTS.c.data_position)
    .where(
        _LOG,
        EVENTS.c.category == CATEGORY,
        EVENTS.c.stream == bindparam("id"),
        EVENTS.c.version < bindparam("before"),
    )
    .order_by(EVENTS.c.version.desc())
    .limit(bindparam("limit"))
)
"""The versions of a collection, from one back, with the positions whose bodies held the data then."""

SHOWN_AT = Statement(
    select(func.max(EVENTS.c.position)).where(
        _LOG,
        EVENTS.c.category == CATEGORY,
        EVENTS.c.key == bindparam("key"),
        EVENTS.c.latest_after == bindparam("latest"),
        EVENTS.c.position <= bindparam("as_of"),
    )
)
"""The last position, up to `:as_of`, at which the collection of `:key` showed the artifact `:latest`."""

AUTHORS = Statement(
    select(
        EVENTS.c.position,
        EVENTS.c.stream,
        EVENTS.c.version,
        EVENTS.c.recorded,
        EVENTS.c.type,
        EVENTS.c.actor,
        EVENTS.c.client,
        EVENTS.c.request_id,
        EVENTS.c.flow_run_id,
        EVENTS.c.task_run_id,
    ).where(_LOG, OneOf(EVENTS.c.position, "positions")),
    is_point_read=True,
)
"""The events at some positions."""


class Author(Struct, frozen=True):
    """An event that brought data to an artifact. The fields are the columns of `AUTHORS`, in order."""

    position: int
    artifact_id: str
    version: int
    """Of the artifact: 1 is its creation."""
    recorded: Micros
    type: str | None
    actor: str
    client: str
    request_id: str
    flow_run_id: str | None
    """The run that created the artifact; likewise below."""
    task_run_id: str | None

    @classmethod
    def from_row(cls, row: Row) -> "Author":
        position, stream, version, recorded, type, *rest = row
        return cls(position, stream, version, recorded, restored(type), *rest)
