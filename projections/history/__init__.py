"""The projection `history`: each state of artifacts and collections, with the positions between which it held.

A state holds from `position` up to, but not at, `until_position`; null: it still holds. `gone_position`, in the first
state of a stream, is where the last one ended: who looks for what there was at a position goes through first states,
and looks up the one of each stream that held by then.
"""

from projections.artifacts import ARTIFACTS
from projections.collections import COLLECTIONS
from projections.history.states import States, index

NAME = "history"

_FIRST = "version = 1"
_FIRST_IN_ORDER = "version = 1 AND is_in_order = 1"
_FIRST_OTHERS = "version = 1 AND is_in_order = 0"

ARTIFACT_STATES = States(
    "artifact_history",
    ARTIFACTS,
    index("ix_artifact_history_first", "position", "gone_position", where=_FIRST_IN_ORDER),
    index("ix_artifact_history_first_others", "id", "gone_position", where=_FIRST_OTHERS),
    index("ix_artifact_history_key", "key", where=_FIRST),
    index("ix_artifact_history_flow_run_id", "flow_run_id", where=f"{_FIRST} AND flow_run_id IS NOT NULL"),
    index("ix_artifact_history_task_run_id", "task_run_id", where=f"{_FIRST} AND task_run_id IS NOT NULL"),
    index("ix_artifact_history_updated", "position", where="is_in_order = 1"),
    index("ix_artifact_history_updated_others", "updated", where="is_in_order = 0"),
    delay=0,
)
COLLECTION_STATES = States(
    "collection_history",
    COLLECTIONS,
    index("ix_collection_history_first", "position", "gone_position", where=_FIRST_IN_ORDER),
    index("ix_collection_history_first_others", "id", "gone_position", where=_FIRST_OTHERS),
    index("ix_collection_history_key", "key", where=_FIRST),
    index("ix_collection_history_flow_run_id", "flow_run_id", where="flow_run_id IS NOT NULL"),
    index("ix_collection_history_task_run_id", "task_run_id", where="task_run_id IS NOT NULL"),
    index("ix_collection_history_updated", "position", where="is_in_order = 1"),
    index("ix_collection_history_updated_others", "updated", where="is_in_order = 0"),
    delay=1,
)


class HistoryProjector:
    """Folds the headers of artifacts and collections into their states."""

    name = NAME
    version = 1
    tables = (ARTIFACT_STATES.table, COLLECTION_STATES.table)
    statements = (*ARTIFACT_STATES.statements, *COLLECTION_STATES.statements)


HISTORY_PROJECTOR = HistoryProjector()
