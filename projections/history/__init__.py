"""The projection `history`: each state of artifacts and collections, with the positions between which it held.

A state holds from `position` up to, but not at, `until_position`; null: it still holds. `gone_position`, in the first
state of a stream, is where the last one ended: who looks for what there was at a position goes through first states,
and looks up the one of each stream that held by then.
"""

from sqlalchemy import Index

from projections.artifacts import ARTIFACTS
from projections.collections import COLLECTIONS
from projections.history.states import NAME, States, index

_FIRST, _IN_ORDER, _OTHER = "version = 1", "is_in_order = 1", "is_in_order = 0"
_WALKED = ("version", "is_in_order")
"""What is the same in all of an index stands in it nevertheless, so that PostgreSQL sees what it is for."""


def _indexes(table: str) -> tuple[Index, ...]:
    """One for each walk."""
    return (
        index(table, "first", *_WALKED, "position", "gone_position", where=f"{_FIRST} AND {_IN_ORDER}"),
        index(table, "first_other", *_WALKED, "id", "gone_position", where=f"{_FIRST} AND {_OTHER}"),
        index(table, "key", "version", "key", "created", "position", where=_FIRST),
        index(table, "updated", "is_in_order", "position", where=_IN_ORDER),
        index(table, "updated_other", "is_in_order", "updated", where=_OTHER),
    )


ARTIFACT_STATES = States(
    "artifact_history",
    ARTIFACTS,
    *_indexes("artifact_history"),
    index("artifact_history", "first_created", *_WALKED, "created", where=f"{_FIRST} AND {_OTHER}"),
    index("artifact_history", "flow_run_id", "version", "flow_run_id", where="version = 1 AND flow_run_id IS NOT NULL"),
    index("artifact_history", "task_run_id", "version", "task_run_id", where="version = 1 AND task_run_id IS NOT NULL"),
    fixed=("id", "key", "type", "flow_run_id", "task_run_id", "created", "created_position"),
    delay=0,
)
COLLECTION_STATES = States(
    "collection_history",
    COLLECTIONS,
    *_indexes("collection_history"),
    index("collection_history", "flow_run_id", "flow_run_id", where="flow_run_id IS NOT NULL"),
    index("collection_history", "task_run_id", "task_run_id", where="task_run_id IS NOT NULL"),
    fixed=("id", "key"),
    delay=1,
)


STATES = {each.projector: each for each in (ARTIFACT_STATES, COLLECTION_STATES)}
"""By the read model whose rows they are."""


class HistoryProjector:
    """Folds the headers of artifacts and collections into their states."""

    name = NAME
    version = 1
    tables = (ARTIFACT_STATES.table, COLLECTION_STATES.table)
    statements = (*ARTIFACT_STATES.statements, *COLLECTION_STATES.statements)


HISTORY_PROJECTOR = HistoryProjector()
