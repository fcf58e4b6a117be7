"""Read models, folded from the log. Each may be dropped and rebuilt at any time, and comes out the same."""

from projections.artifacts import ARTIFACTS
from projections.collections import COLLECTIONS

INLINE = (ARTIFACTS, COLLECTIONS)
"""The projectors that fold in the transaction of each append, in this order."""

__all__ = ["ARTIFACTS", "COLLECTIONS", "INLINE"]
