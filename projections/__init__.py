"""Read models, folded from the log. Each may be dropped and rebuilt at any time, and comes out the same."""

from projections.artifacts import ARTIFACTS
from projections.assets import ASSET_PROJECTOR
from projections.catch_up import CatchUpProjector
from projections.collections import COLLECTIONS
from projections.history import HISTORY_PROJECTOR
from projections.pins import PINS
from projections.policies import POLICIES
from projections.runs import RUN_PROJECTOR
from projections.tree import TREE_PROJECTOR

INLINE = (ARTIFACTS, COLLECTIONS, PINS, POLICIES)
"""The projectors that fold in the transaction of each append, in this order."""

CATCH_UP: tuple[CatchUpProjector, ...] = (ASSET_PROJECTOR, RUN_PROJECTOR, HISTORY_PROJECTOR, TREE_PROJECTOR)
"""The projectors that follow the log, each at its own pace."""

__all__ = ["ARTIFACTS", "CATCH_UP", "COLLECTIONS", "INLINE", "PINS", "POLICIES"]
